"""Whom a mail on an incident may reach may acknowledge it, whatever their role; other readers may not."""

from collections.abc import Iterator
from dataclasses import replace

import pytest

from domain.model import Incident, IncidentState, TriageEvent
from lagebild.room.triage import triage
from lagebild.settings import Delivery, Settings
from storage.memory import MemoryArchive
from tests.fixtures.room import NOW, ZONES, add_account, desk_over, fill, form_token, items, signed_in
from web.desk import Desk

SETTINGS = Settings(delivery=Delivery(audiences={"legal": ("Recht@example.org",)}))


@pytest.fixture
def desk() -> Iterator[Desk]:
    archive = MemoryArchive()
    fill(archive, items(1))
    for name in ("chefin", "recht@example.org", "kollegin", "fremd"):
        add_account(archive, name, "reader")
    incident = Incident(
        id="x1", title="Vorfall", market="DE", severity=4, state=IncidentState.NEW, opened_at=NOW, owner="chefin",
        audience=("legal",),
    )  # fmt: skip
    archive.open_incident(incident, TriageEvent(incident_id="x1", at=NOW, by="anna", action="open"))
    note = TriageEvent(incident_id="x1", at=NOW, by="anna", action="note", reason="@kollegin bitte ansehen")
    archive.note_event(note)
    yield desk_over(archive, triage=triage(archive, ZONES, SETTINGS))
    archive.close()


@pytest.mark.parametrize("name", ["chefin", "recht@example.org", "kollegin"])
def test_who_is_addressed_acknowledges(desk: Desk, name: str) -> None:
    client = signed_in(desk, name)
    text = client.get("/incident/x1").text
    assert 'id="acknowledge"' in text
    assert 'action="/incident/x1/state"' not in text  # nothing else of an analyst's
    given = {"token": form_token(client, "/incident/x1"), "version": "1"}
    assert client.post("/incident/x1/acknowledge", data=given).status_code == 303
    kept = desk.archive.incident("x1")
    assert kept
    assert kept.acknowledged_at == NOW
    assert desk.archive.incident_log("x1")[-1].by == name


def test_another_reader_does_not(desk: Desk) -> None:
    client = signed_in(desk, "fremd")
    assert 'id="acknowledge"' not in client.get("/incident/x1").text
    given = {"token": form_token(client, "/me"), "version": "1"}
    assert client.post("/incident/x1/acknowledge", data=given).status_code == 403
    kept = desk.archive.incident("x1")
    assert kept
    assert kept.acknowledged_at is None


def test_who_is_addressed_may_do_nothing_else(desk: Desk) -> None:
    client = signed_in(desk, "chefin")
    given = {"token": form_token(client, "/incident/x1"), "version": "1", "state": "dismissed", "reason": "x"}
    assert client.post("/incident/x1/state", data=given).status_code == 403


def test_red_is_not_even_seen_by_others(desk: Desk) -> None:
    held = desk.archive.incident("x1")
    assert held
    red = replace(held, tlp="RED")
    desk.archive.change_incident(red, TriageEvent(incident_id="x1", at=NOW, by="anna", action="tlp"))
    client = signed_in(desk, "fremd")
    assert (
        client.post("/incident/x1/acknowledge", data={"token": form_token(client, "/me")}).status_code == 404
    )
