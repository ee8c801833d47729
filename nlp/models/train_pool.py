"""Unlabelled headlines for `train_risk.py`: which ones we labelled ourselves.

Our labels lie in `risk_labels.tsv` by the hash of a line of `de_headlines_unlabelled.txt.gz`, never its words: whoever
has the headlines can train again. Columns: key, part (`train` or `check`), topics (comma between, `-` for not
relevant), severity, stances (`name=critical`, blank between).
"""

from __future__ import annotations

import gzip
import hashlib
import re
from dataclasses import dataclass
from pathlib import Path

LABELS = Path(__file__).parent / "risk_labels.tsv"


@dataclass(frozen=True)
class Line:
    """One headline of the unlabelled file; `teaser` may be empty."""

    key: str
    title: str
    teaser: str


@dataclass(frozen=True)
class OwnLabel:
    """`topics` is None for what is not relevant."""

    key: str
    part: str
    topics: tuple[str, ...] | None
    severity: int
    stances: dict[str, str]


def read_lines(path: Path) -> list[Line]:
    """Every headline once, in the file's order."""
    found: dict[str, Line] = {}
    with gzip.open(path, "rt", encoding="utf-8", errors="replace") as file:
        for row in file:
            title, _, teaser = row.rstrip("\n").partition(" — ")
            found.setdefault(plain(title), Line(key_of(row), title, teaser))
    return list(found.values())


def key_of(row: str) -> str:
    """Sixteen hex digits of a line's SHA-256, without its end."""
    return hashlib.sha256(row.rstrip("\n").encode()).hexdigest()[:16]


def plain(title: str) -> str:
    """A title for comparison: its letters and digits, sixty at most."""
    return re.sub(r"\W+", "", title.lower())[:60]


def read_labels(path: Path = LABELS) -> list[OwnLabel]:
    rows = [row.split("\t") for row in path.read_text(encoding="utf-8").splitlines() if row[:1] != "#"]
    return [
        OwnLabel(
            key,
            part,
            None if topics == "-" else tuple(topics.split(",")),
            int(severity),
            dict(pair.split("=") for pair in stances.split()),
        )
        for key, part, topics, severity, stances in rows
    ]
