"""Before every page: is it our host, who is reading, and does a change carry its token? The doors decide who may pass."""

import hmac
from collections.abc import Awaitable, Callable
from hashlib import sha256
from urllib.parse import urlsplit

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response

from web.desk import Desk
from web.people import SESSION, recognised

Handler = Callable[[Request], Awaitable[Response]]
COOKIE = "room"
COOKIE_SECONDS = 30 * 86400
TOKEN_FIELD = "token"
LARGEST_FORM_OCTETS = 256 * 1024
SAFE = ("GET", "HEAD", "OPTIONS")


def token_for(secret: str, visitor: str) -> str:
    """The token that a form of this visitor carries."""
    return hmac.digest(secret.encode(), visitor.encode(), sha256).hex()


def visitor_of(request: Request) -> str:
    """The browser's own mark; "" before its first page."""
    return request.cookies.get(COOKIE, "")


def is_from_elsewhere(request: Request) -> bool:
    """Whether another site's page sent this; a browser tells by Origin."""
    origin = request.headers.get("origin", "")
    return bool(origin) and urlsplit(origin).netloc != request.headers.get("host", "")


async def guarded(request: Request, handler: Handler) -> Response:
    """Refuses hosts and writes that are not ours; gives every browser a mark of its own."""
    desk: Desk = request.app.state.desk
    if host_of(request) not in desk.hosts:
        return PlainTextResponse("unknown host", 421)
    visitor = visitor_of(request) or desk.new_mark()
    request.state.form_token = token_for(desk.secret, visitor + request.cookies.get(SESSION, ""))
    request.state.person = await run_in_threadpool(recognised, request, desk)
    if request.method not in SAFE and (refusal := await refusal_of_form(request)):
        return refusal
    response = await handler(request)
    if visitor != visitor_of(request):
        set_mark(response, visitor, desk)
    return response


def host_of(request: Request) -> str | None:
    """The name that the reader asked for; None for one that is no name."""
    try:
        return urlsplit(f"//{request.headers.get('host', '')}").hostname
    except ValueError:
        return None


async def refusal_of_form(request: Request) -> Response | None:
    """None for a change that one of our own pages asks for."""
    length = request.headers.get("content-length", "0")
    if "transfer-encoding" in request.headers or not length.isdigit():
        return PlainTextResponse("say how long this form is", 411)
    if int(length) > LARGEST_FORM_OCTETS:
        return PlainTextResponse("this form is too large", 413)
    await request.body()  # kept, so that the page behind this door can read the form again
    form = await request.form()
    given = str(form.get(TOKEN_FIELD, ""))
    if is_from_elsewhere(request) or not hmac.compare_digest(
        given.encode(), request.state.form_token.encode()
    ):
        return PlainTextResponse("this form is too old or came from elsewhere: load the page again", 403)
    return None


def set_mark(response: Response, visitor: str, desk: Desk) -> None:
    """The mark is no secret of a person: it only ties a form to the browser that loaded it."""
    response.set_cookie(
        COOKIE, visitor, httponly=True, samesite="lax", secure=desk.entrance.secure, max_age=COOKIE_SECONDS
    )
