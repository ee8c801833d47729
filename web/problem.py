"""Errors for programs: RFC 9457, application/problem+json."""

from collections.abc import Mapping
from http import HTTPStatus

from starlette.responses import JSONResponse

MEDIA_TYPE = "application/problem+json"


def problem(
    status: int, detail: str, *, challenge: bool = False, headers: Mapping[str, str] | None = None
) -> JSONResponse:
    """`challenge` tells a program by what it may sign in."""
    told = {**(headers or {}), **({"WWW-Authenticate": "Bearer"} if challenge else {})}
    body = {"type": "about:blank", "title": HTTPStatus(status).phrase, "status": status, "detail": detail}
    return JSONResponse(body, status, told, MEDIA_TYPE)
