"""Signing in and out. Failed tries are counted per account and per address; a good one starts a session of its own."""

import secrets
from datetime import datetime, timedelta
from urllib.parse import urlsplit

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from domain.model import Account
from web.desk import Desk
from web.guard import COOKIE, set_mark
from web.page import page
from web.passwords import LONGEST, matches
from web.people import NAME, SESSION, address_of, hash_of

WINDOW = timedelta(minutes=15)
TRIES_PER_NAME, TRIES_PER_ADDRESS = 10, 30
"""Failed tries in `WINDOW` after which nobody is let in: so few that guessing is hopeless, so many that typing is not."""


async def show(request: Request) -> Response:
    return form_page(request)


def form_page(request: Request, status: int = 200, fault: str = "", next_page: str = "") -> Response:
    wanted = next_page or request.query_params.get("next", "/")
    offered = request.app.state.desk.entrance.provider is not None
    return page(request, "sign_in.html", status, fault=fault, next_page=own_page(wanted), provider=offered)


async def sign_in(request: Request) -> Response:
    """Lets in by name and password. Whoever is refused does not learn whether the name or the password was wrong."""
    form = await request.form()
    name, password = str(form.get("name", "")).strip().lower(), str(form.get("password", ""))
    next_page = own_page(str(form.get("next", "/")))
    return await run_in_threadpool(_signed_in, request, name, password, next_page)


def _signed_in(request: Request, name: str, password: str, next_page: str) -> Response:
    desk: Desk = request.app.state.desk
    now = desk.clock()
    with desk.entrance.signing_in:  # one at a time: a slow hash is costly, and so no try slips past the count
        sources = (f"name:{name}", f"from:{address_of(request, desk.entrance.proxy)}")
        if is_shut(desk, sources, now):
            answer = form_page(request, 429, "too_many_tries", next_page)
            answer.headers["Retry-After"] = str(int(WINDOW.total_seconds()))
            return answer
        account = desk.archive.account(name) if NAME.fullmatch(name) else None
        if not _fits(account, password):
            for source in sources:
                desk.archive.note_attempt(hash_of(source), now)
            return form_page(request, 401, "wrong_password", next_page)
    return admitted(request, name, next_page)


def is_shut(desk: Desk, sources: tuple[str, str], now: datetime) -> bool:
    """Whether too many tries of this name, or from this address, failed of late."""
    counts = [desk.archive.attempts(hash_of(source), now - WINDOW) for source in sources]
    return counts[0] >= TRIES_PER_NAME or counts[1] >= TRIES_PER_ADDRESS


def _fits(account: Account | None, password: str) -> bool:
    right = matches(account.password_hash if account else "", password[:LONGEST])
    return right and account is not None and not account.disabled


def admitted(request: Request, name: str, next_page: str) -> Response:
    """A new session and a new mark: what a browser held before it signed in is worth nothing after it."""
    desk: Desk = request.app.state.desk
    now, secret = desk.clock(), secrets.token_urlsafe(32)
    if old := request.cookies.get(SESSION):
        desk.archive.close_sessions(secret_hash=hash_of(old))
    desk.archive.open_session(hash_of(secret), name, now, now + desk.entrance.idle)
    desk.archive.note(name, "signed in", name, {}, now)
    answer = RedirectResponse(next_page, 303)
    longest = int(desk.entrance.longest.total_seconds())
    answer.set_cookie(
        SESSION, secret, httponly=True, samesite="lax", secure=desk.entrance.secure, max_age=longest
    )
    if COOKIE in request.cookies:  # else the guard gives the first one
        set_mark(answer, desk.new_mark(), desk)
    return answer


def sign_out(request: Request) -> Response:
    desk: Desk = request.app.state.desk
    if secret := request.cookies.get(SESSION):
        desk.archive.close_sessions(secret_hash=hash_of(secret))
    answer = RedirectResponse("/sign-in", 303)
    answer.delete_cookie(SESSION)
    answer.headers["Clear-Site-Data"] = '"cache"'
    return answer


def own_page(wanted: str) -> str:
    """An address of this room, "/" for any other: nobody is led elsewhere by a link to the sign-in page."""
    if not wanted.startswith("/") or wanted.startswith("//") or not wanted.isprintable() or "\\" in wanted:
        return "/"
    parts = urlsplit(wanted)
    return wanted if not parts.scheme and not parts.netloc else "/"
