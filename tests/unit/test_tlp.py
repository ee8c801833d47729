"""TLP marks on incidents: set by a form, kept in the log, and RED seen by those alone whom it names."""

from collections.abc import Iterator
from dataclasses import replace

import pytest

from domain.model import TLP, Incident, IncidentState, TriageEvent
from lagebild.triage import TriageRefused, set_tlp
from storage.memory import MemoryArchive
from tests.fixtures.room import NOW, add_account, desk_over, fill, form_token, items, signed_in
from web.desk import Desk

TITLE = "Ein Fall für wenige"
PLACES = ("/incidents", "/", "/story/s1", "/api/v1/incidents")


@pytest.fixture
def desk() -> Iterator[Desk]:
    archive = MemoryArchive()
    fill(archive, items(1))
    red = Incident(
        id="x1", title=TITLE, market="DE", severity=4, state=IncidentState.NEW, opened_at=NOW, tlp="RED", owner="ola",
        story_ids=("s1",),
    )  # fmt: skip
    archive.open_incident(red, TriageEvent(incident_id="x1", at=NOW, by="opal", action="open"))
    archive.note_event(
        TriageEvent(incident_id="x1", at=NOW, by="opal", action="note", reason="bitte ansehen, @mia")
    )
    for name, role in (
        ("ola", "analyst"),
        ("opal", "analyst"),
        ("mia", "reader"),
        ("other", "analyst"),
        ("root", "admin"),
    ):
        add_account(archive, name, role)
    yield desk_over(archive)
    archive.close()


@pytest.mark.parametrize("name", ["ola", "opal", "mia", "root"])
def test_red_is_seen_by_those_it_names(desk: Desk, name: str) -> None:
    assert TITLE in signed_in(desk, name).get("/incident/x1").text


def test_red_is_hidden_from_all_others_on_every_page(desk: Desk) -> None:
    other = signed_in(desk, "other")
    assert other.get("/incident/x1").status_code == 404
    for place in PLACES:
        assert TITLE not in other.get(place).text
    token = form_token(other, "/me")
    for step in ("note", "assign", "tlp", "acknowledge"):
        assert (
            other.post(f"/incident/x1/{step}", data={"token": token, "version": "1", "note": "x"}).status_code
            == 404
        )
    assert other.post("/story/s1/incident", data={"token": token, "incident": "x1"}).status_code == 404
    assert TITLE not in other.get("/incidents.csv?tlp=AMBER%2BSTRICT").text


def test_a_mark_is_changed_by_its_form_and_stands_in_the_log(desk: Desk) -> None:
    client = signed_in(desk, "ola")
    given = {"token": form_token(client, "/incident/x1"), "version": "1", "tlp": "GREEN"}
    assert client.post("/incident/x1/tlp", data=given).status_code == 303
    assert desk.archive.incident("x1").tlp == "GREEN"
    last = desk.archive.incident_log("x1")[-1]
    assert (last.by, last.action, last.before, last.after) == ("ola", "tlp", "RED", "GREEN")
    assert TITLE in signed_in(desk, "other").get("/incidents").text


@pytest.mark.parametrize("mark", ["PURPLE", "", "red"])
def test_an_unknown_mark_is_refused(mark: str) -> None:
    plain = Incident(id="x", title="x", market="DE", severity=1, state=IncidentState.NEW, opened_at=NOW)
    with pytest.raises(TriageRefused):
        set_tlp(plain, mark, by="anna", now=NOW)
    assert [set_tlp(replace(plain, tlp=""), tlp, by="a", now=NOW)[0].tlp for tlp in TLP] == list(TLP)
