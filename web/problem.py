"""Errors for programs: RFC 9457, application/problem+json."""

from http import HTTPStatus

from starlette.responses import JSONResponse

MEDIA_TYPE = "application/problem+json"


def problem(status: int, detail: str, *, challenge: bool = False) -> JSONResponse:
    """`challenge` tells a program by what it may sign in."""
    headers = {"WWW-Authenticate": "Bearer"} if challenge else None
    body = {"type": "about:blank", "title": HTTPStatus(status).phrase, "status": status, "detail": detail}
    return JSONResponse(body, status, headers, MEDIA_TYPE)
