"""The acknowledge link of a mail: whoever opens it confirms nothing; the button of the page does."""

import re
from datetime import datetime, timedelta
from urllib.parse import urlsplit

import pytest
from starlette.testclient import TestClient

from digest.brief import brief
from digest.formats import email, slack, teams, text
from digest.gather import Order, gather
from digest.period import period_of
from domain.model import Incident, IncidentState, TriageEvent
from lagebild.room.triage import triage
from lagebild.settings import Settings
from storage.memory import MemoryArchive
from storage.sqlite.archive import SqliteArchive
from tests.fixtures.digest_archive import LAST, filled
from web.app import create_app
from web.desk import Desk

BASE = "http://testserver"
ZONES = {"DE": "Europe/Berlin"}
END = period_of("DE", LAST).end


@pytest.fixture
def archive() -> SqliteArchive:
    held = filled(days=9)
    opened = END - timedelta(hours=1)
    incident = Incident(
        id="inc-open", title="Verfahren", market="DE", severity=5, state=IncidentState.NEW, opened_at=opened,
        due_at=END + timedelta(hours=2),
    )  # fmt: skip
    held.open_incident(incident, TriageEvent(incident_id="inc-open", at=opened, by="Ute Kern", action="open"))
    return held


@pytest.fixture
def room(archive: MemoryArchive) -> TestClient:
    def clock() -> datetime:
        return END

    desk = Desk(
        archive=archive, clock=clock, sources=[], zones=ZONES, names={}, triage=triage(archive, ZONES, Settings()),
        render=lambda _: b"", hosts=frozenset({"testserver"}),
    )  # fmt: skip
    return TestClient(create_app(desk))


def links(archive: SqliteArchive) -> set[str]:
    """Every address of ours in the mail (text and HTML), in Slack's and in Teams' payload."""
    digest = brief(gather(archive, Order(market="DE", period=period_of("DE", LAST), base_url=BASE)), "de")
    told = (
        email.page(digest)[0],
        text.render(digest).decode(),
        slack.render(digest).decode(),
        teams.render(digest).decode(),
    )
    return {found.rstrip('".,)>') for form in told for found in re.findall(rf"{BASE}[^\s\"'|>]*", form)}


def test_the_mail_leads_to_the_page_that_asks(archive: SqliteArchive) -> None:
    assert f"{BASE}/incident/inc-open#acknowledge" in links(archive)


def test_a_scanner_that_opens_every_link_acknowledges_nothing(
    archive: SqliteArchive, room: TestClient
) -> None:
    for link in sorted(links(archive)):
        for method in ("HEAD", "GET", "OPTIONS"):
            assert room.request(method, urlsplit(link).path).status_code < 500
    for method in ("GET", "HEAD"):
        assert room.request(method, "/incident/inc-open/acknowledge").status_code in (404, 405)
    incident = archive.incident("inc-open")
    assert incident is not None
    assert incident.acknowledged_at is None


def test_a_scanner_that_posts_without_the_pages_token_acknowledges_nothing(
    archive: SqliteArchive, room: TestClient
) -> None:
    assert room.post("/incident/inc-open/acknowledge", data={"version": "1"}).status_code == 403
    assert archive.incident("inc-open").acknowledged_at is None  # type: ignore[union-attr]


def test_the_button_of_the_page_acknowledges(archive: SqliteArchive, room: TestClient) -> None:
    page = room.get("/incident/inc-open").text
    given = {name: re.search(rf'name="{name}" value="([^"]+)"', page)[1] for name in ("token", "version")}  # type: ignore[index]
    room.post("/incident/inc-open/acknowledge", data=given)
    assert archive.incident("inc-open").acknowledged_at is not None  # type: ignore[union-attr]
