"""Exports of 100,000 rows over the server: rows, memory, and the types that an independent reader finds."""

import csv
import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from bench.room_pages import Room

MANY, FEW = "until=2026-01-25", "until=2026-01-03"
"""Of 300,000 items of a month the German ones of 24 days, some 103,000, and of two."""
MEMORY_MEGABYTES = 40
"""How much more the many rows may take than the few: buffers, not rows, which are some 60 MB as values."""
TYPES: Mapping[str, type | tuple[type, ...]] = {
    "id": str, "published": datetime, "first_seen": datetime, "outlet": str, "publisher": str, "language": str, "lens": str,
    "tier": int, "title": str, "url": str, "severity": int, "copies": int,
}  # fmt: skip
"""What openpyxl has to find in columns that are never empty."""


@dataclass(frozen=True, slots=True)
class File:
    """One export. `mistyped` counts cells of a wrong type, None where the form has no types."""

    form: str
    rows: int
    octets: int
    cpu_seconds: float
    grown_megabytes: float
    mistyped: int | None

    def told(self) -> dict[str, Any]:
        return asdict(self)


def exported(room: Room, place: str) -> list[File]:
    """Each form: first the few rows, then the many; the server's memory may hardly rise higher for these.

    The archive's own cache of pages (64 MB) is filled before, by a file that is not measured.
    """
    room.save(f"/export.csv?market=DE&{MANY}", Path(f"{place}.csv"))
    return [_exported(room, form, Path(f"{place}.{form}")) for form in ("csv", "jsonl", "parquet", "xlsx")]


def _exported(room: Room, form: str, file: Path) -> File:
    with room.watched() as few:
        room.save(f"/export.{form}?market=DE&{FEW}", file)
    begun = room.cpu_seconds()
    with room.watched() as many:
        room.save(f"/export.{form}?market=DE&{MANY}", file)
    grown, seconds = max(many) - max(few), room.cpu_seconds() - begun
    rows, mistyped = READ[form](file)
    return File(form, rows, file.stat().st_size, round(seconds, 1), round(grown, 1), mistyped)


def _csv(file: Path) -> tuple[int, None]:
    with file.open(encoding="utf-8-sig", newline="") as lines:
        return sum(not row[0].startswith("#") for row in csv.reader(lines) if row) - 1, None


def _json_lines(file: Path) -> tuple[int, None]:
    with file.open(encoding="utf-8") as lines:
        return sum("id" in json.loads(line) for line in lines), None


def _parquet(file: Path) -> tuple[int, None]:
    import pyarrow.parquet as pq

    return int(pq.ParquetFile(file).metadata.num_rows), None


def _workbook(file: Path) -> tuple[int, int]:
    import openpyxl

    rows: Iterator[tuple[Any, ...]] = openpyxl.load_workbook(file, read_only=True)["Items"].iter_rows(
        values_only=True
    )
    places = {name: n for n, name in enumerate(next(rows))}
    count = wrong = 0
    for count, row in enumerate(rows, 1):  # noqa: B007
        wrong += sum(not isinstance(row[places[name]], kind) for name, kind in TYPES.items())
    return count, wrong


READ: Mapping[str, Callable[[Path], tuple[int, int | None]]] = {
    "csv": _csv, "jsonl": _json_lines, "parquet": _parquet, "xlsx": _workbook,
}  # fmt: skip
