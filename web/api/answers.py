"""Facts -> JSON answers with an ETag; lists in pages that a cursor walks."""

import binascii
import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime
from hashlib import sha256
from typing import Any, TypeVar
from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import Response

from web.api.given import bad, limit

T = TypeVar("T")
HEADERS = {"Cache-Control": "private, no-cache", "Vary": "Authorization, Cookie"}


def answer(request: Request, body: Mapping[str, Any], more: Mapping[str, str] | None = None) -> Response:
    """The body as JSON, or 304 when the program has this very answer already."""
    text = json.dumps(body, ensure_ascii=False, separators=(",", ":"), default=_plain).encode()
    tag = f'"{sha256(text).hexdigest()[:32]}"'
    headers = {**HEADERS, **(more or {}), "ETag": tag}
    if is_known(request.headers.get("if-none-match", ""), tag):
        return Response(status_code=304, headers=headers)
    return Response(text, media_type="application/json", headers=headers)


def is_known(sent: str, tag: str) -> bool:
    """RFC 9110: a list of tags, weak ones compared by their value, or `*`."""
    return sent.strip() == "*" or tag in (part.strip().removeprefix("W/") for part in sent.split(","))


def _plain(value: Any) -> Any:
    if isinstance(value, datetime | date):
        return value.isoformat()
    raise TypeError(f"{value!r} has no form in JSON")


def listed(request: Request, rows: Sequence[Mapping[str, Any]], next_cursor: str | None) -> Response:
    """A page: its rows, and where the next one is (None after the last)."""
    if next_cursor is None:
        return answer(request, {"rows": rows, "next": None})
    kept = [(name, value) for name, value in request.query_params.multi_items() if name != "cursor"]
    link = f"{request.url.path}?{urlencode([*kept, ('cursor', next_cursor)])}"
    return answer(request, {"rows": rows, "next": link}, {"Link": f'<{link}>; rel="next"'})


def walked(
    request: Request, found: Sequence[T], key: Callable[[T], str], shape: Callable[[T], Mapping[str, Any]]
) -> Response:
    """A page of a list that is sorted by `key`, falling: those behind the cursor, at most `limit`."""
    after, size = cursor(request), limit(request)
    rest = [row for row in found if after is None or key(row) < after]
    shown = rest[:size]
    return listed(
        request, [shape(row) for row in shown], as_cursor(key(shown[-1])) if len(rest) > size else None
    )


def cursor(request: Request) -> str | None:
    """What the cursor holds; None when none is given."""
    value = request.query_params.get("cursor")
    if not value:
        return None
    try:
        held = urlsafe_b64decode(value.encode("ascii") + b"=" * (-len(value) % 4)).decode("utf-8")
    except (ValueError, binascii.Error) as error:
        raise bad("cursor", "take it from `next` of the page before") from error
    if "\0" in held:
        raise bad("cursor", "take it from `next` of the page before")
    return held


def as_cursor(held: str) -> str:
    return urlsafe_b64encode(held.encode()).decode().rstrip("=")
