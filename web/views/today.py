"""Today: one market's picture as a living page, with what changed since yesterday, what is open and what is missing."""

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from hashlib import sha256
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from domain.model import Incident, IncidentState, Level, Rights, Signal
from web.desk import Desk
from web.figures import ask, market_of, today_in
from web.page import language_of, page
from web.parts import HEADER, parts_of
from web.tlp import visible

OPEN = tuple(s.value for s in IncidentState if s not in (IncidentState.CLOSED, IncidentState.DISMISSED))
DAY = timedelta(days=1)
USUAL = timedelta(days=28)
STORIES_SHOWN = 6
REPORTS_LOOKED_AT = 12
"""Of a story, for a headline in the reader's language."""
FAULTS_SHOWN = 6
REPORTED = ("ok", "unchanged", "empty")
CHANGES = ("new", "grew", "shrank", "reopened", "closed")
POLL_SECONDS = 120
"""An open page asks so often whether it has aged; readings come every quarter of an hour."""


def show(request: Request) -> Response:
    desk: Desk = request.app.state.desk
    market = market_of(desk, request.query_params.get("market"))
    now = desk.clock()
    window = {"market": market, "since": (now - DAY).isoformat(), "until": now.isoformat()}
    before = (now - 2 * DAY).isoformat()
    told: dict[str, Any] = {
        "briefing": briefing(desk, market, language_of(request)),
        "stories": spoken_in(
            language_of(request),
            desk,
            ask(desk, "stories", **window, before=before, most=STORIES_SHOWN),
            window,
        ),
        "signals": loud(desk, market),
        "incidents": visible(request, open_incidents(desk, market)),
    }
    mark = mark_of(market, **told)
    headers = {"ETag": mark, "Vary": HEADER}
    if parts_of(request) and request.headers.get("if-none-match") == mark:
        return Response(status_code=304, headers=headers)
    answer = page(
        request,
        "today.html",
        market=market,
        markets=list(desk.zones),
        mark=mark,
        poll_seconds=POLL_SECONDS,
        changes=Counter(row["change"] for row in ask(desk, "story_changes", **window, before=before)),
        kinds=CHANGES,
        volume=ask(desk, "volume", **window),
        coverage=coverage(sources(desk, market, window)),
        **told,
    )
    if parts_of(request):
        answer.headers["ETag"] = mark
    return answer


def spoken_in(
    language: str, desk: Desk, stories: Sequence[dict[str, Any]], window: Mapping[str, str]
) -> list[dict[str, Any]]:
    """The stories, each under a headline in this language: its own, else that of its best report that has one.

    A story that nobody reports in this language keeps its own.
    """
    foreign = [story["id"] for story in stories if not story["title"] or story["language"] != language]
    if not foreign:
        return list(stories)
    told: dict[str, str] = {}
    asked = {"market": window["market"], "until": window["until"], "stories": json.dumps(foreign)}
    for report in ask(desk, "story_reports", **asked, most=REPORTS_LOOKED_AT):
        if report["title"] and report["language"] == language and report["rights"] != Rights.DENY:
            told.setdefault(report["story"], report["title"])
    return [
        story | {"title": told[story["id"]], "language": language} if story["id"] in told else story
        for story in stories
    ]


def mark_of(
    market: str,
    briefing: dict[str, Any] | None,
    stories: list[dict[str, Any]],
    signals: list[Signal],
    incidents: list[Incident],
) -> str:
    """The page's state as an ETag: which entries it shows and in what state, not how many minutes are left."""
    issue = briefing and (briefing["day"], briefing["edition"], briefing["lines"])
    told = (
        [(story["id"], story["severity"], story["publishers_now"]) for story in stories],
        [(signal.id, signal.level.value) for signal in signals],
        [(one.id, one.state.value, one.owner, one.severity, str(one.acknowledged_at)) for one in incidents],
    )
    return f'W/"{sha256(repr((market, issue, told)).encode()).hexdigest()[:20]}"'


def briefing(desk: Desk, market: str, language: str) -> dict[str, Any] | None:
    """The latest kept issue in the reader's language with its bottom line."""
    kept = [row for row in desk.archive.digests(market, 20) if row["language"] == language]
    if not kept:
        return None
    body = desk.archive.digest(market, date.fromisoformat(kept[0]["day"]), kept[0]["edition"], language)
    return {**kept[0], "lines": bottom_line(body) if body else ""}


def bottom_line(body: str) -> str:
    """The first section's words, as plain text."""
    sections = json.loads(body)["sections"]
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


def loud(desk: Desk, market: str) -> list[Signal]:
    """The signals of today and yesterday that are more than a watch, loudest first."""
    last = today_in(desk, market)
    found = desk.archive.signals(last - DAY, last, market)
    return sorted(
        (s for s in found if s.level is not Level.WATCH and not s.muted), key=lambda s: s.score, reverse=True
    )


def open_incidents(desk: Desk, market: str) -> list[Incident]:
    """Those of the market, most urgent first; DACH shows its three."""
    concerned = {"DE", "AT", "CH", "DACH"} if market == "DACH" else {market}
    found = [incident for incident in desk.archive.incidents(OPEN) if incident.market in concerned]
    return sorted(found, key=lambda i: (i.acknowledged_at is not None, i.due_at or i.opened_at))


def sources(desk: Desk, market: str, window: dict[str, str]) -> list[dict[str, Any]]:
    """The market's sources as figures tell them, with their share of what they bring otherwise.

    That is taken from counted days: a figure would read every item of the four weeks again.
    """
    rows: list[dict[str, Any]] = ask(desk, "sources", **window, base_since=window["since"])
    last = today_in(desk, market)
    brought = desk.archive.brought(last - USUAL, last - DAY, desk.zones.get(market, "UTC"))
    usual = [brought.get(row["id"], 0) for row in rows]
    return [row | {"share": items / (sum(usual) or 1)} for row, items in zip(rows, usual, strict=True)]


def coverage(rows: list[dict[str, Any]]) -> dict[str, Any]:
    """How many sources reported, which did not, and what share of the usual volume they carry."""
    down = [row for row in rows if row["outcome"] not in REPORTED]
    down.sort(key=lambda row: -(row["share"] or 0))
    return {
        "expected": len(rows),
        "reported": len(rows) - len(down),
        "down": down[:FAULTS_SHOWN],
        "lost": sum(row["share"] or 0 for row in down),
    }


def method(request: Request) -> Response:
    return page(request, "method.html")
