"""Find thousands of phrases in a text in one walk, with offsets.

A term is one or more words. `~` after a word leaves its end open (inflection, and in German the rest of a
compound); `~` in front leaves the first word open to the left, so that `~betrug` finds compounds whose head is
*Betrug*. Words are compared in lower case; hyphens, apostrophes and spaces between words are all the same.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

WORD = re.compile(r"\w+")
GAP = re.compile(r"[ \u00a0\u202f'’\-‑–/&]{1,2}|\.")
CLAUSE_END = re.compile(r"[.!?…]+[\"“”»«’)]*\s+(?=[\"„“»«A-ZÀ-Þ0-9])|[;\n]+\s*|\s[–—|]\s|\s-\s")
SHORTEST_STEM = 4  # letters of a stem that may stand inside a word


@dataclass(frozen=True, slots=True)
class Word:
    start: int
    end: int
    lower: str


@dataclass(frozen=True, slots=True)
class Found:
    """A matched phrase: its code points and what was registered under the term."""

    start: int
    end: int
    term: str
    payload: int


@dataclass(frozen=True, slots=True)
class _Pattern:
    words: tuple[tuple[str, bool], ...]
    term: str
    payload: int


def words_of(text: str) -> list[Word]:
    return [Word(m.start(), m.end(), m.group().lower()) for m in WORD.finditer(text)]


def clauses_of(text: str) -> list[tuple[int, int]]:
    """Stretches in which two phrases belong together: sentences, and what a dash or a semicolon sets apart."""
    ends = [m.end() for m in CLAUSE_END.finditer(text)]
    return [
        (a, b) for a, b in zip([0, *ends], [*ends, len(text)], strict=True) if a < b and text[a:b].strip()
    ] or [(0, len(text))]


def clause_at(clauses: Sequence[tuple[int, int]], position: int) -> int:
    """Number of the clause that holds a code point."""
    for number, (_, end) in enumerate(clauses):
        if position < end:
            return number
    return len(clauses) - 1


class Phrases:
    """An index over terms; `find` gives every hit, in order, and of hits of one payload that overlap the longest."""

    def __init__(self, terms: Iterable[tuple[str, int]]) -> None:
        self._whole: dict[str, list[_Pattern]] = defaultdict(list)
        self._prefix: dict[str, list[_Pattern]] = defaultdict(list)
        self._tail: dict[str, list[_Pattern]] = defaultdict(list)
        self._inside: dict[str, list[_Pattern]] = defaultdict(list)
        for term, payload in terms:
            self._add(term, payload)

    def _add(self, term: str, payload: int) -> None:
        words = tuple((m.group().lower(), term[m.end() : m.end() + 1] == "~") for m in WORD.finditer(term))
        if not words:
            return
        pattern = _Pattern(words, term, payload)
        first, open_right = words[0]
        if term.startswith("~"):
            (self._inside if open_right else self._tail)[first].append(pattern)
        (self._prefix if open_right else self._whole)[first].append(pattern)

    def find(self, text: str, words: Sequence[Word] | None = None) -> list[Found]:
        words = words_of(text) if words is None else words
        hits = []
        for position in range(len(words)):
            for pattern, start in self._starting(words[position]):
                end = self._end(pattern, words, position, text)
                if end is not None:
                    hits.append(Found(start, end, pattern.term, pattern.payload))
        return longest(hits)

    def _starting(self, word: Word) -> Iterable[tuple[_Pattern, int]]:
        """Patterns whose first word fits here; the start is the word's, so that the whole compound is shown."""
        lower = word.lower
        for pattern in self._whole.get(lower, ()):
            yield pattern, word.start
        for size in range(1, len(lower) + 1):
            for pattern in self._prefix.get(lower[:size], ()):
                yield pattern, word.start
        for begin in range(1, len(lower) - SHORTEST_STEM + 1):
            for pattern in self._tail.get(lower[begin:], ()):
                yield pattern, word.start
            if self._inside:
                for size in range(begin + SHORTEST_STEM, len(lower) + 1):
                    for pattern in self._inside.get(lower[begin:size], ()):
                        yield pattern, word.start

    @staticmethod
    def _end(pattern: _Pattern, words: Sequence[Word], position: int, text: str) -> int | None:
        """Where the pattern ends when its further words follow, None when they do not."""
        last = position + len(pattern.words) - 1
        if last >= len(words):
            return None
        for offset in range(1, len(pattern.words)):
            before, here = words[position + offset - 1], words[position + offset]
            wanted, open_right = pattern.words[offset]
            if not GAP.fullmatch(text, before.end, here.start):
                return None
            if here.lower != wanted and not (open_right and here.lower.startswith(wanted)):
                return None
        return words[last].end


def longest(hits: Iterable[Found]) -> list[Found]:
    """Drops a hit that lies inside a longer one of the same payload; sorted by place."""
    kept: list[Found] = []
    for hit in sorted(set(hits), key=lambda h: (h.payload, h.start - h.end, h.start, h.term)):
        if not any(k.payload == hit.payload and k.start <= hit.start and hit.end <= k.end for k in kept):
            kept.append(hit)
    return sorted(kept, key=lambda h: (h.start, h.end, h.payload))
