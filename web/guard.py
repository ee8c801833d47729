"""Who may do what. On loopback without accounts everybody may, and the page says so; every write needs its token."""

import hmac
from collections.abc import Awaitable, Callable
from hashlib import sha256
from urllib.parse import urlsplit

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response

from web.desk import Desk

Handler = Callable[[Request], Awaitable[Response]]
COOKIE = "room"
TOKEN_FIELD = "token"
LARGEST_FORM_OCTETS = 256 * 1024


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
    if urlsplit(f"//{request.headers.get('host', '')}").hostname not in desk.hosts:
        return PlainTextResponse("unknown host", 421)
    visitor = visitor_of(request) or desk.new_mark()
    request.state.form_token = token_for(desk.secret, visitor)
    if request.method not in ("GET", "HEAD", "OPTIONS"):
        if int(request.headers.get("content-length") or 0) > LARGEST_FORM_OCTETS:
            return PlainTextResponse("this form is too large", 413)
        await request.body()  # kept, so that the page behind this door can read the form again
        form = await request.form()
        given = str(form.get(TOKEN_FIELD, ""))
        if is_from_elsewhere(request) or not hmac.compare_digest(given, request.state.form_token):
            return PlainTextResponse("this form is too old or came from elsewhere: load the page again", 403)
    response = await handler(request)
    if visitor != visitor_of(request):
        response.set_cookie(COOKIE, visitor, httponly=True, samesite="strict", max_age=30 * 86400)
    return response
