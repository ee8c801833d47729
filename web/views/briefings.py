"""A kept issue, as it was sent."""

from datetime import date

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from web.desk import Desk

POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; frame-ancestors 'none'"
"""A kept issue is one file with its style inside; it runs no script."""


def show(request: Request) -> Response:
    desk: Desk = request.app.state.desk
    market, language = request.path_params["market"], request.path_params["language"]
    try:
        day = date.fromisoformat(request.path_params["day"])
    except ValueError as error:
        raise HTTPException(404) from error
    edition = request.query_params.get("edition", "daily")
    kept = desk.archive.digest(market, day, edition, language)
    if kept is None:
        raise HTTPException(404)
    return Response(desk.render(kept), media_type="text/html", headers={"Content-Security-Policy": POLICY})
