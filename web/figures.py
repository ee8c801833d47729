"""The archive's named questions, asked by a page: the same ones whose answers stand in a briefing."""

import json
from datetime import date
from typing import Any
from zoneinfo import ZoneInfo

from web.desk import Desk


def ask(desk: Desk, query: str, **parameters: str | int | float | None) -> Any:
    """The answer as of now: a value, one record, or a list of records."""
    return json.loads(desk.archive.ask(query, parameters, desk.clock()).value)


def today_in(desk: Desk, market: str) -> date:
    """The market's calendar day."""
    return desk.clock().astimezone(ZoneInfo(desk.zones.get(market, "UTC"))).date()


def market_of(desk: Desk, asked: str | None) -> str:
    """The market that was asked for; the home market for anything else."""
    return asked if asked and asked in desk.zones else next(iter(desk.zones), "")
