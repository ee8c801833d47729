"""Rows with typed columns -> files, written as they come: memory stays flat however many there are."""

import csv
import io
import json
import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import islice
from typing import IO, Any, Literal

Kind = Literal["text", "whole", "flag", "moment"]
Row = Mapping[str, Any]
CHUNK_OCTETS = 64 * 1024


@dataclass(frozen=True, slots=True)
class Sheet:
    """What goes into a file. `columns` gives each name its kind; `notes` what is told about the file: query, as of, mark."""

    name: str
    columns: Mapping[str, Kind]
    rows: Iterable[Row]
    notes: Mapping[str, str]


def by_line(lines: Callable[[Sheet], Iterator[bytes]]) -> Callable[[Sheet], Iterator[bytes]]:
    """For forms that need no table of contents: sent as they come, many lines at once, since each piece is a task."""

    def pieces(sheet: Sheet) -> Iterator[bytes]:
        piece = bytearray()
        for line in lines(sheet):
            piece += line
            if len(piece) >= CHUNK_OCTETS:
                yield bytes(piece)
                piece.clear()
        yield bytes(piece)

    return pieces


def csv_lines(sheet: Sheet) -> Iterator[bytes]:
    """RFC 4180 with a byte-order mark, so that spreadsheets read the umlauts."""
    buffer = io.StringIO()
    writer = csv.writer(buffer)
    writer.writerow(sheet.columns)
    yield ("\ufeff" + _taken(buffer)).encode()
    for row in sheet.rows:
        writer.writerow([harmless(row[name]) for name in sheet.columns])
        yield _taken(buffer).encode()


def json_lines(sheet: Sheet) -> Iterator[bytes]:
    """One object a line."""
    for row in sheet.rows:
        line = {name: row[name] for name in sheet.columns}
        yield (
            json.dumps(line, ensure_ascii=False, default=lambda moment: moment.isoformat()) + "\n"
        ).encode()


def _taken(buffer: io.StringIO) -> str:
    text = buffer.getvalue()
    buffer.seek(0)
    buffer.truncate()
    return text


def harmless(value: Any) -> Any:
    """A text that a spreadsheet would run as a formula is quoted, blanks before it or not."""
    if (isinstance(value, str) and value.lstrip()[:1] in ("=", "+", "-", "@")) or str(value)[:1] in (
        "\t",
        "\r",
    ):
        return f"'{value}" if isinstance(value, str) else value
    return value.isoformat() if isinstance(value, datetime) else value


def from_file(write: Callable[[IO[bytes], Sheet], None]) -> Callable[[Sheet], Iterator[bytes]]:
    """For forms that end with a table of contents: written to a temporary file row by row, then sent in pieces."""

    def pieces(sheet: Sheet) -> Iterator[bytes]:
        with tempfile.TemporaryFile() as file:
            write(file, sheet)
            file.seek(0)
            while piece := file.read(CHUNK_OCTETS):
                yield piece

    return pieces


# --- workbook ------------------------------------------------------------------------------------

LAST_ROW = 1_048_575
"""A worksheet holds no more below its heading; the Notes sheet then says that it is not complete."""
LONGEST_CELL = 32_767


def write_workbook(file: IO[bytes], sheet: Sheet) -> None:
    """One sheet of rows and the sheet Notes (query, as-of, row count, complete yes or no)."""
    import xlsxwriter

    options = {"constant_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    with xlsxwriter.Workbook(file, options) as book:
        page, notes = book.add_worksheet(sheet.name), book.add_worksheet("Notes")
        moment, bold = book.add_format({"num_format": "yyyy-mm-dd hh:mm"}), book.add_format({"bold": True})
        page.freeze_panes(1, 0)
        page.write_row(0, 0, sheet.columns, bold)
        rows, kept = 0, iter(sheet.rows)
        for rows, row in enumerate(islice(kept, LAST_ROW), 1):
            for column, (name, kind) in enumerate(sheet.columns.items()):
                _write_cell(page, rows, column, kind, row[name], moment)
        complete = next(kept, None) is None
        for line, told in enumerate({**sheet.notes, **counted(rows, complete)}.items()):
            notes.write_row(line, 0, told)


def counted(rows: int, complete: bool = True) -> dict[str, Any]:
    """What every file says of its rows."""
    return {"rows": rows, "complete": "yes" if complete else "no"}


def _write_cell(page: Any, row: int, column: int, kind: Kind, value: Any, moment: Any) -> None:
    if value is None:
        return
    if kind == "moment":
        page.write_datetime(row, column, value.astimezone(UTC).replace(tzinfo=None), moment)
    elif kind == "flag":
        page.write_boolean(row, column, value)
    elif kind == "whole":
        page.write_number(row, column, value)
    else:
        page.write_string(row, column, value[:LONGEST_CELL])


# --- parquet -------------------------------------------------------------------------------------

ROWS_A_GROUP = 10_000
"""Held in memory at a time."""


def write_parquet(file: IO[bytes], sheet: Sheet) -> None:
    """Typed columns in groups of rows, moments in UTC; the notes stand in the file's metadata."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    types = {
        "text": pa.string(),
        "whole": pa.int64(),
        "flag": pa.bool_(),
        "moment": pa.timestamp("us", tz="UTC"),
    }
    schema = pa.schema([(name, types[kind]) for name, kind in sheet.columns.items()])
    total, rows = 0, iter(sheet.rows)
    with pq.ParquetWriter(file, schema, compression="zstd") as writer:
        while some := list(islice(rows, ROWS_A_GROUP)):
            total += len(some)
            columns = {name: [row[name] for row in some] for name in sheet.columns}
            writer.write_table(pa.table(columns, schema=schema))
        writer.add_key_value_metadata({k: str(v) for k, v in {**sheet.notes, **counted(total)}.items()})


FORMS: Mapping[str, Callable[[Sheet], Iterator[bytes]]] = {
    "csv": by_line(csv_lines),
    "jsonl": by_line(json_lines),
    "xlsx": from_file(write_workbook),
    "parquet": from_file(write_parquet),
}
TYPES = {
    "csv": "text/csv; charset=utf-8",
    "jsonl": "application/jsonl",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "parquet": "application/vnd.apache.parquet",
}
