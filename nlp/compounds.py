"""German words made of words: where a known stem sits inside one, and what the last part makes of it.

Pure string work, in code points. "TikTok-Chefin" is a Chefin, "Cybermobbingfall" is a case of Cybermobbing,
"Deepfake-Erkennung" is no deepfake: the head decides.
"""

import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from typing import Literal

HYPHENS = "-‐‑–"
INFLECTIONS = ("", "s", "es", "e", "en", "n", "er", "ern", "innen", "in")
SHORTEST_HEAD = 3

COUNTER_HEADS = (
    "abwehr", "aufklärung", "bekämpfung", "beratung", "beratungsstelle", "detektor", "erkennung", "filter", "forscher",
    "forschung", "gesetz", "hilfe", "hotline", "meldestelle", "opferhilfe", "prävention", "prüfung", "richtlinie",
    "schulung", "schutz", "seelsorge", "sperre", "studie", "therapie", "verbot", "vorbeugung", "vorsorge", "workshop",
)  # fmt: skip
"""Heads that name what is done against the thing before them; "Mobbing-Prävention" is not an act of Mobbing."""

Role = Literal["whole", "head", "modifier"]
LINKING_S = re.compile(r"^e?s(?!ch)")  # Betrug|s|masche, but Mobbing|schutz
PART = re.compile(rf"[^{HYPHENS}]+")


@dataclass(frozen=True, slots=True)
class Part:
    """One piece of a hyphenated word; `start` and `end` count from the word's first letter."""

    text: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class StemHit:
    """`stem` found at `start`..`end` of a word. `head` is the last stem or part, in lower case.

    `role` is `whole` (the word is the stem, perhaps inflected), `head` (the word is a kind of it) or `modifier`.
    """

    stem: str
    start: int
    end: int
    role: Role
    head: str

    @property
    def countered(self) -> bool:
        """Whether the head turns the stem into its opposite (protection, research, advice, a ban)."""
        return self.role == "modifier" and is_counter(self.head)


def hyphen_parts(word: str) -> tuple[Part, ...]:
    """The pieces between hyphens, in order; one piece for a word without."""
    return tuple(Part(match.group(), match.start(), match.end()) for match in PART.finditer(word))


def head_of(word: str) -> str:
    """The last hyphen part in lower case, or the word itself: a closed compound's head needs a stem to be seen."""
    parts = hyphen_parts(word)
    return parts[-1].text.lower() if parts else word.lower()


def is_counter(head: str) -> bool:
    """Whether a head, inflected or itself a compound, means something done against the thing before it."""
    return any(bare.endswith(COUNTER_HEADS) for bare in uninflected(head.lower()))


def uninflected(word: str) -> Iterator[str]:
    """The word and what is left of it without a German ending; some of these are no words."""
    for ending in INFLECTIONS:
        if word.endswith(ending) and len(word) - len(ending) >= SHORTEST_HEAD:
            yield word.removesuffix(ending) if ending else word


def find_stems(word: str, stems: Collection[str]) -> tuple[StemHit, ...]:
    """Every stem of `stems` (lower case) that stands in `word` as a part of its own, longest first at each place.

    A stem counts when it begins the word or a hyphen part and is followed by nothing, an ending, or a link and a
    head of three letters or more; or when it ends one after a modifier of three letters or more.
    """
    whole_head = head_of(word)
    parts = hyphen_parts(word)
    hits: list[StemHit] = []
    for part in parts:
        last = part is parts[-1]
        for stem in sorted(stems, key=len, reverse=True):
            hit = stem_in_part(part, stem, last=last, alone=len(parts) == 1, head=whole_head)
            if hit and not any(other.start < hit.end and hit.start < other.end for other in hits):
                hits.append(hit)
    return tuple(sorted(hits, key=lambda hit: hit.start))


def stem_in_part(part: Part, stem: str, *, last: bool, alone: bool, head: str) -> StemHit | None:
    """One stem in one hyphen part; `last` and `alone` say where the part stands in its word."""
    text = part.text.lower()
    at = text.find(stem)
    if at < 0 or 0 < at < SHORTEST_HEAD:
        return None
    rest = text[at + len(stem) :]
    start, end = part.start + at, part.start + at + len(stem)
    if rest in INFLECTIONS:
        role: Role = "modifier" if not last else "whole" if alone and at == 0 else "head"
        return StemHit(stem, start, end, role, stem if last else head)
    tail = closed_head(rest) if at == 0 or text[:at].isalpha() else ""
    return StemHit(stem, start, end, "modifier", tail if last else head) if tail else None


def closed_head(rest: str) -> str:
    """What follows a stem in a closed compound, without a linking s; "" if too short to be a word."""
    head = LINKING_S.sub("", rest, count=1)
    return head if len(head) >= SHORTEST_HEAD and head.isalpha() else ""
