"""Opens the reading room: joins archive, names, triage rules and the digest's page into one application."""

from collections.abc import Mapping
from datetime import datetime
from zoneinfo import ZoneInfo

from starlette.applications import Starlette

from digest.formats.html import render
from digest.kept import with_numbers
from domain.errors import ConfigError
from domain.model import Incident, IncidentState
from lagebild.labels import names
from lagebild.room.reasons import spoken
from lagebild.room.shield import shield
from lagebild.room.stories import storytelling
from lagebild.triage import AUDIENCES, NEXT, Change, assign, due_at, link, note, open_incident, set_state
from lagebild.workshop import Workshop
from web.app import create_app
from web.desk import Desk, Triage

LOOPBACK = ("127.0.0.1", "localhost", "::1")
Fields = Mapping[str, str]


def room(workshop: Workshop) -> Starlette:
    """The application over this archive. Raises ConfigError for an address that others could reach."""
    settings = workshop.settings
    if settings.web.host not in LOOPBACK:
        remedy = "set web.host to 127.0.0.1 and put a proxy that signs people in before it"
        raise ConfigError(
            f"the reading room has no accounts yet and will not listen on {settings.web.host}", remedy=remedy
        )
    zones: dict[str, str] = {edition.market: edition.zone for edition in settings.publish.editions}
    desk = Desk(
        archive=workshop.archive,
        clock=workshop.clock,
        sources=workshop.sources,
        zones=zones,
        names=names(),
        triage=triage(zones),
        render=lambda body: render(with_numbers(workshop.archive, body)),
        shield=shield(),
        speak=spoken,
        stories=storytelling(workshop.archive),
    )
    return create_app(desk)


def triage(zones: Mapping[str, str]) -> Triage:
    """The rules of `lagebild.triage` as steps of forms."""

    def opening(by: str, given: Fields, now: datetime) -> Change:
        market, severity = given.get("market", "DE"), int(given.get("severity") or 3)
        due = due_at(severity, now, ZoneInfo(zones.get(market, "Europe/Berlin")))
        return open_incident(
            given.get("title", ""),
            market,
            severity,
            by=by,
            now=now,
            due=due,
            signal_ids=_one(given.get("signal", "")),
            item_ids=_one(given.get("item", "")),
            story_ids=_one(given.get("story", "")),
        )

    steps = {"state": _state, "assign": _assign, "note": _note, "acknowledge": _acknowledge, "link": _link}
    return Triage(open=opening, steps=steps, next_states=_next_states, audiences=AUDIENCES)


def _one(value: str) -> tuple[str, ...]:
    return (value,) if value else ()


def _state(incident: Incident, by: str, given: Fields, now: datetime) -> Change:
    return set_state(
        incident, IncidentState(given.get("state", "")), by=by, now=now, reason=given.get("reason", "")
    )


def _assign(incident: Incident, by: str, given: Fields, now: datetime) -> Change:
    return assign(incident, given.get("owner", ""), by=by, now=now)


def _note(incident: Incident, by: str, given: Fields, now: datetime) -> Change:
    return note(incident, given.get("note", ""), by=by, now=now)


def _link(incident: Incident, by: str, given: Fields, now: datetime) -> Change:
    return link(
        incident,
        by=by,
        now=now,
        story_ids=_one(given.get("story", "")),
        signal_ids=_one(given.get("signal", "")),
        item_ids=_one(given.get("item", "")),
    )


def _acknowledge(incident: Incident, by: str, given: Fields, now: datetime) -> Change:
    return assign(incident, incident.owner or by, by=by, now=now)


def _next_states(incident: Incident) -> tuple[str, ...]:
    return tuple(state.value for state in NEXT[incident.state])
