"""What a reader types into the search box, understood; no input is an error.

    cyber mobbing            both words
    cyber OR mobbing         either (ODER and | do the same)
    cyber NOT schule         without; also -schule, NICHT schule
    "digital services act"   the words in this order

Words of four letters or more match as beginnings, with the usual German endings taken off long ones, so that
*versicherungen* finds *Versicherung*. Parentheses and other marks count as spaces.
"""

import re
from dataclasses import dataclass
from functools import lru_cache

from storage.fold import fold

PREFIX_FROM = 4
"""Shorter words must match whole: *EU* is not the beginning of *Eule*."""
STEM_FROM = 5
"""What is left of a word after its ending is taken off has at least this many letters."""
ENDINGS = ("ern", "en", "er", "es", "em", "e", "n", "s")
FORMS = ("", "e", "en", "er", "es", "em", "ern", "n", "s")
"""What a word may end on and still be the same word."""
MOST_TERMS = 24
"""More words than this make no sharper question, only a slower one."""

_TOKEN = re.compile(r'(?P<minus>(?<![\w-])-(?=["\w]))?(?:"(?P<phrase>[^"]*)"|(?P<bar>\|)|(?P<word>\w+))')
_WORDS = re.compile(r"\w+")
_OR = {"OR", "ODER"}
_NOT = {"NOT", "NICHT"}
_AND = {"AND", "UND"}


@dataclass(frozen=True, slots=True)
class Term:
    """One word or phrase, folded. `words` has one element for a word; `exact` words match whole."""

    words: tuple[str, ...]
    exact: bool

    @property
    def letters(self) -> str:
        return " ".join(self.words)


@dataclass(frozen=True, slots=True)
class Query:
    """`wanted` are groups that must all match, each by any of its terms; `unwanted` must not match."""

    wanted: tuple[tuple[Term, ...], ...] = ()
    unwanted: tuple[Term, ...] = ()

    @property
    def terms(self) -> tuple[Term, ...]:
        """All terms to find, for highlighting."""
        return tuple(term for group in self.wanted for term in group)

    @property
    def has_phrase(self) -> bool:
        """Whether the order of words matters somewhere."""
        return any(len(term.words) > 1 for term in (*self.terms, *self.unwanted))


@lru_cache(maxsize=64)
def understand(text: str) -> Query:
    """The query in `text`; an empty one when there is nothing to look for."""
    groups: list[list[Term]] = []
    unwanted: list[Term] = []
    alternative = negated = False
    for token in _TOKEN.finditer(text):
        word = token["word"] or ""
        if token["bar"] or word in _OR:
            alternative = bool(groups)
        elif word in _NOT:
            negated = True
        elif word not in _AND and (term := _term(token, without := negated or bool(token["minus"]))):
            if without:
                unwanted.append(term)
            elif alternative:
                groups[-1].append(term)
            else:
                groups.append([term])
            alternative = negated = False
    return Query(tuple(map(tuple, groups[:MOST_TERMS])), tuple(unwanted[:MOST_TERMS]))


def _term(token: re.Match[str], without: bool) -> Term | None:
    """What is left out is left out as written: an ending taken off would leave out too much."""
    if token["phrase"] is not None:
        words = tuple(re.findall(r"\w+", fold(token["phrase"])))
        return Term(words, exact=True) if words else None
    word = fold(token["word"]).replace("_", " ").strip()
    if not word:
        return None
    if " " in word:
        return Term(tuple(word.split()), exact=True)
    return Term((word if without else stem(word),), exact=len(word) < PREFIX_FROM)


def stem(word: str) -> str:
    """`word` without a usual ending, if enough of it is left."""
    for ending in ENDINGS:
        if word.endswith(ending) and len(word) - len(ending) >= STEM_FROM:
            return word[: -len(ending)]
    return word


def says(query: Query, title: str, lead: str, text: str) -> bool:
    """Whether the words are there as the query wants them: the rule in one place, by reading."""
    words = _WORDS.findall(fold(f"{title}\n{lead}\n{text}").replace("_", " "))
    return all(any(_in(words, term) for term in group) for group in query.wanted) and not any(
        _in(words, term) for term in query.unwanted
    )


def holds(query: Query, title: str, lead: str) -> bool:
    """Whether title and lead hold every group's word, if only as a part of another. Exact terms do not count."""
    head = fold(f"{title}\n{lead}")
    return all(any(not t.exact and t.letters in head for t in group) for group in query.wanted)


def _in(words: list[str], term: Term) -> bool:
    size = len(term.words)
    if size == 1 and not term.exact:
        return any(word.startswith(term.words[0]) for word in words)
    first = term.words[0]
    return any(word == first and tuple(words[n : n + size]) == term.words for n, word in enumerate(words))
