"""Incidents: a board by state, one page each with its log, and forms that move them."""

from collections.abc import Mapping

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from domain.model import Incident, IncidentState
from web.desk import Desk
from web.page import page, reader

LONGEST_FIELD = 2_000


def board(request: Request) -> Response:
    desk: Desk = request.app.state.desk
    market = request.query_params.get("market", "")
    incidents = desk.archive.incidents((), market)
    by_state = {state.value: [i for i in incidents if i.state is state] for state in IncidentState}
    given = {name: request.query_params.get(name, "") for name in ("title", "signal", "item", "story")}
    return page(
        request, "incidents.html", by_state=by_state, market=market, markets=list(desk.zones), given=given
    )


async def open_one(request: Request) -> Response:
    desk: Desk = request.app.state.desk
    incident, event = desk.triage.open(reader(request), await fields(request), desk.clock())
    kept = desk.archive.open_incident(incident, event)
    return RedirectResponse(f"/incident/{kept.id}", 303)


def show(request: Request) -> Response:
    desk: Desk = request.app.state.desk
    incident = named(desk, request.path_params["incident_id"])
    return page(
        request,
        "incident.html",
        incident=incident,
        log=desk.archive.incident_log(incident.id),
        items=desk.archive.items(incident.item_ids),
        next_states=desk.triage.next_states(incident),
        audiences=desk.triage.audiences,
    )


async def change(request: Request) -> Response:
    """One step, on the version the reader saw; a faster colleague's change is told, never overwritten."""
    desk: Desk = request.app.state.desk
    step = desk.triage.steps.get(request.path_params["step"])
    if step is None:
        raise HTTPException(404)
    given = await fields(request)
    seen = int(given.get("version", "0")) if given.get("version", "0").isdigit() else 0
    incident = named(desk, request.path_params["incident_id"])
    changed, event = step(incident, reader(request), given, desk.clock())
    desk.archive.change_incident(at_version(changed, seen), event)
    return RedirectResponse(f"/incident/{incident.id}", 303)


async def link_story(request: Request) -> Response:
    """Adds a story to an open incident; links commute, so a faster colleague is no conflict."""
    desk: Desk = request.app.state.desk
    given = {**await fields(request), "story": request.path_params["story_id"]}
    incident = named(desk, given.get("incident", ""))
    changed, event = desk.triage.steps["link"](incident, reader(request), given, desk.clock())
    desk.archive.change_incident(changed, event)
    return RedirectResponse(f"/incident/{incident.id}", 303)


def at_version(incident: Incident, seen: int) -> Incident:
    """The change as of the version that was seen, so that the archive can tell whether it is still the latest."""
    from dataclasses import replace

    return replace(incident, version=seen)


def named(desk: Desk, incident_id: str) -> Incident:
    incident = desk.archive.incident(incident_id)
    if incident is None:
        raise HTTPException(404)
    return incident


async def fields(request: Request) -> Mapping[str, str]:
    """The form's texts, cut to a sane length."""
    form = await request.form()
    return {name: value[:LONGEST_FIELD] for name, value in form.items() if isinstance(value, str)}
