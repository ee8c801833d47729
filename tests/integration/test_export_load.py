"""An export of 100,000 rows: memory stays flat while it is written, and an independent reader finds the right types."""

import json
import subprocess
import sys
from datetime import datetime
from pathlib import Path

import openpyxl
import pyarrow.parquet as pq
import pytest

from web.export_rows import ITEM

ROWS = 100_000
ROOM_KILOBYTES = 40 * 1024
"""How much more 100,000 rows may take than 10,000: a buffer, not the rows, which are about 60 MB as values."""

WRITER = """
import json, resource, sys
from datetime import timedelta
from dataclasses import replace
from domain.model import Hit
from tests.fixtures.room import BOTE, NOW, PLAIN
from web.export_rows import ITEM, item_rows
from web.exports import FORMS, Sheet

def hits(count):
    for n in range(count):
        item = replace(PLAIN, id=f"i{n}", title=f"Überschrift {n} " * 3, published_at=NOW - timedelta(seconds=n), paywalled=n % 2 == 0)
        yield Hit(item, "", ("bullying_harassment",), n % 6, f"s{n}", n % 3)

def write(form, count, place):
    rows = item_rows(hits(count), lambda hit: hit.item.title, {"bote": BOTE}, "AMBER")
    with open(place, "wb") as file:
        for piece in FORMS[form](Sheet("Items", ITEM, rows, {"query": "q=x"})):
            file.write(piece)
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss

form, place, many = sys.argv[1], sys.argv[2], int(sys.argv[3])
print(json.dumps([write(form, 10_000, place), write(form, many, place)]))
"""


def written(form: str, place: Path) -> list[int]:
    """Largest resident size in kilobytes after 10,000 and after 100,000 rows, in a process of its own."""
    words = [sys.executable, "-c", WRITER, form, str(place), str(ROWS)]
    done = subprocess.run(words, check=True, capture_output=True, text=True, cwd=Path(__file__).parents[2])
    sizes: list[int] = json.loads(done.stdout)
    return sizes


@pytest.mark.slow
@pytest.mark.parametrize("form", ["csv", "jsonl", "xlsx", "parquet"])
def test_memory_stays_flat(form: str, tmp_path: Path) -> None:
    few, many = written(form, tmp_path / "file")
    assert many - few < ROOM_KILOBYTES, f"{form}: {few} KB after 10,000 rows, {many} KB after {ROWS}"


@pytest.mark.slow
def test_a_workbook_of_100_000_rows_opens_with_the_right_types(tmp_path: Path) -> None:
    written("xlsx", tmp_path / "many.xlsx")
    book = openpyxl.load_workbook(tmp_path / "many.xlsx", read_only=True)
    rows = book["Items"].iter_rows(values_only=True)
    head = next(rows)
    assert list(head) == list(ITEM)
    kinds = {"text": str, "whole": int, "flag": bool, "moment": datetime}
    wanted = [kinds[kind] for kind in ITEM.values()]
    count = 0
    for row in rows:
        count += 1
        for value, kind in zip(row, wanted, strict=True):
            assert value is None or isinstance(value, kind)
    assert count == ROWS
    notes = dict(book["Notes"].iter_rows(values_only=True))
    assert (notes["rows"], notes["complete"]) == (ROWS, "yes")


@pytest.mark.slow
def test_parquet_of_100_000_rows_opens(tmp_path: Path) -> None:
    written("parquet", tmp_path / "many.parquet")
    told = pq.read_metadata(tmp_path / "many.parquet")
    assert (told.num_rows, told.metadata[b"complete"]) == (ROWS, b"yes")
