"""Hits -> files, streamed row by row: memory stays flat however many there are."""

import csv
import io
import json
import tempfile
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from typing import IO, Any

from domain.model import Hit, Rights

COLUMNS = (
    "id", "published", "first_seen", "outlet", "publisher", "markets", "language", "lens", "tier",
    "title", "url", "topics", "severity", "story", "copies", "paywalled", "rights",
)  # fmt: skip


def row_of(hit: Hit) -> dict[str, Any]:
    """One hit as typed values; titles of denied items stay out."""
    item = hit.item
    return {
        "id": item.id,
        "published": item.published_at,
        "first_seen": item.fetched_at,
        "outlet": item.outlet,
        "publisher": item.publisher,
        "markets": " ".join(item.markets),
        "language": item.language,
        "lens": item.lens.value,
        "tier": item.tier,
        "title": "" if item.rights is Rights.DENY else item.title,
        "url": item.url,
        "topics": " ".join(hit.topics),
        "severity": hit.severity,
        "story": hit.story_id,
        "copies": hit.copies,
        "paywalled": item.paywalled,
        "rights": item.rights.value,
    }


def as_csv(hits: Iterable[Hit]) -> Iterator[str]:
    """RFC 4180 with a byte-order mark, so that spreadsheets read the umlauts."""
    buffer = io.StringIO()
    writer = csv.writer(buffer)
    writer.writerow(COLUMNS)
    yield "\ufeff" + _taken(buffer)
    for hit in hits:
        writer.writerow([harmless(value) for value in row_of(hit).values()])
        yield _taken(buffer)


def as_json_lines(hits: Iterable[Hit]) -> Iterator[str]:
    """One object a line."""
    for hit in hits:
        yield json.dumps(row_of(hit), ensure_ascii=False, default=lambda moment: moment.isoformat()) + "\n"


def _taken(buffer: io.StringIO) -> str:
    text = buffer.getvalue()
    buffer.seek(0)
    buffer.truncate()
    return text


def harmless(value: Any) -> Any:
    """A text that a spreadsheet would run as a formula is quoted."""
    if isinstance(value, str) and value[:1] in ("=", "+", "-", "@", "\t", "\r"):
        return "'" + value
    return value.isoformat() if hasattr(value, "isoformat") else value


# --- workbook ------------------------------------------------------------------------------------

CHUNK_OCTETS = 64 * 1024
LAST_ROW = 1_048_575
"""A worksheet holds no more below its heading; the Notes sheet then says that it is not complete."""


def as_workbook(hits: Iterable[Hit], query: str, now: datetime) -> Iterator[bytes]:
    """XLSX with typed columns and a Notes sheet; written to a temporary file row by row, then sent in pieces."""
    with tempfile.TemporaryFile() as file:
        write_workbook(file, hits, query, now)
        file.seek(0)
        while piece := file.read(CHUNK_OCTETS):
            yield piece


def write_workbook(file: IO[bytes], hits: Iterable[Hit], query: str, now: datetime) -> None:
    """The sheet Items and the sheet Notes (query, as-of, row count, complete yes or no)."""
    import xlsxwriter

    options = {"constant_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    with xlsxwriter.Workbook(file, options) as book:
        sheet, notes = book.add_worksheet("Items"), book.add_worksheet("Notes")
        moment, bold = book.add_format({"num_format": "yyyy-mm-dd hh:mm"}), book.add_format({"bold": True})
        sheet.freeze_panes(1, 0)
        sheet.write_row(0, 0, COLUMNS, bold)
        rows, complete = 0, True
        for hit in hits:
            if rows == LAST_ROW:
                complete = False
                break
            rows += 1
            _write_row(sheet, rows, row_of(hit), moment)
        told = {
            "query": query,
            "as of (UTC)": now.astimezone(UTC).isoformat(),
            "rows": rows,
            "complete": "yes" if complete else "no",
        }
        for line, (name, value) in enumerate(told.items()):
            notes.write_row(line, 0, (name, value))


def _write_row(sheet: Any, row: int, values: dict[str, Any], moment: Any) -> None:
    for column, value in enumerate(values.values()):
        if isinstance(value, datetime):
            sheet.write_datetime(row, column, value.astimezone(UTC).replace(tzinfo=None), moment)
        elif value is not None:
            sheet.write(row, column, value)
