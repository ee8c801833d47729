"""The address of a page -> what is looked for. All state of a page is in its address."""

import json
from collections.abc import Mapping
from dataclasses import asdict, replace
from datetime import UTC, date, datetime, timedelta
from typing import Any
from urllib.parse import urlencode

from starlette.datastructures import QueryParams

from domain.model import Search

PAGE_ITEMS = 25
MANY = {
    "market": "markets",
    "language": "languages",
    "lens": "lenses",
    "source": "sources",
    "publisher": "publishers",
    "outlet": "outlets",
    "topic": "topics",
    "platform": "platforms",
    "feature": "features",
    "entity": "entities",
}
"""Parameters that may be given more than once, and the field of `Search` they fill."""


def search_of(given: QueryParams, *, limit: int = PAGE_ITEMS) -> Search:
    """What an address asks for; words it does not understand are left out, never an error."""
    chosen: dict[str, tuple[str, ...]] = {field: tuple(given.getlist(name)) for name, field in MANY.items()}
    return Search(
        text=given.get("q", "").strip(),
        min_severity=number(given.get("severity"), 0, 5),
        since=moment(given.get("since")),
        until=day_after(moment(given.get("until"))),
        relevant_only=given.get("relevant") == "1",
        with_copies=given.get("copies") == "1",
        order="relevance" if given.get("order") == "relevance" else "newest",
        limit=limit,
        offset=number(given.get("offset"), 0, 1_000_000),
        **_fields(chosen),
    )


def _fields(chosen: Mapping[str, tuple[str, ...]]) -> dict[str, Any]:
    return {field: values for field, values in chosen.items() if any(values)}


def address_of(wanted: Search) -> str:
    """The address's parameters that ask for this search; `search_of` of them gives it back, but for the page."""
    said: list[tuple[str, str]] = [("q", wanted.text)] if wanted.text else []
    said += [(name, value) for name, field in MANY.items() for value in getattr(wanted, field)]
    for name, moment_of in (("since", wanted.since), ("until", wanted.until)):
        said += [(name, moment_of.isoformat())] if moment_of else []
    said += [("severity", str(wanted.min_severity))] if wanted.min_severity else []
    flags = {"relevant": wanted.relevant_only, "copies": wanted.with_copies}
    said += [(name, "1") for name, holds in flags.items() if holds]
    said += [("order", wanted.order)] if wanted.order != "newest" else []
    return urlencode(said)


def kept(wanted: Search) -> str:
    """A search as JSON, for the archive."""
    return json.dumps(
        asdict(replace(wanted, limit=PAGE_ITEMS, offset=0, behind="")), default=lambda at: at.isoformat()
    )


def search_from(text: str) -> Search:
    """The search that `kept` wrote; fields that a later version added have their default."""
    said: dict[str, Any] = json.loads(text)
    known: dict[str, Any] = {
        name: tuple(value) if isinstance(value, list) else value
        for name, value in said.items()
        if name in Search.__slots__
    }
    return Search(**(known | {name: moment(known.get(name)) for name in ("since", "until")}))


def number(text: str | None, low: int, high: int) -> int:
    """A whole number within bounds; the lower bound for anything else."""
    return min(max(int(text), low), high) if text and text.isdigit() else low


def moment(text: str | None) -> datetime | None:
    """A date or time in UTC; None for anything else."""
    try:
        said = datetime.fromisoformat(text) if text else None
    except ValueError:
        return None
    return said.replace(tzinfo=UTC) if said and said.tzinfo is None else said


def day_of(text: str) -> date | None:
    """A calendar day; None for anything else."""
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def day_after(until: datetime | None) -> datetime | None:
    """`until` is meant inclusively when it is a bare date."""
    if until and (until.hour, until.minute) == (0, 0):
        return until + timedelta(days=1)
    return until
