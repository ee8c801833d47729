"""Incidents, latest first; one incident with its log. TLP:RED is for those it names: its owner and admins."""

from typing import Any

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from domain.model import Incident, IncidentState, TriageEvent
from web.api import given
from web.api.answers import answer, walked
from web.desk import Desk
from web.tlp import may_see, visible


def many(request: Request) -> Response:
    desk: Desk = request.app.state.desk
    state = given.one_of(request, "state", [state.value for state in IncidentState])
    incidents = desk.archive.incidents((state,) if state else (), given.text(request, "market"))
    seen = sorted(visible(request, incidents), key=place, reverse=True)
    return walked(request, seen, place, shape)


def place(incident: Incident) -> str:
    return f"{incident.opened_at.isoformat()} {incident.id}"


def one(request: Request) -> Response:
    desk: Desk = request.app.state.desk
    incident = desk.archive.incident(request.path_params["incident_id"])
    if incident is None or not may_see(request, incident):
        raise HTTPException(404, "there is no such incident")
    log = [shape_of_event(event) for event in desk.archive.incident_log(incident.id)]
    return answer(request, {**shape(incident), "log": log})


def shape(incident: Incident) -> dict[str, Any]:
    return {
        "id": incident.id,
        "title": incident.title,
        "market": incident.market,
        "severity": incident.severity,
        "state": incident.state.value,
        "tlp": incident.tlp,
        "opened_at": incident.opened_at,
        "owner": incident.owner,
        "due_at": incident.due_at,
        "acknowledged_at": incident.acknowledged_at,
        "audience": list(incident.audience),
        "story_ids": list(incident.story_ids),
        "signal_ids": list(incident.signal_ids),
        "item_ids": list(incident.item_ids),
        "version": incident.version,
    }


def shape_of_event(event: TriageEvent) -> dict[str, Any]:
    return {
        "at": event.at,
        "by": event.by,
        "action": event.action,
        "reason": event.reason,
        "before": event.before,
        "after": event.after,
    }
