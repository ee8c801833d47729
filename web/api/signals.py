"""Signals of the last weeks, newest and strongest first."""

from datetime import timedelta
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from domain.model import Signal
from web.api import given
from web.api.answers import walked
from web.desk import Desk

USUAL = timedelta(days=28)


def many(request: Request) -> Response:
    desk: Desk = request.app.state.desk
    last = given.day(request, "until", desk.clock().date())
    first = given.day(
        request, "since", max(last - USUAL, last.min) if last.toordinal() > USUAL.days else last.min
    )
    found = sorted(desk.archive.signals(first, last, given.text(request, "market")), key=place, reverse=True)
    return walked(request, found, place, shape)


def place(signal: Signal) -> str:
    return f"{signal.day.isoformat()} {max(signal.score, 0.0):012.4f} {signal.id}"


def shape(signal: Signal) -> dict[str, Any]:
    return {
        "id": signal.id,
        "dimension": signal.dimension,
        "label": signal.label,
        "market": signal.market,
        "day": signal.day,
        "level": signal.level.value,
        "count": signal.count,
        "expected": signal.expected,
        "upper": signal.upper,
        "score": signal.score,
        "p_value": signal.p_value,
        "items": signal.items,
        "outlets": signal.outlets,
        "reasons": list(signal.reasons),
        "muted": signal.muted,
        "item_ids": list(signal.item_ids),
    }
