"""One's own account: password, sessions, tokens for programs, and how many sensitive texts one unfolded today."""

from dataclasses import replace
from datetime import timedelta

from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from domain.errors import ConfigError
from domain.model import Account
from web.asked import number
from web.desk import Desk
from web.page import page
from web.passwords import hashed, matches
from web.roles import reader
from web.scopes import SCOPES, scopes_of
from web.tokens import new_token

DAY = timedelta(days=1)
LONGEST_TOKEN_DAYS = 366


def show(request: Request) -> Response:
    return _page(request)


def _page(request: Request, status: int = 200, **facts: str) -> Response:
    desk: Desk = request.app.state.desk
    name, now = reader(request), desk.clock()
    account = desk.archive.account(name)
    return page(
        request,
        "own.html",
        status,
        account=account,
        tokens=desk.archive.tokens(name),
        exposures=desk.archive.exposures(name, now - DAY),
        scopes=scopes_of(request.state.person.role),
        **{"secret": "", "fault": "", **facts},
    )


async def change_password(request: Request) -> Response:
    """The old one is asked for; all sessions of the account end, this one too."""
    form = await request.form()
    old, new = str(form.get("old", "")), str(form.get("new", ""))
    return await run_in_threadpool(_password_changed, request, old, new)


def _password_changed(request: Request, old: str, new: str) -> Response:
    desk: Desk = request.app.state.desk
    account = _account(request)
    if not matches(account.password_hash, old):
        return _page(request, 422, fault="wrong_password")
    try:
        kept = hashed(new, account.name)
    except ConfigError:
        return _page(request, 422, fault="weak_password")
    desk.archive.keep_account(replace(account, password_hash=kept))
    desk.archive.close_sessions(name=account.name)
    return RedirectResponse("/sign-in", 303)


def _account(request: Request) -> Account:
    account: Account | None = request.app.state.desk.archive.account(reader(request))
    if account is None:
        raise HTTPException(404)
    return account


def end_sessions(request: Request) -> Response:
    """Signs out everywhere."""
    request.app.state.desk.archive.close_sessions(name=reader(request))
    return RedirectResponse("/sign-in", 303)


async def add_token(request: Request) -> Response:
    """A token of one's own, with scopes within one's role; its secret is shown once."""
    desk: Desk = request.app.state.desk
    form = await request.form()
    allowed = scopes_of(request.state.person.role)
    wanted = tuple(s for s in SCOPES if s in form.getlist("scope") and s in allowed)
    days = number(str(form.get("days", "")), 1, LONGEST_TOKEN_DAYS)
    token, secret = new_token(
        _account(request).name, str(form.get("name", ""))[:64], wanted, desk.clock(), days
    )
    desk.archive.keep_token(token)
    return _page(request, secret=secret)


def drop_token(request: Request) -> Response:
    """Only one's own."""
    desk: Desk = request.app.state.desk
    wanted = request.path_params["token_id"]
    if wanted not in {token.id for token in desk.archive.tokens(reader(request))}:
        raise HTTPException(404)
    desk.archive.drop_token(wanted)
    return RedirectResponse("/me", 303)
