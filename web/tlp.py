"""The Traffic Light Protocol (FIRST, TLP 2.0): how far what is marked may go."""

from collections.abc import Iterable, Sequence

from starlette.requests import Request

from domain.model import TLP, Incident, TriageEvent
from web.desk import Desk
from web.mentions import named_in
from web.roles import ADMIN, ANALYST, may, reader


def rank(level: str) -> int:
    """An unknown mark counts as the narrowest."""
    return TLP.index(level) if level in TLP else len(TLP) - 1


def may_go(marked: str, as_level: str) -> bool:
    """Whether something marked so may be in a file that is passed on as `as_level`; RED goes into no file."""
    return marked != "RED" and rank(marked) <= rank(as_level)


def may_see(request: Request, incident: Incident) -> bool:
    """RED is for admins and for those it names: its owner, and whoever took part or was mentioned in its log."""
    if rank(incident.tlp) < rank("RED") or incident.owner == reader(request) or may(request, ADMIN):
        return True
    name = reader(request)
    return is_named(request, incident) or any(event.by == name for event in log_of(request, incident))


def may_acknowledge(request: Request, incident: Incident) -> bool:
    """Analysts, and every reader whom a mail on it may have been sent to: its owner, those named in its log, its audiences."""
    name = reader(request)
    if may(request, ANALYST) or incident.owner == name or is_named(request, incident):
        return True
    desk: Desk = request.app.state.desk
    return name in {address.lower() for address in desk.triage.invited(incident)}


def is_named(request: Request, incident: Incident) -> bool:
    """Whether a note of its log calls this reader by @name."""
    name = reader(request)
    return any(name in named_in(event.reason) for event in log_of(request, incident))


def log_of(request: Request, incident: Incident) -> Sequence[TriageEvent]:
    desk: Desk = request.app.state.desk
    return desk.archive.incident_log(incident.id)


def visible(request: Request, incidents: Iterable[Incident]) -> list[Incident]:
    """Those that this reader may see."""
    return [incident for incident in incidents if may_see(request, incident)]
