"""What analysts said for a day, read from the archive's rows: the latest word on each matter holds. Pure."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from digest.facts import Analyst, Said
from domain.model import RemarkKind

Row = Mapping[str, Any]
Key = tuple[str, str, str]


def analyst_of(rows: Sequence[Row]) -> Analyst:
    """The layer behind the rows of the question `remarks`, oldest first."""
    held = [row for row in latest(rows) if row["text"]]
    duty = [row["by"] for row in held if row["kind"] == RemarkKind.DUTY]
    return Analyst(
        name=(duty or [row["by"] for row in held] or [""])[-1],
        bottom_line={row["language"]: said(row) for row in of_kind(held, RemarkKind.ASSESSMENT)},
        why=by_subject(of_kind(held, RemarkKind.WHY)),
        notes=by_language(of_kind(held, RemarkKind.NOTE)),
        first=tuple(row["subject"] for row in sorted(of_kind(held, RemarkKind.ORDER), key=place)),
        weak=tuple(row["subject"] for row in of_kind(held, RemarkKind.WEAK)),
    )


def latest(rows: Iterable[Row]) -> list[Row]:
    """The last row of each kind, subject and language, in the order they were said. Notes stand beside each other."""
    kept: dict[Key, Row] = {}
    for row in rows:
        subject = f"{row['subject']}|{row['at']}" if row["kind"] == RemarkKind.NOTE else row["subject"]
        key = (row["kind"], subject, row["language"])
        kept.pop(key, None)
        kept[key] = row
    return list(kept.values())


def of_kind(rows: Iterable[Row], kind: RemarkKind) -> list[Row]:
    return [row for row in rows if row["kind"] == kind]


def said(row: Row) -> Said:
    return Said(row["text"], row["by"], datetime.fromisoformat(row["at"]))


def by_subject(rows: Iterable[Row]) -> dict[str, dict[str, Said]]:
    found: dict[str, dict[str, Said]] = {}
    for row in rows:
        found.setdefault(row["subject"], {})[row["language"]] = said(row)
    return found


def by_language(rows: Iterable[Row]) -> dict[str, tuple[Said, ...]]:
    found: dict[str, tuple[Said, ...]] = {}
    for row in rows:
        found[row["language"]] = (*found.get(row["language"], ()), said(row))
    return found


def place(row: Row) -> tuple[int, str]:
    """Where a story was put; the earlier word first where two share a place."""
    return int(row["text"]), row["at"]
