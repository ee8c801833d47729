"""The lines around what was found, in the item's own spelling, with « and » about the matched words."""

import re
from functools import lru_cache

from storage.query import Query

WORDS_SHOWN = 32
WORDS_BEFORE = 8
LETTERS_BEFORE = 400
"""Where the words before a match are looked for."""
OPEN, CLOSE = "«", "»"
OWN = str.maketrans({"«": "‹", "»": "›"})
"""Quotation marks of the text itself, of which German and French have the same: a mark always means a match."""

_WORD = re.compile(r"\w+")
# Spellings that folding makes one.
_PAIRS = {"ae": "ä", "oe": "ö", "ue": "ü", "ss": "ß"}
_LETTERS = {"a": "aàáâãå", "c": "cç", "e": "eéèêë", "i": "iìíîï", "n": "nñ", "o": "oòóôõ", "u": "uùúû"}


def snippet(query: Query, title: str, lead: str, text: str) -> str:
    """About `WORDS_SHOWN` words of text, lead or title; without a match the beginning."""
    pattern = _pattern(query)
    if pattern:
        for passage in (text, lead, title):
            if match := pattern.search(passage):
                return _around(passage, match.start(), pattern)
    opening = lead or text or title
    return _cut(opening, 0, _end(opening, 0, WORDS_SHOWN), None)


@lru_cache(maxsize=64)
def _pattern(query: Query) -> re.Pattern[str] | None:
    """Finds any of the query's words in any spelling; words of one or two letters only whole."""
    words = {word for term in query.terms for word in term.words}
    parts = [_spelt(word) if len(word) > 2 else rf"\b{_spelt(word)}\b" for word in sorted(words)]
    return re.compile("|".join(parts), re.IGNORECASE) if parts else None


def _spelt(word: str) -> str:
    pieces, n = [], 0
    while n < len(word):
        pair = word[n : n + 2]
        if pair in _PAIRS:
            pieces.append(f"(?:{pair}|{_PAIRS[pair]})")
            n += 2
        else:
            pieces.append(f"[{_LETTERS[word[n]]}]" if word[n] in _LETTERS else re.escape(word[n]))
            n += 1
    return "".join(pieces)


def _around(passage: str, at: int, pattern: re.Pattern[str]) -> str:
    from_here = max(0, at - LETTERS_BEFORE)
    starts = [word.start() for word in _WORD.finditer(passage, from_here, at)]
    begin = 0 if len(starts) <= WORDS_BEFORE and not from_here else starts[-WORDS_BEFORE] if starts else at
    return _cut(passage, begin, _end(passage, begin, WORDS_SHOWN), pattern)


def _end(passage: str, begin: int, count: int) -> int:
    """Where the `count`-th word from `begin` ends."""
    end = begin
    for n, word in enumerate(_WORD.finditer(passage, begin), 1):
        if n > count:
            return end
        end = word.end()
    return len(passage)


def _cut(passage: str, begin: int, end: int, pattern: re.Pattern[str] | None) -> str:
    shown = passage[begin:end].translate(OWN)
    if pattern:
        shown = _WORD.sub(lambda word: _marked(word.group(), pattern), shown)
    return ("… " if begin else "") + " ".join(shown.split()) + (" …" if end < len(passage) else "")


def _marked(word: str, pattern: re.Pattern[str]) -> str:
    return f"{OPEN}{word}{CLOSE}" if pattern.search(word) else word
