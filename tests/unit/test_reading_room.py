"""The reading room: every page answers, nothing from an article runs, every write needs its token, nobody overwrites."""

import csv
import io
import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, datetime, timedelta
from pathlib import Path

import openpyxl
import pytest
from starlette.testclient import TestClient

from domain.model import (
    Annotation,
    Batch,
    Checkpoint,
    Evidence,
    Filed,
    Fingerprint,
    Item,
    ItemKind,
    Lens,
    Level,
    Membership,
    New,
    Outcome,
    Reading,
    Signal,
    Story,
    Visit,
)
from lagebild.room.triage import triage
from lagebild.settings import Settings
from storage.sqlite import open_archive
from tests.fixtures.room import BOTE, NOW
from web.app import create_app
from web.desk import Desk

HOSTILE = '<script>alert(1)</script><img src=x onerror=alert(2)>"><svg/onload=alert(3)>'


def item(number: int, title: str, text: str) -> Item:
    return Item(
        id=f"i{number}",
        source_id="bote",
        raw_id=str(number),
        kind=ItemKind.ARTICLE,
        url=f"https://bote.example/{number}",
        title=title,
        lead="",
        text=text,
        language="de",
        markets=("DE",),
        lens=Lens.MEDIA,
        published_at=NOW - timedelta(hours=number),
        fetched_at=NOW,
        content_hash=str(number),
        outlet="Der Bote",
        publisher="Bote Verlag",
    )


ITEMS = (
    item(1, "Cybermobbing an Schulen", "Die Behörde prüft.\nEltern sind besorgt."),
    item(2, HOSTILE, f"Harmlos beginnt es. {HOSTILE}"),
    item(3, "=HYPERLINK(1)", "Ein Titel wie eine Formel."),
)


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    archive = open_archive(tmp_path / "a.db")
    archive.sync_sources([BOTE], NOW)
    visit = Visit(source_id="bote", started_at=NOW, finished_at=NOW, outcome=Outcome.OK, entries=3, fresh=3)
    filed = tuple(Filed(i, Fingerprint(i.id, i.url, i.id), New()) for i in ITEMS)
    archive.commit(Batch(visit, Checkpoint("bote"), filed))
    tag = Annotation(
        item_id="i1",
        layer="topic",
        label="bullying_harassment",
        annotator="t/1",
        score=0.9,
        evidence=(Evidence(0, 12, "Cybermobbing", "r1"),),
    )
    archive.keep_readings([Reading("i1", "t/1", (tag,)), Reading("i2", "t/1"), Reading("i3", "t/1")], NOW)
    story = Story(id="s1", title="Cybermobbing", language="de", opened_at=NOW, changed_at=NOW)
    archive.keep_stories([story], [Membership("s1", "i1", NOW, why="allein", by="stories/1")], NOW)
    archive.keep_signals(
        [
            Signal(
                id="g1",
                dimension="topic",
                label="bullying_harassment",
                market="DE",
                day=date(2026, 11, 28),
                count=9,
                expected=1.0,
                upper=3.0,
                score=6.0,
                p_value=0.001,
                level=Level.ELEVATED,
            )
        ]
    )
    zones = {"DE": "Europe/Berlin"}
    yield Desk(
        archive=archive,
        clock=lambda: NOW,
        sources=[BOTE],
        zones=zones,
        names={},
        triage=triage(archive, zones, Settings()),
        render=lambda _: b"",
        hosts=frozenset({"testserver"}),
    )
    archive.close()


@pytest.fixture
def room(desk: Desk) -> TestClient:
    return TestClient(create_app(desk), follow_redirects=False)


PAGES = (
    "/",
    "/search",
    "/search?q=mobbing",
    "/item/i1",
    "/item/i2",
    "/story/s1",
    "/signals",
    "/incidents",
    "/sources",
    "/method",
)


def token(room: TestClient, path: str) -> str:
    return re.search(r'name="token" value="([0-9a-f]+)"', room.get(path).text)[1]


def opened(room: TestClient) -> str:
    answer = room.post(
        "/incidents",
        data={"token": token(room, "/incidents"), "title": "Mobbingfall", "market": "DE", "severity": "4"},
    )
    assert answer.status_code == 303
    return answer.headers["location"]


@pytest.mark.parametrize("path", PAGES)
@pytest.mark.parametrize("language", ["de", "en"])
def test_every_page_answers_in_both_languages(room: TestClient, path: str, language: str) -> None:
    answer = room.get(path, params={"lang": language} if "?" not in path else None)
    assert answer.status_code == 200
    assert "<h1" in answer.text


@pytest.mark.parametrize("path", PAGES)
def test_nothing_from_an_article_runs(room: TestClient, path: str) -> None:
    answer = room.get(path)
    assert "<script>alert" not in answer.text
    assert "<img src=x" not in answer.text
    assert "<svg/onload" not in answer.text
    assert "'unsafe-inline'" not in answer.headers["content-security-policy"]


def test_a_part_of_a_compound_is_found_and_marked(room: TestClient) -> None:
    assert "<mark>" in room.get("/search?q=mobbing").text


def test_evidence_is_shown_with_its_rule(room: TestClient) -> None:
    text = room.get("/item/i1").text
    assert "Cybermobbing</mark>" in text
    assert "r1" in text


@pytest.mark.parametrize(
    "path",
    [
        "/item/none",
        "/story/none",
        "/incident/none",
        "/briefing/DE/2026-01-01/de",
        "/briefing/DE/x/de",
        "/export.exe",
        "/nothing",
    ],
)
def test_what_is_not_there_is_told_with_404(room: TestClient, path: str) -> None:
    assert room.get(path).status_code == 404


@pytest.mark.parametrize(
    "query",
    [
        "offset=-1",
        "offset=x",
        "severity=99",
        "since=yesterday",
        "order=odd",
        "q=%00",
        'q="',
        "q=AND+OR+NOT",
        "market=&topic=",
    ],
)
def test_odd_addresses_are_no_error(room: TestClient, query: str) -> None:
    assert room.get(f"/search?{query}").status_code == 200


@pytest.mark.parametrize("path", ["/incidents", "/incident/x/note", "/item/i1/label"])
def test_a_write_without_its_token_is_refused(room: TestClient, path: str) -> None:
    room.get("/")
    assert room.post(path, data={"title": "x", "verdict": "right"}).status_code == 403


def test_a_write_from_another_site_is_refused(room: TestClient) -> None:
    given = {"token": token(room, "/incidents"), "title": "x"}
    assert (
        room.post("/incidents", data=given, headers={"origin": "https://elsewhere.example"}).status_code
        == 403
    )


def test_an_unknown_host_is_refused(room: TestClient) -> None:
    assert room.get("/", headers={"host": "rebound.example"}).status_code == 421


def test_an_incident_goes_its_way_and_its_log_tells_it(room: TestClient) -> None:
    place = opened(room)
    for step, more in (
        ("acknowledge", {}),
        ("state", {"state": "escalated"}),
        ("note", {"note": "Recht informiert"}),
    ):
        page = room.get(place).text
        version = re.search(r'name="version" value="(\d+)"', page)[1]
        answer = room.post(f"{place}/{step}", data={"token": token(room, place), "version": version, **more})
        assert answer.status_code == 303, (step, answer.text)
    told = room.get(place, params={"lang": "en"}).text
    assert "escalated" in told
    assert "Recht informiert" in told


def test_two_people_at_once_never_lose_an_update(room: TestClient) -> None:
    place = opened(room)
    version = re.search(r'name="version" value="(\d+)"', room.get(place).text)[1]
    given = {"token": token(room, place), "version": version}
    assert room.post(f"{place}/assign", data={**given, "owner": "A. Keller"}).status_code == 303
    assert room.post(f"{place}/assign", data={**given, "owner": "B. Roth"}).status_code == 409
    assert "A. Keller" in room.get(place).text


def test_a_step_that_is_not_allowed_is_told(room: TestClient) -> None:
    place = opened(room)
    given = {"token": token(room, place), "version": "1", "state": "dismissed", "reason": ""}
    answer = room.post(f"{place}/state", data=given)
    assert answer.status_code == 422
    assert "reason" in answer.text


def test_right_or_wrong_is_kept(room: TestClient, desk: Desk) -> None:
    room.post(
        "/item/i1/label",
        data={"token": token(room, "/item/i1"), "topic": "bullying_harassment", "verdict": "wrong"},
    )
    assert [label.verdict for label in desk.archive.labels(NOW - timedelta(days=1), "i1")] == ["wrong"]


def test_csv_holds_what_is_shown_and_no_formula(room: TestClient) -> None:
    rows = list(csv.DictReader(io.StringIO(room.get("/export.csv").content.decode("utf-8-sig"))))
    assert [row["id"] for row in rows] == ["i1", "i2", "i3"]
    assert rows[2]["title"] == "'=HYPERLINK(1)"


def test_the_workbook_opens_with_types_and_notes(room: TestClient) -> None:
    book = openpyxl.load_workbook(io.BytesIO(room.get("/export.xlsx?q=mobbing").content))
    head, first = list(book["Items"].iter_rows(values_only=True))[:2]
    assert isinstance(first[head.index("published")], datetime)
    notes = dict(book["Notes"].iter_rows(values_only=True))
    assert (notes["rows"], notes["complete"], notes["query"]) == (1, "yes", "q=mobbing")


def test_json_lines_hold_one_object_a_line(room: TestClient) -> None:
    assert len(room.get("/export.jsonl").text.splitlines()) == 3


def test_watchers_are_told(room: TestClient) -> None:
    assert room.get("/healthz").json() == {"status": "ok"}
    assert room.get("/readyz").status_code == 200
    told = room.get("/metrics").text
    assert "lagebild_collection_lag_seconds" in told
    assert "lagebild_reading_lag_seconds 0.0" in told


def test_a_room_in_which_no_source_reports_is_not_ready(desk: Desk) -> None:
    silent = TestClient(create_app(replace(desk, clock=lambda: NOW + timedelta(days=3))))
    assert silent.get("/readyz").status_code == 503
