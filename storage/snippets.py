"""The lines around what was found, in the item's own spelling, with « and » about the matched words."""

import re

from storage.fold import fold
from storage.query import Query

WORDS_SHOWN = 32
WORDS_BEFORE = 8
OPEN, CLOSE = "«", "»"

_WORD = re.compile(r"\w+")


def snippet(query: Query, title: str, lead: str, text: str) -> str:
    """About `WORDS_SHOWN` words of lead or text; without a query the beginning."""
    needles = {word for term in query.terms for word in term.words}
    for passage in (text, lead, title):
        words = list(_WORD.finditer(passage))
        marks = [n for n, word in enumerate(words) if _hit(word.group(), needles)]
        if marks:
            return _window(passage, words, set(marks), max(0, marks[0] - WORDS_BEFORE))
    opening = lead or text or title
    return _window(opening, list(_WORD.finditer(opening)), set(), 0)


def _hit(word: str, needles: set[str]) -> bool:
    if not needles:
        return False
    folded = fold(word)
    return any(folded == needle if len(needle) < 3 else needle in folded for needle in needles)


def _window(passage: str, words: list[re.Match[str]], marks: set[int], first: int) -> str:
    if not words:
        return passage[:200].strip()
    last = min(len(words), first + WORDS_SHOWN)
    begin = words[first].start() if first else 0
    end = words[last - 1].end() if last < len(words) else len(passage)
    pieces, at = [], begin
    for n in range(first, last):
        if n in marks:
            pieces += [passage[at : words[n].start()], OPEN, words[n].group(), CLOSE]
            at = words[n].end()
    body = "".join([*pieces, passage[at:end]])
    return ("… " if first else "") + " ".join(body.split()) + (" …" if last < len(words) else "")
