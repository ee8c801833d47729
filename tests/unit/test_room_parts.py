"""A part of a page is what the whole page holds at that place, from the same view, and says so to caches."""

from collections.abc import Iterator
from dataclasses import replace

import pytest
from markupsafe import escape
from starlette.testclient import TestClient

from domain.model import Incident, IncidentState, TriageEvent
from storage.memory import MemoryArchive
from tests.fixtures.room import NOW, add_account, browser, desk_over, fill, form_token, items, signal_of
from web.desk import Desk


@pytest.fixture
def desk() -> Iterator[Desk]:
    archive = MemoryArchive()
    fill(archive, items(30))
    archive.keep_signals([replace(signal_of("g2"), label="fraud_scam_ads")])
    yield desk_over(archive)
    archive.close()


@pytest.fixture
def client(desk: Desk) -> TestClient:
    return browser(desk)


def asked(parts: str, **more: str) -> dict[str, str]:
    return {"Room-Parts": parts, **more}


@pytest.mark.parametrize(
    ("path", "parts", "starts"),
    [
        ("/search?q=Cybermobbing", "found", ['<div id="found"']),
        ("/search?offset=25", "filters found kept", ['<div id="filters"', '<div id="found"', 'id="kept"']),
        ("/signals", "signal-g1 waiting", ['<section class="card" data-row id="signal-g1"', 'id="waiting"']),
        ("/item/i1", "text", ['<div id="text"']),
        ("/", "today", ['<div id="today"']),
    ],
)
def test_a_part_is_a_piece_of_the_page(client: TestClient, path: str, parts: str, starts: list[str]) -> None:
    whole, part = client.get(path), client.get(path, headers=asked(parts))
    assert (part.status_code, part.headers["room-parts"]) == (200, parts)
    assert "<html" not in part.text
    assert all(start in part.text for start in starts)
    assert all(line in whole.text for line in part.text.splitlines())
    assert "room-parts" not in whole.headers
    assert whole.headers["vary"] == part.headers["vary"] == "Room-Parts"


def test_a_part_that_no_page_has_is_answered_with_the_page(client: TestClient) -> None:
    answer = client.get("/method", headers=asked("found"))
    assert "<html" in answer.text
    assert "room-parts" not in answer.headers


def test_one_row_is_asked_for_without_the_others(client: TestClient) -> None:
    rows = client.get("/signals", headers=asked("signal-g2 waiting")).text
    assert "signal-g2" in rows
    assert "signal-g1" not in rows
    assert ">2 " in rows  # both wait


def test_a_decision_answers_with_its_row(client: TestClient) -> None:
    given = {"token": form_token(client, "/signals"), "back": "days=7", "then": "g2"}
    headers = asked("signal-g1 waiting")
    answer = client.post("/signal/g1/confirm", data=given, headers=headers, follow_redirects=True)
    assert answer.headers["room-parts"] == "signal-g1 waiting"
    assert 'data-say="bullying harassment: ' in answer.text
    assert "signal-g2" not in answer.text.replace('data-then="signal-g2"', "")


def test_a_mark_answers_with_itself_and_needs_its_token(client: TestClient) -> None:
    given = {"layer": "topic", "label": "bullying_harassment", "verdict": "right"}
    headers = asked("verdict-topic-bullying_harassment")
    assert client.post("/item/i1/label", data=given, headers=headers).status_code == 403
    given["token"] = form_token(client, "/item/i1")
    answer = client.post("/item/i1/label", data=given, headers=headers)
    assert answer.status_code == 200
    assert answer.text.strip().startswith('<form method="post" action="/item/i1/label"')
    assert 'aria-pressed="true"' in answer.text


def test_parts_are_for_those_who_may_see_the_page(desk: Desk) -> None:
    add_account(desk.archive, "anna", "analyst")
    answer = browser(desk).get("/search", headers=asked("found"))
    assert (answer.status_code, answer.headers["location"]) == (303, "/sign-in?next=%2Fsearch")


def test_today_answers_304_until_something_stands_on_it_that_did_not(desk: Desk, client: TestClient) -> None:
    mark = client.get("/", headers=asked("today")).headers["etag"]
    assert f'data-mark="{escape(mark)}"' in client.get("/").text
    later = browser(replace(desk, clock=lambda: NOW.replace(minute=9)))
    assert later.get("/", headers=asked("today", **{"If-None-Match": mark})).status_code == 304
    incident = Incident(
        id="x1", title="Vorfall", market="DE", severity=4, state=IncidentState.NEW, opened_at=NOW
    )
    desk.archive.open_incident(
        incident, TriageEvent(incident_id="x1", at=NOW, by="anna", action="open", reason="")
    )
    answer = later.get("/", headers=asked("today", **{"If-None-Match": mark}))
    assert answer.status_code == 200
    assert answer.headers["etag"] != mark
    assert 'id="incident-x1"' in answer.text
    assert (
        client.get("/", headers={"If-None-Match": mark}).status_code == 200
    )  # the whole page is always told
