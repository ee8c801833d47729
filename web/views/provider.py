"""Signing in by a provider: out to it, and back with its word."""

import hmac
import logging

from itsdangerous import BadData, URLSafeTimedSerializer
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from domain.model import Account
from web.desk import Desk
from web.oidc import Provider, ProviderError, marks
from web.people import NAME
from web.views.entry import admitted, form_page, own_page

logger = logging.getLogger(__name__)
COOKIE = "signing-in"
KEPT_SECONDS = 600
"""How long somebody may take at the provider."""


def provider_of(desk: Desk) -> Provider:
    if desk.entrance.provider is None:
        raise HTTPException(404)
    return desk.entrance.provider


def begin(request: Request) -> Response:
    """To the provider; what this sign-in must come back with is kept in a signed cookie."""
    desk: Desk = request.app.state.desk
    provider, fresh = provider_of(desk), marks()
    try:
        place = provider.way_out(fresh["state"], fresh["nonce"], fresh["verifier"])
    except ProviderError as error:
        return failed(request, error)
    answer = RedirectResponse(place, 303)
    kept = signer(desk).dumps({**fresh, "next": own_page(request.query_params.get("next", "/"))})
    answer.set_cookie(
        COOKIE,
        kept,
        httponly=True,
        samesite="lax",
        secure=desk.entrance.secure,
        max_age=KEPT_SECONDS,
        path="/sign-in",
    )
    return answer


async def back(request: Request) -> Response:
    """From the provider, with a code that it gives a name for."""
    desk: Desk = request.app.state.desk
    provider = provider_of(desk)
    try:
        kept = signer(desk).loads(request.cookies.get(COOKIE, ""), max_age=KEPT_SECONDS)
    except BadData:
        return form_page(request, 401, "provider_failed")
    state, code = request.query_params.get("state", ""), request.query_params.get("code", "")
    if not code or not hmac.compare_digest(state.encode(), kept["state"].encode()):
        return form_page(request, 401, "provider_failed", kept["next"])
    try:
        name = await run_in_threadpool(
            provider.name_behind, code, kept["nonce"], kept["verifier"], desk.clock()
        )
    except ProviderError as error:
        return failed(request, error)
    if not await run_in_threadpool(may_enter, desk, name, provider.new_role):
        return form_page(request, 403, "provider_stranger", kept["next"])
    answer = await run_in_threadpool(admitted, request, name, kept["next"])
    answer.delete_cookie(COOKIE, path="/sign-in")
    return answer


def may_enter(desk: Desk, name: str, new_role: str) -> bool:
    """Whether there is such an account, made at the first visit where the settings say so."""
    account = desk.archive.account(name) if NAME.fullmatch(name) else None
    if account is None and new_role and NAME.fullmatch(name):
        account = Account(name=name, role=new_role, created_at=desk.clock())
        desk.archive.keep_account(account)
        desk.archive.note(name, "account made", "provider", {"role": new_role}, desk.clock())
    return account is not None and not account.disabled


def failed(request: Request, error: ProviderError) -> Response:
    logger.warning("sign-in provider failed error=%s", error)
    return form_page(request, 502, "provider_failed")


def signer(desk: Desk) -> URLSafeTimedSerializer:
    return URLSafeTimedSerializer(desk.secret, salt="provider")
