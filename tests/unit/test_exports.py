"""Exports: exactly what is shown, typed, harmless in a spreadsheet, and marked with how far they may go."""

import csv
import io
import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime

import openpyxl
import pyarrow.parquet as pq
import pytest

from domain.model import TLP, Incident, IncidentState, Rights, TriageEvent
from storage.memory import MemoryArchive
from tests.fixtures.room import BOTE, NOW, browser, desk_over, fill, items
from web.desk import Desk, Shield
from web.export_rows import INCIDENT, ITEM
from web.exports import FORMS, TYPES, Sheet, harmless
from web.tlp import may_go

SEARCH = "q=Cybermobbing&market=DE&severity=0"


@pytest.fixture(scope="module")
def desk() -> Iterator[Desk]:
    archive = MemoryArchive()
    filed = items(4)
    filed[1] = replace(filed[1], title="=HYPERLINK(1) Cybermobbing")
    filed[2] = replace(filed[2], title="Verwehrt", text="Cybermobbing", rights=Rights.DENY)
    filed[3] = replace(filed[3], paywalled=True)
    fill(archive, filed)
    for n, tlp in enumerate(TLP):
        opened = Incident(
            id=f"x{n}",
            title=f"Fall {n}",
            market="DE",
            severity=n,
            state=IncidentState.NEW,
            opened_at=NOW,
            tlp=tlp,
        )
        archive.open_incident(opened, TriageEvent(incident_id=f"x{n}", at=NOW, by="anna", action="opened"))
    yield desk_over(archive, sources=[replace(BOTE, licence="Lizenz 7")])
    archive.close()


def sent(desk: Desk, form: str, query: str = SEARCH, what: str = "export") -> bytes:
    answer = browser(desk).get(f"/{what}.{form}?{query}")
    assert answer.status_code == 200
    assert answer.headers["content-type"] == TYPES[form]
    return answer.content


def read(form: str, body: bytes) -> list[dict[str, object]]:
    """The file's rows by an independent reader of its form."""
    if form == "csv":
        return list(csv.DictReader(io.StringIO(body.decode("utf-8-sig"))))
    if form == "jsonl":
        return [json.loads(line) for line in body.decode().splitlines()]
    if form == "parquet":
        return pq.read_table(io.BytesIO(body)).to_pylist()
    head, *rows = openpyxl.load_workbook(io.BytesIO(body)).worksheets[0].iter_rows(values_only=True)
    return [dict(zip(head, row, strict=True)) for row in rows]


@pytest.mark.parametrize("form", FORMS)
def test_every_form_holds_what_the_search_shows(desk: Desk, form: str) -> None:
    shown = [hit.item.id for hit in desk.archive.search(desk_search()).hits]
    rows = read(form, sent(desk, form))
    assert [row["id"] for row in rows] == shown
    assert list(rows[0]) == list(ITEM)
    assert rows[0]["licence"] == "Lizenz 7"
    assert rows[0]["tlp"] == "AMBER"
    assert "Verwehrt" not in str(rows)
    assert "Behörde" not in str(rows)


def desk_search() -> object:
    from starlette.datastructures import QueryParams

    from web.asked import search_of

    return search_of(QueryParams(SEARCH))


def test_a_workbooks_cells_have_their_types(desk: Desk) -> None:
    rows = {row["id"]: row for row in read("xlsx", sent(desk, "xlsx"))}
    assert rows["i1"]["published"] == datetime(2026, 11, 28, 5, 0)  # noqa: DTZ001 - a sheet knows no zone
    assert isinstance(rows["i1"]["tier"], int)
    assert rows["i4"]["paywalled"] is True
    assert rows["i2"]["title"] == "=HYPERLINK(1) Cybermobbing"
    book = openpyxl.load_workbook(io.BytesIO(sent(desk, "xlsx")))
    kinds = {cell.data_type for row in book["Items"].iter_rows() for cell in row}
    assert "f" not in kinds
    notes = dict(book["Notes"].iter_rows(values_only=True))
    assert (notes["query"], notes["rows"], notes["complete"], notes["mark"]) == (
        SEARCH,
        4,
        "yes",
        "TLP:AMBER",
    )


def test_parquet_is_typed_and_tells_of_itself(desk: Desk) -> None:
    body = sent(desk, "parquet")
    assert read("parquet", body)[0]["published"] == datetime(2026, 11, 28, 5, 0, tzinfo=UTC)
    schema = pq.read_schema(io.BytesIO(body))
    assert {schema.field("severity").type.__str__(), schema.field("paywalled").type.__str__()} == {
        "int64",
        "bool",
    }
    told = pq.read_metadata(io.BytesIO(body)).metadata
    assert (told[b"rows"], told[b"complete"], told[b"query"]) == (b"4", b"yes", SEARCH.encode())


@pytest.mark.parametrize(
    "value",
    [
        "=1+1",
        "+1",
        "-1",
        "@SUM(A1)",
        "\t=1",
        "\r=1",
        " =1",
        "\n=1",
        "\u00a0=1",
        "=cmd|' /C calc'!A0",
        "-2+3+cmd|' /C calc'!A0",
    ],
)
def test_a_text_that_a_spreadsheet_would_run_is_quoted(value: str) -> None:
    assert harmless(value).startswith("'")


@pytest.mark.parametrize("value", ["Ein Titel", "2026", "a=b", "", 5, -3, True, None])
def test_other_values_stay(value: object) -> None:
    assert harmless(value) == value


def test_shielded_titles_stay_shielded(desk: Desk) -> None:
    always = replace(desk, shield=Shield(cover=lambda topics: "always" if topics else "none"))
    rows = {row["id"]: row for row in read("jsonl", sent(always, "jsonl"))}
    assert "Cybermobbing" not in rows["i1"]["title"]


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize(
    ("tlp", "held"),
    [
        ("CLEAR", ["CLEAR"]),
        ("GREEN", ["CLEAR", "GREEN"]),
        ("AMBER", ["CLEAR", "GREEN", "AMBER"]),
        ("AMBER%2BSTRICT", ["CLEAR", "GREEN", "AMBER", "AMBER+STRICT"]),
    ],
)
def test_a_file_holds_only_what_may_go_as_far_as_it_does(
    desk: Desk, form: str, tlp: str, held: list[str]
) -> None:
    rows = read(form, sent(desk, form, f"tlp={tlp}", "incidents"))
    assert sorted(row["tlp"] for row in rows) == sorted(held)
    assert list(rows[0]) == list(INCIDENT)


def test_what_was_left_out_is_told(desk: Desk) -> None:
    book = openpyxl.load_workbook(io.BytesIO(sent(desk, "xlsx", "tlp=GREEN", "incidents")))
    assert dict(book["Notes"].iter_rows(values_only=True))["left out by their mark"] == "3"


def test_the_mark_stands_on_the_file_and_red_goes_into_none(desk: Desk) -> None:
    answer = browser(desk).get("/export.csv?tlp=green")
    assert answer.headers["x-tlp"] == "TLP:GREEN"
    assert "TLP-GREEN.csv" in answer.headers["content-disposition"]
    assert browser(desk).get("/export.csv?tlp=RED").status_code == 400
    assert browser(desk).get("/incidents.csv?tlp=x").status_code == 400
    assert not any(may_go("RED", level) for level in TLP)
    assert not may_go("PURPLE", "AMBER")


def test_a_workbook_that_is_full_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("web.exports.LAST_ROW", 3)
    rows = ({"n": n} for n in range(5))
    body = b"".join(FORMS["xlsx"](Sheet("Items", {"n": "whole"}, rows, {})))
    book = openpyxl.load_workbook(io.BytesIO(body))
    assert book["Items"].max_row == 4
    assert dict(book["Notes"].iter_rows(values_only=True)) == {"rows": 3, "complete": "no"}


@pytest.mark.parametrize("form", FORMS)
def test_an_empty_search_is_an_empty_file_that_opens(desk: Desk, form: str) -> None:
    assert read(form, sent(desk, form, "market=AT")) == []
