"""Incidents and their decision log, on SQLite."""

import json
from collections.abc import Sequence
from typing import Any

from domain.errors import Conflict, StorageError
from domain.model import Incident, IncidentState, TriageEvent
from storage.rows import compact
from storage.sqlite.connection import Connections
from storage.times import from_text, from_text_or_none, to_text, to_text_or_none

INCIDENT_COLUMNS = (
    "incident_id, version, title, market, severity, state, opened_at, owner, due_at, acknowledged_at, audience, tlp, "
    "story_ids, signal_ids, item_ids"
)
INCIDENT = f"SELECT {INCIDENT_COLUMNS} FROM incident WHERE incident_id = ? AND valid_to IS NULL"
INCIDENTS = f"""
SELECT {INCIDENT_COLUMNS} FROM incident
WHERE valid_to IS NULL AND (:market = '' OR market = :market)
  AND (:states = '[]' OR state IN (SELECT value FROM json_each(:states)))
ORDER BY severity DESC, opened_at, incident_id
"""
INCIDENT_CLOSE = "UPDATE incident SET valid_to = ? WHERE incident_id = ? AND version = ? AND valid_to IS NULL"
INCIDENT_ADD = f"INSERT INTO incident ({INCIDENT_COLUMNS}, valid_from) VALUES ({', '.join('?' * 16)})"
EVENT_ADD = """
INSERT INTO triage_event (incident_id, at, by, action, reason, before, after) VALUES (?, ?, ?, ?, ?, ?, ?)
"""
EVENTS = "SELECT incident_id, at, by, action, reason, before, after FROM triage_event WHERE incident_id = ? ORDER BY id"


class Triage(Connections):
    """Keeps each version of an incident and every decision on it."""

    def open_incident(self, incident: Incident, event: TriageEvent) -> Incident:
        """Raises Conflict when an incident of this id is there already."""
        with self.transaction():
            if self.row(INCIDENT, (incident.id,)):
                raise Conflict(f"incident {incident.id} is already open", remedy="read it, then change it")
            self.run(INCIDENT_ADD, (*_values(incident, incident.version), to_text(event.at)))
            self._log(event)
        return incident

    def change_incident(self, incident: Incident, event: TriageEvent) -> Incident:
        """Keeps the change if `incident.version` is still the stored one; returns it with the next version.

        Raises Conflict when somebody else was faster.
        """
        with self.transaction():
            if not self.run(INCIDENT_CLOSE, (to_text(event.at), incident.id, incident.version)):
                self._refuse(incident)
            self.run(INCIDENT_ADD, (*_values(incident, incident.version + 1), to_text(event.at)))
            self._log(event)
        changed = self.incident(incident.id)
        assert changed is not None
        return changed

    def _refuse(self, incident: Incident) -> None:
        held = self.incident(incident.id)
        if held is None:
            raise StorageError(f"there is no incident {incident.id}", remedy="see `lagebild triage list`")
        raise Conflict(
            f"incident {incident.id} was changed: version {held.version}, not {incident.version}",
            remedy="read it again and repeat the change",
        )

    def note_event(self, event: TriageEvent) -> None:
        """Adds a line to the log without a change: a comment, a view."""
        self._log(event)

    def _log(self, event: TriageEvent) -> None:
        line = (
            event.incident_id,
            to_text(event.at),
            event.by,
            event.action,
            event.reason,
            event.before,
            event.after,
        )
        self.run(EVENT_ADD, line)

    def incident(self, incident_id: str) -> Incident | None:
        row = self.row(INCIDENT, (incident_id,))
        return _incident(row) if row else None

    def incidents(self, states: Sequence[str] = (), market: str = "") -> Sequence[Incident]:
        """Severest first, then longest open."""
        return [
            _incident(row)
            for row in self.rows(INCIDENTS, {"states": compact(list(states)), "market": market})
        ]

    def incident_log(self, incident_id: str) -> Sequence[TriageEvent]:
        """Oldest first."""
        return [
            TriageEvent(
                incident_id=row[0],
                at=from_text(row[1]),
                by=row[2],
                action=row[3],
                reason=row[4],
                before=row[5],
                after=row[6],
            )
            for row in self.rows(EVENTS, (incident_id,))
        ]


def _values(incident: Incident, version: int) -> tuple[Any, ...]:
    return (
        incident.id,
        version,
        incident.title,
        incident.market,
        incident.severity,
        incident.state.value,
        to_text(incident.opened_at),
        incident.owner,
        to_text_or_none(incident.due_at),
        to_text_or_none(incident.acknowledged_at),
        compact(list(incident.audience)),
        incident.tlp,
        compact(list(incident.story_ids)),
        compact(list(incident.signal_ids)),
        compact(list(incident.item_ids)),
    )


def _incident(row: tuple[Any, ...]) -> Incident:
    return Incident(
        id=row[0],
        version=row[1],
        title=row[2],
        market=row[3],
        severity=row[4],
        state=IncidentState(row[5]),
        opened_at=from_text(row[6]),
        owner=row[7],
        due_at=from_text_or_none(row[8]),
        acknowledged_at=from_text_or_none(row[9]),
        audience=tuple(json.loads(row[10])),
        tlp=row[11],
        story_ids=tuple(json.loads(row[12])),
        signal_ids=tuple(json.loads(row[13])),
        item_ids=tuple(json.loads(row[14])),
    )
