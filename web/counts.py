"""An uploaded table of counts -> what is kept of it, or what is wrong with which line. Pure."""

import csv
import io
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from domain.model import OutsideCount

NAMES = {
    "day": ("day", "date", "datum", "tag"),
    "series": ("series", "reihe", "name"),
    "value": ("value", "count", "wert", "anzahl", "zahl"),
    "market": ("market", "markt"),
}
"""What a column may be called; the first row says."""
NEEDED = ("day", "series", "value")
MOST_ROWS = 5_000
LONGEST_SERIES = 60
DAY_FORMS = ("%Y-%m-%d", "%d.%m.%Y", "%d/%m/%Y")
SEPARATORS = ",;\t"


@dataclass(frozen=True, slots=True)
class Table:
    """The counts of a file, in order, or its faults (line from 1, what is wrong). A file with faults has no counts."""

    counts: tuple[OutsideCount, ...] = ()
    faults: tuple[tuple[int, str], ...] = ()


def read(content: bytes, markets: Collection[str], by: str, now: datetime) -> Table:
    """The whole file or nothing: a half-read table would be a wrong number."""
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = content.decode("cp1252", errors="replace")
    rows = list(csv.reader(io.StringIO(text), delimiter=_separator(text)))
    columns = _columns(rows[0]) if rows else {}
    missing = [NAMES[name][0] for name in NEEDED if name not in columns]
    if missing:
        return Table(faults=((1, f"no column {', '.join(missing)}"),))
    if len(rows) > MOST_ROWS:
        return Table(faults=((MOST_ROWS, f"more than {MOST_ROWS} lines"),))
    counts: list[OutsideCount] = []
    faults: list[tuple[int, str]] = []
    for line, row in enumerate(rows[1:], start=2):
        if not any(cell.strip() for cell in row):
            continue
        try:
            counts.append(_count(row, columns, markets, by, now))
        except ValueError as error:
            faults.append((line, str(error)))
    return Table(faults=tuple(faults)) if faults else Table(tuple(counts))


def _separator(text: str) -> str:
    """The one that the first line holds most of."""
    head = text.split("\n", 1)[0]
    return max(SEPARATORS, key=head.count)


def _columns(head: Sequence[str]) -> dict[str, int]:
    said = [cell.strip().lower() for cell in head]
    return {name: said.index(word) for name, words in NAMES.items() for word in words if word in said}


def _count(
    row: Sequence[str], columns: dict[str, int], markets: Collection[str], by: str, now: datetime
) -> OutsideCount:
    """One line. Raises ValueError that says what is wrong."""

    def cell(name: str) -> str:
        at = columns.get(name)
        return row[at].strip() if at is not None and at < len(row) else ""

    market = cell("market").upper()
    if market and market not in markets:
        raise ValueError(f"unknown market {market!r}")
    series = cell("series")[:LONGEST_SERIES]
    if not series:
        raise ValueError("no series")
    return OutsideCount(series, market, day_of(cell("day")), number_of(cell("value")), by, now)


def day_of(text: str) -> date:
    """ISO, or day first as in German. Raises ValueError."""
    for form in DAY_FORMS:
        try:
            return datetime.strptime(text, form).date()  # noqa: DTZ007 a calendar day has no zone
        except ValueError:
            continue
    raise ValueError(f"{text!r} is no day; write 2026-11-28 or 28.11.2026")


def number_of(text: str) -> float:
    """1234.5, 1.234,5, 1'234.5 or 1,234.5. Raises ValueError."""
    plain = "".join(text.replace("'", "").replace("’", "").split())
    if "," in plain and "." in plain:
        thousands, point = (".", ",") if plain.rfind(",") > plain.rfind(".") else (",", ".")
        plain = plain.replace(thousands, "").replace(point, ".")
    else:
        plain = plain.replace(",", ".")
    try:
        value = float(plain)
    except ValueError:
        raise ValueError(f"{text!r} is no number") from None
    if not -1e12 < value < 1e12:
        raise ValueError(f"{text!r} is out of range")
    return value


def sample() -> Iterator[str]:
    """A table as it may look."""
    yield "day,market,series,value"
    yield "2026-11-27,DE,Eskalationen,12"
    yield "2026-11-28,DE,Eskalationen,31"
