"""Who hears of a change to an incident by mail: audiences, a new owner, those named in a note; nobody twice."""

from datetime import UTC, datetime

import pytest

from domain.model import Incident, IncidentState, TriageEvent
from lagebild.room.triage import letters, mentioned
from lagebild.settings import Delivery, Settings, Web

NOW = datetime(2026, 11, 28, 7, 0, tzinfo=UTC)
SETTINGS = Settings(
    delivery=Delivery(
        smtp_host="localhost", audiences={"Legal": ("recht@example.org",), "Comms": ("presse@example.org",)}
    ),
    web=Web(base_url="https://lage.example"),
)


def incident(*audience: str, state: IncidentState = IncidentState.NEW, owner: str = "") -> Incident:
    return Incident(
        id="DE-1",
        title="Kinderkonten",
        market="DE",
        severity=4,
        state=state,
        opened_at=NOW,
        audience=audience,
        owner=owner,
    )


def event(action: str, **more: str) -> TriageEvent:
    return TriageEvent(incident_id="DE-1", at=NOW, by="anna@example.org", action=action, **more)


@pytest.mark.parametrize(
    ("before", "after", "what", "hear"),
    [
        (incident("Legal"), incident("Legal", "Comms"), event("audience"), ["presse@example.org"]),
        (
            incident("Legal", "Comms"),
            incident("Legal", "Comms", state=IncidentState.ESCALATED),
            event("state", after="escalated"),
            ["presse@example.org", "recht@example.org"],
        ),
        (
            incident("Legal"),
            incident("Legal"),
            event("note", reason="@ben@example.org bitte"),
            ["ben@example.org"],
        ),
        (incident(), incident(owner="ben@example.org"), event("assign"), ["ben@example.org"]),
        (incident(), incident(owner="anna@example.org"), event("assign"), []),
        (incident("Policy"), incident("Policy", "Safety"), event("audience"), []),
    ],
)
def test_those_concerned_hear(before: Incident, after: Incident, what: TriageEvent, hear: list[str]) -> None:
    told = letters(before, after, what, SETTINGS)
    assert [mail.recipient for mail in told] == hear
    assert all("https://lage.example/incident/DE-1#acknowledge" in mail.body.decode() for mail in told)


def test_without_a_mail_server_nobody_is_written_to() -> None:
    assert letters(incident(), incident("Legal"), event("audience"), Settings()) == []


def test_names_are_found_in_running_text() -> None:
    assert mentioned("Bitte @Anna, @ben.roth. und a@b.example, @c@d.example!") == [
        "anna",
        "ben.roth",
        "c@d.example",
    ]
