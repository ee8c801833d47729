"""Two versions of a text -> what was taken out and put in, word by word."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Literal

WORD = re.compile(r"\s+|[^\s]+")
UNCHANGED_WORDS_SHOWN = 12
"""On either side of a change; the rest of a long unchanged passage is left out."""


@dataclass(frozen=True, slots=True)
class Run:
    """Words that stayed, came or went together. `kind` cut stands for unchanged words that are left out."""

    kind: Literal["same", "added", "removed", "cut"]
    text: str


def changes(before: str, after: str) -> list[Run]:
    """The later text with the earlier one's words in place; long unchanged passages are shortened."""
    old, new = WORD.findall(before), WORD.findall(after)
    runs: list[Run] = []
    for kind, a, b, c, d in SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        if kind == "equal":
            runs += _shortened(old[a:b], first=a == 0, last=b == len(old))
            continue
        runs += [Run("removed", "".join(old[a:b]))] if b > a else []
        runs += [Run("added", "".join(new[c:d]))] if d > c else []
    return runs


def _shortened(words: Sequence[str], *, first: bool, last: bool) -> list[Run]:
    """What surrounds changes: its ends next to one, the middle left out."""
    reach = 2 * UNCHANGED_WORDS_SHOWN  # words and the spaces between them
    head, tail = (0 if first else reach), (0 if last else reach)
    if len(words) <= head + tail + reach:
        return [Run("same", "".join(words))]
    shown = [Run("same", "".join(words[:head]))] if head else []
    shown.append(Run("cut", " … "))
    return [*shown, Run("same", "".join(words[-tail:]))] if tail else shown
