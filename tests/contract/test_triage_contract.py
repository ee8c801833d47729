"""What every archive owes those who decide."""

from dataclasses import replace
from datetime import timedelta

import pytest

from domain.errors import Conflict
from domain.model import Incident, IncidentState, TriageEvent


def event(now, action: str = "open") -> TriageEvent:
    return TriageEvent(incident_id="i1", at=now, by="anna", action=action, reason="Grund")


def incident(now) -> Incident:
    return Incident(
        id="i1",
        title="Welle",
        market="DE",
        severity=4,
        state=IncidentState.NEW,
        opened_at=now,
        audience=("Policy",),
    )


def test_two_people_at_once_never_lose_an_update(archive, now):
    opened = archive.open_incident(incident(now), event(now))
    changed = archive.change_incident(
        replace(opened, owner="anna"), event(now + timedelta(minutes=1), "assign")
    )
    assert (changed.version, changed.owner) == (2, "anna")
    with pytest.raises(Conflict):
        archive.change_incident(replace(opened, owner="ben"), event(now + timedelta(minutes=2), "assign"))
    assert archive.incident("i1") == changed
    assert [e.action for e in archive.incident_log("i1")] == ["open", "assign"]


def test_an_incident_opens_once(archive, now):
    archive.open_incident(incident(now), event(now))
    with pytest.raises(Conflict):
        archive.open_incident(incident(now), event(now))


def test_incidents_are_listed_by_state_and_market(archive, now):
    archive.open_incident(incident(now), event(now))
    assert [x.id for x in archive.incidents(("new",), "DE")] == ["i1"]
    assert archive.incidents(("closed",)) == []
    assert archive.incidents((), "AT") == []
    assert archive.incident("i2") is None
