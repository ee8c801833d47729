"""Tokens: how a program is let in."""

import secrets
from datetime import datetime, timedelta

from domain.model import Token
from web.people import hash_of

PREFIX = "lb_"
"""Lets scanners for leaked secrets know one of ours."""


def new_token(owner: str, title: str, scopes: tuple[str, ...], now: datetime, days: int) -> tuple[Token, str]:
    """The token, and its secret, which is kept nowhere."""
    secret = f"{PREFIX}{secrets.token_urlsafe(32)}"
    until = now + timedelta(days=days)
    return Token(secrets.token_hex(8), owner, title or "-", scopes, hash_of(secret), now, until), secret
