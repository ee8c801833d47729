"""The Traffic Light Protocol (FIRST, TLP 2.0): how far what is marked may go."""

from starlette.requests import Request

from domain.model import Incident
from web.roles import ADMIN, may, reader

LEVELS = ("CLEAR", "GREEN", "AMBER", "AMBER+STRICT", "RED")
"""From the widest circle to the narrowest."""


def rank(level: str) -> int:
    """An unknown mark counts as the narrowest."""
    return LEVELS.index(level) if level in LEVELS else len(LEVELS) - 1


def may_go(marked: str, as_level: str) -> bool:
    """Whether something marked so may be in a file that is passed on as `as_level`; RED goes into no file."""
    return marked != "RED" and rank(marked) <= rank(as_level)


def may_see(request: Request, incident: Incident) -> bool:
    """RED is for its owner and for admins; everything else for whoever may read incidents."""
    return rank(incident.tlp) < rank("RED") or incident.owner == reader(request) or may(request, ADMIN)
