"""An incident's report, read by people."""

from datetime import UTC, datetime, timedelta

from digest.formats.text import render
from digest.incident import IncidentFacts, Spread, brief_incident, lags
from domain.model import Incident, IncidentState, TriageEvent

SEEN = datetime(2026, 11, 27, 19, 30, tzinfo=UTC)
INCIDENT = Incident(
    id="DE-1", title="youth_safety · DE · 2026-11-27", market="DE", severity=4, state=IncidentState.ESCALATED,
    opened_at=SEEN, owner="Rita Berg", acknowledged_at=SEEN + timedelta(minutes=10),
)  # fmt: skip


def event(minutes: int, action: str, reason: str = "", before: str = "", after: str = "") -> TriageEvent:
    return TriageEvent(
        incident_id="DE-1", at=SEEN + timedelta(minutes=minutes), by="Ute Kern", action=action, reason=reason,
        before=before, after=after,
    )  # fmt: skip


FACTS = IncidentFacts(
    incident=INCIDENT,
    log=(
        event(0, "open", "17 publishers where 0.8 were expected (q = 1.7e-05); holds"),
        event(90, "state", "", "verifying", "escalated"),
        event(95, "note", "action: Stellungnahme | owner: Comms | due: 2026-11-30 | lever: Comms"),
    ),
    spread=(Spread(SEEN - timedelta(hours=5), SEEN, "Blatt", "Blatt", "a", "media", "DE"),),
    reports={},
    as_of=SEEN + timedelta(hours=8),
)


def text() -> str:
    return " ".join(render(brief_incident(FACTS, "de")).decode().split())


def test_steps_stand_in_the_order_in_which_they_happened() -> None:
    held = lags(FACTS)
    assert held["acknowledged"] < held["escalated"]  # type: ignore[operator]
    told = text()
    assert told.index("bestätigt Fr.") < told.index("eskaliert Fr.")
    assert "-" not in told[told.index("bestätigt Fr.") : told.index("5 Behauptungen")].replace("----", "")


def test_a_signals_reasons_come_without_statistics_and_with_the_readers_decimals() -> None:
    assert "17 publishers where 0,8 were expected; holds" in text()
    assert "q =" not in text()


def test_dates_and_titles_are_written_as_people_write_them() -> None:
    assert "30.\u00a0Nov.\u00a02026" in text() or "30. Nov. 2026" in text()
    assert "Vorfall: Kinder- und Jugendschutz (Deutschland, 27. Nov.)" in text()
