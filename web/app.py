"""The reading room: an archive and a desk in, a web application out."""

import logging
from collections.abc import Awaitable, Callable, Mapping
from importlib.resources import files

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.base import BaseHTTPMiddleware
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from domain.errors import Conflict, LagebildError
from web.desk import Desk
from web.guard import guarded
from web.page import page
from web.views import (
    articles,
    briefings,
    exports,
    health,
    incidents,
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
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=()",
    "Cache-Control": "no-store",
}


ROUTES = [
    Route("/", today.show),
    Route("/briefing/{market}/{day}/{language}", briefings.show),
    Route("/search", searching.show),
    Route("/export.{form}", exports.send),
    Route("/item/{item_id}", articles.show),
    Route("/item/{item_id}/label", articles.label, methods=["POST"]),
    Route("/item/{item_id}/reveal", articles.reveal, methods=["POST"]),
    Route("/story/{story_id}", stories.show),
    Route("/story/{story_id}/incident", incidents.link_story, methods=["POST"]),
    Route("/story/{story_id}/{step}", stories.change, methods=["POST"]),
    Route("/signals", signals.show),
    Route("/incidents", incidents.board),
    Route("/incidents", incidents.open_one, methods=["POST"]),
    Route("/incident/{incident_id}", incidents.show),
    Route("/incident/{incident_id}/{step}", incidents.change, methods=["POST"]),
    Route("/sources", sources.show),
    Route("/method", today.method),
    Route("/healthz", health.alive),
    Route("/readyz", health.ready),
    Route("/metrics", health.metrics),
]


def create_app(desk: Desk) -> Starlette:
    """The application. Pages are the same for everybody who may read; `web.guard` decides who may."""
    app = Starlette(
        routes=[*ROUTES, Route("/static/{name}", asset)],
        middleware=[
            Middleware(BaseHTTPMiddleware, dispatch=with_headers),
            Middleware(BaseHTTPMiddleware, dispatch=guarded),
        ],
        exception_handlers={404: not_found, LagebildError: refused, Conflict: refused},
    )
    app.state.desk = desk
    return app


async def with_headers(request: Request, handler: Handler) -> Response:
    """Every answer carries the same protection; what a page set itself stays."""
    response = await handler(request)
    for name, value in HEADERS.items():
        response.headers.setdefault(name, value)
    return response


async def asset(request: Request) -> Response:
    """A file of the room itself; its address changes with its content."""
    name = request.path_params["name"]
    types = {"style.css": "text/css", "room.js": "text/javascript"}
    if name not in types:
        return PlainTextResponse("not found", 404)
    body = files("web").joinpath("static", name).read_bytes()
    return Response(
        body, media_type=types[name], headers={"Cache-Control": "public, max-age=31536000, immutable"}
    )


async def not_found(request: Request, _: Exception) -> Response:
    return page(request, "message.html", 404, message_key="not_found", detail="")


async def refused(request: Request, error: Exception) -> Response:
    """What was asked for is not allowed as asked, or somebody else was faster."""
    if isinstance(error, Conflict):
        return page(request, "message.html", 409, message_key="conflict", detail="")
    return page(request, "message.html", 422, message_key="refused", detail=str(error))
