"""Roles, and the person who reads."""

from dataclasses import dataclass
from enum import IntEnum

from starlette.requests import Request


class Role(IntEnum):
    """Who may pass a door; each may what those before it may. ANYONE need not be signed in."""

    ANYONE = 0
    READER = 1
    ANALYST = 2
    MAINTAINER = 3
    ADMIN = 4


ANYONE, READER, ANALYST, MAINTAINER, ADMIN = Role
ROLES = tuple(role.name.lower() for role in Role if role)
"""The names of roles that an account can have, least first."""


@dataclass(frozen=True, slots=True)
class Person:
    """Who is reading, and how we know. `scopes` is None for people; a program has only the scopes of its token."""

    name: str
    role: Role
    by: str
    scopes: tuple[str, ...] | None = None


def reader(request: Request) -> str:
    """The name under which what this reader does is kept."""
    person: Person | None = request.state.person
    return person.name if person else ""


def may(request: Request, role: Role) -> bool:
    """Whether this reader has at least that role."""
    person: Person | None = request.state.person
    return person is not None and person.role >= role
