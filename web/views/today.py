"""Today: each market's latest briefing, what is open, and what could not be read."""

import json
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from domain.model import IncidentState
from web.desk import Desk
from web.page import language_of, page

OPEN = tuple(s.value for s in IncidentState if s not in (IncidentState.CLOSED, IncidentState.DISMISSED))
BRIEF_SECTIONS = 3
"""Bottom line, escalations and what changed; the rest is one step away."""


def show(request: Request) -> Response:
    desk: Desk = request.app.state.desk
    language = language_of(request)
    cards = [card for market in desk.zones if (card := _card(desk, market, language))]
    incidents = desk.archive.incidents(OPEN)
    return page(request, "today.html", cards=cards, markets=list(desk.zones), incidents=incidents)


def _card(desk: Desk, market: str, language: str) -> dict[str, Any] | None:
    kept = [row for row in desk.archive.digests(market, 20) if row["language"] == language]
    if not kept:
        return None
    latest = kept[0]
    return {**latest, "lines": bottom_line(desk, latest["digest_id"], latest, language)}


def bottom_line(desk: Desk, digest_id: str, row: dict[str, str] | Any, language: str) -> str:
    """The first section's words, as plain text."""
    from datetime import date

    body = desk.archive.digest(row["market"], date.fromisoformat(row["day"]), row["edition"], language)
    sections = json.loads(body)["sections"] if body else []
    return " ".join(_words(block) for block in sections[0]["blocks"]) if sections else ""


def _words(value: Any) -> str:
    """All texts of a block in order; marks of queries are left out."""
    if isinstance(value, str):
        return value
    if isinstance(value, list):
        return "".join(map(_words, value))
    if isinstance(value, dict):
        return _words(value.get("line") or value.get("text") or "")
    return ""


def method(request: Request) -> Response:
    return page(request, "method.html")
