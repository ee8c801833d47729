"""An export of 100,000 rows: memory stays flat while it is written, and an independent reader finds the right types."""

import io
import json
import subprocess
import sys
from collections.abc import Callable
from datetime import datetime
from functools import cache
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


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], tuple[Path, list[int]]]:
    """The file, and the largest resident size in kilobytes after 10,000 and after 100,000 rows, in a process of its own."""
    folder = tmp_path_factory.mktemp("files")

    @cache
    def write(form: str) -> tuple[Path, list[int]]:
        words = [sys.executable, "-c", WRITER, form, str(folder / form), str(ROWS)]
        done = subprocess.run(
            words, check=True, capture_output=True, text=True, cwd=Path(__file__).parents[2]
        )
        return folder / form, json.loads(done.stdout)

    return write


@pytest.mark.slow
@pytest.mark.timeout(1200)
@pytest.mark.parametrize("form", ["csv", "jsonl", "xlsx", "parquet"])
def test_memory_stays_flat(form: str, written: Callable[[str], tuple[Path, list[int]]]) -> None:
    _, (few, many) = written(form)
    assert many - few < ROOM_KILOBYTES, f"{form}: {few} KB after 10,000 rows, {many} KB after {ROWS}"


@pytest.mark.slow
@pytest.mark.timeout(1200)
def test_a_workbook_of_100_000_rows_opens_with_the_right_types(
    written: Callable[[str], tuple[Path, list[int]]],
) -> None:
    file = io.BytesIO(written("xlsx")[0].read_bytes())
    book = openpyxl.load_workbook(file, read_only=True)
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
@pytest.mark.timeout(1200)
def test_parquet_of_100_000_rows_opens(written: Callable[[str], tuple[Path, list[int]]]) -> None:
    told = pq.read_metadata(written("parquet")[0])
    assert (told.num_rows, told.metadata[b"complete"]) == (ROWS, b"yes")
