"""Incidents: a board by state, one page each with its log, and forms that move them.

A step is taken on the version that its reader saw. Who came second sees what the first one changed, with their own words
still in the form; notes and links commute and are never asked for again.
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from markupsafe import Markup
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from domain.errors import Conflict
from domain.model import TLP, Incident, IncidentState
from web.desk import Desk
from web.mentions import marked, named_in
from web.page import page
from web.roles import reader
from web.tlp import may_acknowledge, may_see, visible

LONGEST_FIELD = 2_000
ATTEMPTS = 5
ENDED = (IncidentState.CLOSED, IncidentState.DISMISSED)
FOR_ME = "me"


def board(request: Request) -> Response:
    desk: Desk = request.app.state.desk
    asked = request.query_params
    who, audience = reader(request), asked.get("audience", "")
    incidents = visible(request, desk.archive.incidents((), asked.get("market", "")))
    if audience:
        incidents = [i for i in incidents if audience in i.audience]
    if asked.get("for") == FOR_ME:
        incidents = [i for i in incidents if concerns(desk, i, who)]
    by_state = {state.value: [i for i in incidents if i.state is state] for state in IncidentState}
    return page(
        request,
        "incidents.html",
        by_state=by_state,
        market=asked.get("market", ""),
        markets=list(desk.zones),
        audience=audience,
        audiences=desk.triage.audiences,
        for_me=asked.get("for") == FOR_ME,
        given={name: asked.get(name, "") for name in ("title", "signal", "item", "story")},
    )


def concerns(desk: Desk, incident: Incident, who: str) -> bool:
    """Whether it is theirs, or a note of an open one names them."""
    if incident.owner == who:
        return True
    if incident.state in ENDED:
        return False
    return any(who.lower() in named_in(event.reason) for event in desk.archive.incident_log(incident.id))


async def open_one(request: Request) -> Response:
    desk: Desk = request.app.state.desk
    incident, event = desk.triage.open(reader(request), await fields(request), desk.clock())
    kept = desk.archive.open_incident(incident, event)
    desk.triage.concerned(None, kept, event)
    return RedirectResponse(f"/incident/{kept.id}", 303)


def show(request: Request) -> Response:
    return shown(request, seen_by(request, request.path_params["incident_id"]), {})


def shown(request: Request, incident: Incident, given: Mapping[str, str], status: int = 200) -> Response:
    """The incident as it is now; `given` is what a reader had written when somebody else was faster."""
    desk: Desk = request.app.state.desk
    tags = desk.archive.annotations(incident.item_ids, "topic")
    stories = desk.archive.stories_by_id(incident.story_ids)
    facts: dict[str, Any] = {
        "log": desk.archive.incident_log(incident.id),
        "items": desk.archive.items(incident.item_ids),
        "topics": {name: [t.label for t in held if not t.suppressed] for name, held in tags.items()},
        "stories": [story for story in stories if not story.merged_into],
    }
    return page(
        request,
        "incident.html",
        status,
        incident=incident,
        next_states=desk.triage.next_states(incident),
        audiences=desk.triage.audiences,
        tlp_levels=TLP,
        people=[account.name for account in desk.archive.accounts() if not account.disabled],
        said=lambda text: marked(text, reader(request)) if text else Markup(""),
        given=given,
        conflict=bool(given),
        may_acknowledge=may_acknowledge(request, incident),
        **facts,
    )


async def acknowledge(request: Request) -> Response:
    """From the page that a mail leads to: also by a reader whom the incident concerns."""
    incident = seen_by(request, request.path_params["incident_id"])
    if not may_acknowledge(request, incident):
        return page(request, "message.html", 403, message_key="not_yours", detail="analyst")
    return await change(request, "acknowledge")


async def change(request: Request, step: str = "") -> Response:
    """One step, on the version the reader saw; a faster colleague's change is told, never overwritten."""
    desk: Desk = request.app.state.desk
    step_name = step or request.path_params["step"]
    if step_name not in desk.triage.steps:
        raise HTTPException(404)
    given = await fields(request)
    incident = seen_by(request, request.path_params["incident_id"])
    if step_name in desk.triage.commuting:
        step_taken(desk, incident.id, step_name, given, reader(request))
        return RedirectResponse(f"/incident/{incident.id}", 303)
    seen = int(given.get("version", "0")) if given.get("version", "0").isdigit() else 0
    try:
        changed, event = desk.triage.steps[step_name](incident, reader(request), given, desk.clock())
        kept = desk.archive.change_incident(replace(changed, version=seen), event)
    except Conflict:
        return shown(request, named(desk, incident.id), given, 409)
    desk.triage.concerned(incident, kept, event)
    return RedirectResponse(f"/incident/{incident.id}", 303)


def step_taken(desk: Desk, incident_id: str, step: str, given: Mapping[str, str], who: str) -> Incident:
    """A step that commutes: decided again on the newer version until it is kept. Raises Conflict after five races."""
    for attempt in range(ATTEMPTS):
        incident = named(desk, incident_id)
        changed, event = desk.triage.steps[step](incident, who, given, desk.clock())
        try:
            kept = desk.archive.change_incident(changed, event)
        except Conflict:
            if attempt == ATTEMPTS - 1:
                raise
            continue
        desk.triage.concerned(incident, kept, event)
        return kept
    raise AssertionError("unreachable")


async def link_story(request: Request) -> Response:
    """Adds a story to an open incident; links commute, so a faster colleague is no conflict."""
    desk: Desk = request.app.state.desk
    given = {**await fields(request), "story": request.path_params["story_id"]}
    wanted = seen_by(request, given.get("incident", ""))
    kept = step_taken(desk, wanted.id, "link", given, reader(request))
    return RedirectResponse(f"/incident/{kept.id}", 303)


def seen_by(request: Request, incident_id: str) -> Incident:
    """The incident, if this reader may see it. Raises HTTPException 404."""
    incident = named(request.app.state.desk, incident_id)
    if not may_see(request, incident):
        raise HTTPException(404)
    return incident


def named(desk: Desk, incident_id: str) -> Incident:
    incident = desk.archive.incident(incident_id)
    if incident is None:
        raise HTTPException(404)
    return incident


async def fields(request: Request) -> Mapping[str, str]:
    """The form's texts, cut to a sane length; several values of one name are joined by commas."""
    form = await request.form()
    names = dict.fromkeys(form.keys())
    said = {name: [value for value in form.getlist(name) if isinstance(value, str)] for name in names}
    return {name: ",".join(values)[:LONGEST_FIELD] for name, values in said.items()}
