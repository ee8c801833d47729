"""The reading room: an archive and a desk in, a web application out."""

import logging
from collections.abc import Awaitable, Callable, Mapping
from importlib.resources import files

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.middleware.base import BaseHTTPMiddleware
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.types import ASGIApp

from domain.errors import Conflict, LagebildError
from web.api.doors import CALLS
from web.desk import Desk
from web.doors import API, Door, Wing
from web.guard import guarded
from web.page import page
from web.problem import problem
from web.roles import ADMIN, ANALYST, ANYONE, MAINTAINER, READER
from web.views import (
    articles,
    briefings,
    dashboard,
    entry,
    exports,
    health,
    incidents,
    intake,
    own,
    people,
    provider,
    review,
    searches,
    searching,
    signals,
    sources,
    stories,
    today,
)

logger = logging.getLogger(__name__)
Handler = Callable[[Request], Awaitable[Response]]

HEADERS: Mapping[str, str] = {
    "Content-Security-Policy": "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self' data:; "
    "connect-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=()",
    "Cache-Control": "no-store",
}


async def asset(request: Request) -> Response:
    """A file of the room itself; its address changes with its content."""
    name = request.path_params["name"]
    types = {
        "style.css": "text/css",
        "sql.css": "text/css",
        "room.js": "text/javascript",
        "parts.js": "text/javascript",
    }
    if name not in types:
        return PlainTextResponse("not found", 404)
    body = files("web").joinpath("static", name).read_bytes()
    return Response(
        body, media_type=types[name], headers={"Cache-Control": "public, max-age=31536000, immutable"}
    )


ROUTES: list[Door] = [
    Door("/", today.show, READER),
    Door("/briefing/{market}/{day}/{language}", briefings.show, READER, told="saw"),
    Door("/search", searching.show, READER),
    Door("/export.{form}", exports.send, ANALYST, scope="export"),
    Door("/item/{item_id}", articles.show, READER, told="saw"),
    Door("/item/{item_id}/label", articles.label, ANALYST, told="changed", methods=["POST"]),
    Door("/item/{item_id}/reveal", articles.reveal, READER, methods=["POST"]),
    Door("/story/{story_id}", stories.show, READER, told="saw"),
    Door("/story/{story_id}/incident", incidents.link_story, ANALYST, told="changed", methods=["POST"]),
    Door("/story/{story_id}/{step}", stories.change, ANALYST, told="changed", methods=["POST"]),
    Door("/searches", searches.show, READER),
    Door("/searches", searches.keep, ANALYST, told="search kept", methods=["POST"]),
    Door("/searches/{search_id}/drop", searches.drop, ANALYST, told="search dropped", methods=["POST"]),
    Door("/feed/{search_id}.atom", searches.feed, ANYONE),
    Door("/signals", signals.show, READER),
    Door("/signal/{signal_id}/{decision}", signals.decide, ANALYST, told="decided", methods=["POST"]),
    Door("/incidents", incidents.board, READER),
    Door("/incidents", incidents.open_one, ANALYST, told="changed", methods=["POST"]),
    Door("/incidents.{form}", exports.incidents, ANALYST, scope="export"),
    Door("/incident/{incident_id}", incidents.show, READER, told="saw"),
    Door(
        "/incident/{incident_id}/acknowledge", incidents.acknowledge, READER, told="changed", methods=["POST"]
    ),
    Door("/incident/{incident_id}/{step}", incidents.change, ANALYST, told="changed", methods=["POST"]),
    Door("/intake", intake.show, ANALYST),
    Door("/intake", intake.take, ANALYST, told="brought", methods=["POST"]),
    Door("/intake/counts", intake.count, ANALYST, told="counts brought", methods=["POST"]),
    Door("/dashboard", dashboard.show, READER),
    Door("/chart/{name}.{form}", dashboard.send, READER),
    Door("/milestone", dashboard.add_milestone, ANALYST, told="changed", methods=["POST"]),
    Door(
        "/milestone/{milestone_id}/drop", dashboard.drop_milestone, ANALYST, told="changed", methods=["POST"]
    ),
    Door("/review", review.show, ANALYST),
    Door("/review/{item_id}", review.answer, ANALYST, told="changed", methods=["POST"]),
    Door("/sources", sources.show, READER),
    Door("/sources/new", sources.new, MAINTAINER),
    Door("/sources/draft", sources.draft, MAINTAINER, told="drafted", methods=["POST"]),
    Door("/sources/apply", sources.apply, MAINTAINER, told="changed sources.yaml", methods=["POST"]),
    Door("/sources/try", sources.try_now, MAINTAINER, told="tried", methods=["POST"]),
    Door("/sources/opml", sources.opml, READER),
    Door("/sources/opml", sources.read_opml, MAINTAINER, told="drafted", methods=["POST"]),
    Door("/sources/faults.atom", sources.faults, READER, scope="sources:read"),
    Door("/source/{source_id}", sources.one, READER),
    Door("/source/{source_id}/pause", sources.pause, MAINTAINER, told="paused", methods=["POST"]),
    Door("/source/{source_id}/resume", sources.resume, MAINTAINER, told="resumed", methods=["POST"]),
    Door("/method", today.method, READER),
    Door("/sign-in", entry.show, ANYONE),
    Door("/sign-in", entry.sign_in, ANYONE, methods=["POST"]),
    Door("/sign-in/provider", provider.begin, ANYONE),
    Door("/sign-in/provider/back", provider.back, ANYONE),
    Door("/sign-out", entry.sign_out, ANYONE, methods=["POST"]),
    Door("/me", own.show, READER),
    Door("/me/password", own.change_password, READER, told="password changed", methods=["POST"]),
    Door("/me/sessions", own.end_sessions, READER, told="sessions ended", methods=["POST"]),
    Door("/me/tokens", own.add_token, READER, told="token made", methods=["POST"]),
    Door("/me/tokens/{token_id}/drop", own.drop_token, READER, told="token dropped", methods=["POST"]),
    Door("/people", people.show, ADMIN),
    Door("/people/{name}", people.change, ADMIN, told="account changed", methods=["POST"]),
    Door("/audit", people.audit, ADMIN, told="saw the audit log"),
    *CALLS,
    Door("/healthz", health.alive, ANYONE),
    Door("/readyz", health.ready, ANYONE),
    Door("/metrics", health.metrics, READER, scope="metrics"),
    Door("/static/{name}", asset, ANYONE),
]
"""Every door of the room with the least role that may pass it; a test walks this table for every role."""


def create_app(desk: Desk) -> Starlette:
    """The application. `web.guard` finds out who is reading, each door whether they may pass."""
    app = Starlette(
        routes=[*ROUTES, sql_of(desk)],
        middleware=[
            Middleware(BaseHTTPMiddleware, dispatch=with_headers),
            Middleware(BaseHTTPMiddleware, dispatch=guarded),
        ],
        exception_handlers={HTTPException: no_answer, LagebildError: refused, Conflict: refused},
    )
    app.state.desk = desk
    return app


def sql_of(desk: Desk) -> Wing:
    """Datasette behind a door of ours; nothing but a sentence where the archive is not one file."""
    inner: ASGIApp = PlainTextResponse("SQL is offered over an archive in one SQLite file", 404)
    if desk.asking:
        from web.sql import datasette_over  # takes half a second to load

        inner = datasette_over(desk.asking)
    return Wing("/sql", inner, ANALYST, told="asked in SQL", scope="sql")


async def with_headers(request: Request, handler: Handler) -> Response:
    """Every answer carries the same protection; what a page set itself stays."""
    response = await handler(request)
    for name, value in HEADERS.items():
        response.headers.setdefault(name, value)
    if request.app.state.desk.entrance.secure:
        response.headers.setdefault("Strict-Transport-Security", "max-age=31536000")
    return response


async def no_answer(request: Request, error: Exception) -> Response:
    """What is not there, or cannot be asked for so: a page for people, a problem for programs."""
    status = error.status_code if isinstance(error, HTTPException) else 500
    detail = error.detail if isinstance(error, HTTPException) else ""
    headers = dict((isinstance(error, HTTPException) and error.headers) or {})
    if request.url.path.startswith(API):
        return problem(status, detail, headers=headers)
    if status == 404:
        return page(request, "message.html", 404, message_key="not_found", detail="")
    return PlainTextResponse(detail, status, headers)


async def refused(request: Request, error: Exception) -> Response:
    """What was asked for is not allowed as asked, or somebody else was faster."""
    if request.url.path.startswith(API):
        return problem(422, str(error))
    if isinstance(error, Conflict):
        return page(request, "message.html", 409, message_key="conflict", detail="")
    return page(request, "message.html", 422, message_key="refused", detail=str(error))
