"""Who is reading: by token, by a proxy that signs people in, by a session, or, on a machine without accounts, anyone."""

import re
from datetime import datetime, timedelta
from hashlib import sha256

from starlette.requests import Request

from domain.errors import LagebildError
from domain.model import Account
from domain.ports import Archive
from web.desk import Desk
from web.entrance import Proxy
from web.roles import ADMIN, Person, Role

SESSION = "session"
"""The cookie of a session; its value is a secret whose hash alone is kept."""
NAME = re.compile(r"[a-z0-9][a-z0-9._@+-]{0,63}")
LOCAL = "local"
"""The name of whoever reads on a machine without accounts."""
PROLONG_AFTER = 0.1
"""A session is prolonged once this part of its idle time has passed: not a write for every page."""


def hash_of(secret: str) -> str:
    """What the archive keeps of a secret of 256 random bits; such a one needs no slow hash."""
    return sha256(secret.encode()).hexdigest()


def recognised(request: Request, desk: Desk) -> Person | None:
    """Who is reading; None for nobody we know. A wrong token is not mended by a cookie."""
    now = desk.clock()
    sent = request.headers.get("authorization", "")
    if sent:
        return by_token(desk.archive, sent, now)
    proxy = desk.entrance.proxy
    if proxy and proxy.is_peer(peer_of(request)) and (name := request.headers.get(proxy.header, "")):
        return by_proxy(desk.archive, name, proxy, now)
    secret = request.cookies.get(SESSION, "")
    if secret and (person := by_session(desk, secret, now)):
        return person
    return Person(LOCAL, ADMIN, "open") if desk.is_open() else None


def by_token(archive: Archive, sent: str, now: datetime) -> Person | None:
    kind, _, secret = sent.partition(" ")
    token = archive.token(hash_of(secret.strip()), now) if kind.lower() == "bearer" else None
    account = archive.account(token.owner) if token else None
    return Person(account.name, role_of(account), "token", token.scopes) if token and account else None


def by_proxy(archive: Archive, name: str, proxy: Proxy, now: datetime) -> Person | None:
    """The account of that name; made at the first visit where the settings say so."""
    name = name.strip().lower()
    if not NAME.fullmatch(name):
        return None
    account = archive.account(name)
    if account is None and proxy.new_role:
        account = Account(name=name, role=proxy.new_role, created_at=now)
        archive.keep_account(account)
        archive.note(name, "account made", "proxy", {"role": proxy.new_role}, now)
    return Person(name, role_of(account), "proxy") if account and not account.disabled else None


def by_session(desk: Desk, secret: str, now: datetime) -> Person | None:
    archive, kept = desk.archive, hash_of(secret)
    name = archive.session(kept, now)
    account = archive.account(name) if name else None
    if account is None:
        return None
    _prolong(desk, kept, now)
    return Person(account.name, role_of(account), "session")


def _prolong(desk: Desk, secret_hash: str, now: datetime) -> None:
    """Somebody who reads stays signed in; a busy archive is no reason to keep them waiting."""
    times = desk.archive.session_times(secret_hash)
    later = times and prolonged(*times, now, desk.entrance.idle, desk.entrance.longest)
    if later:
        try:
            desk.archive.prolong_session(secret_hash, later)
        except LagebildError:
            return


def prolonged(
    opened: datetime, until: datetime, now: datetime, idle: timedelta, longest: timedelta
) -> datetime | None:
    """The new end of a session, None while the old one is good enough."""
    wanted = min(now + idle, opened + longest)
    return wanted if wanted - until > PROLONG_AFTER * idle else None


def role_of(account: Account) -> Role:
    """An account whose role nobody knows may do nothing."""
    return Role.__members__.get(account.role.upper(), Role.ANYONE)


def peer_of(request: Request) -> str:
    """The address of the other end of the connection; "" when there is none."""
    return request.client.host if request.client else ""


def address_of(request: Request, proxy: Proxy | None) -> str:
    """The reader's address: what our own proxy saw last, else the peer's."""
    peer = peer_of(request)
    if proxy and proxy.is_peer(peer):
        return request.headers.get("x-forwarded-for", peer).rsplit(",", 1)[-1].strip()
    return peer
