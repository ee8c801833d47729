"""What a program's token may be good for, and from which role on."""

from web.roles import ANALYST, READER, Role

SCOPES = {
    "items:read": READER,
    "stories:read": READER,
    "signals:read": READER,
    "incidents:read": ANALYST,
    "digests:read": READER,
    "sources:read": READER,
    "metrics": READER,
    "export": ANALYST,
    "sql": ANALYST,
}


def scopes_of(role: Role) -> tuple[str, ...]:
    """The scopes that somebody of this role may give to a token."""
    return tuple(scope for scope, least in SCOPES.items() if role >= least)
