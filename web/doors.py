"""Doors: routes that say who may pass, and what the audit log is told of those who did."""

import logging
from typing import Any
from urllib.parse import urlencode

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import PlainTextResponse, RedirectResponse, Response
from starlette.routing import Mount, Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from domain.errors import LagebildError
from web.page import page
from web.problem import problem
from web.roles import ANYONE, Person, Role, reader

logger = logging.getLogger(__name__)
SIGN_IN = "/sign-in"
API = "/api/"
LONGEST_TOLD = 200


class Door(Route):
    """A route for those of at least `role`.

    `told` is the action that the audit log is told when somebody passed ("" for none). A token of a program passes only
    where the door names a `scope` that the token has.
    """

    def __init__(
        self, path: str, endpoint: Any, role: Role, *, told: str = "", scope: str = "", **more: Any
    ) -> None:
        super().__init__(path, endpoint, **more)
        self.role, self.told, self.scope = role, told, scope

    async def handle(self, scope: Scope, receive: Receive, send: Send) -> None:
        await passed(self, super().handle, scope, receive, send)


class Wing(Mount):
    """Another application below a path, for those of at least `role`."""

    def __init__(self, path: str, app: ASGIApp, role: Role, *, told: str = "", scope: str = "") -> None:
        super().__init__(path, app)
        self.role, self.told, self.scope = role, told, scope

    async def handle(self, scope: Scope, receive: Receive, send: Send) -> None:
        await passed(self, super().handle, scope, receive, send)


async def passed(door: Door | Wing, handle: ASGIApp, scope: Scope, receive: Receive, send: Send) -> None:
    """Lets through who may pass, refuses others, and tells the audit log after a good answer."""
    request = Request(scope, receive)
    refusal = refusal_of(door, request)
    if refusal is not None:
        await refusal(scope, receive, send)
        return
    status = 500

    async def watched(message: Message) -> None:
        nonlocal status
        if message["type"] == "http.response.start":
            status = message["status"]
        await send(message)

    await handle(scope, receive, watched)
    if door.told and status < 400 and request.method != "HEAD":
        await run_in_threadpool(tell, request, door.told)


def refusal_of(door: Door | Wing, request: Request) -> Response | None:
    """None for those who may pass; others are shown the way in, or told that the door is not theirs."""
    person: Person | None = request.state.person
    if door.role is ANYONE:
        return None
    if person is None:
        return way_in(request)
    if person.role < door.role or (person.scopes is not None and door.scope not in person.scopes):
        return not_yours(request, door)
    return None


def way_in(request: Request) -> Response:
    """A person's browser is led to the sign-in page and back again; a program is told 401."""
    if request.url.path.startswith(API):
        return problem(401, "sign in, or send a token: Authorization: Bearer …", challenge=True)
    if "authorization" in request.headers:
        return PlainTextResponse("this token is wrong or over", 401, {"WWW-Authenticate": "Bearer"})
    accepted = request.headers.get("accept", "*/*")
    if request.method in ("GET", "HEAD") and ("text/html" in accepted or "*/*" in accepted):
        back = request.url.path + (f"?{request.url.query}" if request.url.query else "")
        return RedirectResponse(f"{SIGN_IN}?{urlencode({'next': back})}", 303)
    return PlainTextResponse("sign in first", 401)


def not_yours(request: Request, door: Door | Wing) -> Response:
    """Names what is missing, so that its owner can ask for it."""
    if request.url.path.startswith(API):
        return problem(
            403, f"this needs the role {door.role.name.lower()} and a token of scope {door.scope!r}"
        )
    return page(request, "message.html", 403, message_key="not_yours", detail=door.role.name.lower())


def tell(request: Request, action: str, **facts: Any) -> None:
    """A line in the audit log: who, what, and the ids in the address. A line that cannot be kept is told, not hidden."""
    desk = request.app.state.desk
    subject = "/".join(str(value) for value in request.path_params.values() if isinstance(value, str | int))
    told = {"path": request.url.path[:LONGEST_TOLD], **facts}
    try:
        desk.archive.note(reader(request), action, subject[:LONGEST_TOLD], told, desk.clock())
    except LagebildError as error:
        logger.error("audit line lost action=%s error=%s", action, error)
