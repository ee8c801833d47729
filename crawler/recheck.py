"""Whether what we hold still stands: what to ask, and what the answer means. Pure; the clock is an argument.

410 is believed at once, and so is a platform that says what was deleted. 404 is soft: a post that lives at its own
address is gone once it has answered 404 on two different days. Anything else is no news, and is asked again soon.
"""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

from crawler.registry import connector_for
from crawler.visit import conditional
from domain.errors import Forbidden, ParseError
from domain.model import (
    RECHECKED_AFTER,
    Entry,
    Fetched,
    Look,
    Purpose,
    Request,
    Source,
    Standing,
    Tombstone,
    Validators,
)

MISSED_AGAIN_AFTER = timedelta(hours=24)
"""How far apart two 404s have to lie to be believed."""
UNCLEAR_AGAIN_AFTER = timedelta(hours=6)
GONE = 410
MISSING = 404
UNCHANGED = 304
ITEM = "recheck of"
"""Name in a page request's context: the item's id."""


@dataclass(frozen=True, slots=True)
class Findings:
    """What an answer told: looks at what stands or was missed once, looks that saw nothing, what is gone, entries as
    they are now, and what to ask next."""

    looks: tuple[Look, ...] = ()
    unclear: tuple[Look, ...] = ()
    tombstones: tuple[Tombstone, ...] = ()
    entries: tuple[Entry, ...] = ()
    onward: tuple[Request, ...] = ()


@dataclass(frozen=True, slots=True)
class RollCall:
    """The items of one source that are asked for again."""

    source: Source
    items: tuple[Standing, ...]
    by_raw_id: Mapping[str, Standing] = field(init=False)
    by_id: Mapping[str, Standing] = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "by_raw_id", {item.raw_id: item for item in self.items})
        object.__setattr__(self, "by_id", {item.item_id: item for item in self.items})


def questions(call: RollCall) -> list[Request]:
    """Posts by the platform's own call, never by their pages; articles by their address, conditionally."""
    connector, posts = connector_for(call.source.kind), [item.raw_id for item in call.items if item.platform]
    asked = list(connector.recheck(call.source, posts))
    if not call.source.fetch_pages or getattr(connector, "leaves_pages_alone", False):
        return asked
    pages = [item for item in call.items if not item.platform]
    return asked + [_page(item) for item in pages if item.url.startswith(("http://", "https://"))]


def unasked(call: RollCall, requests: Iterable[Request], now: datetime) -> list[Look]:
    """Looks for items that nothing asks for: they are put off to their next day."""
    named = {item_id for request in requests for item_id in _named(request, call)}
    return put_off((item for item in call.items if item.item_id not in named), now)


def put_off(items: Iterable[Standing], now: datetime) -> list[Look]:
    """Looks for items that are left to their next day."""
    return [_seen(item, now) for item in items]


def _page(item: Standing) -> Request:
    held = item.validators
    if not held.etag and not held.last_modified:
        # What a server changed before we fetched it is of no interest either.
        held = Validators(last_modified=format_datetime(item.fetched_at.astimezone(UTC), usegmt=True))
    return conditional(Request(item.url, Purpose.RECHECK, context={ITEM: item.item_id}), held)


def _named(request: Request, call: RollCall) -> Iterator[str]:
    """Ids of the items that a request asks for."""
    context = request.context
    if ITEM in context:
        yield context[ITEM]
    raw_ids = json.loads(context["ids"]) if "ids" in context else [context["id"]] if "id" in context else []
    yield from (call.by_raw_id[raw_id].item_id for raw_id in raw_ids if raw_id in call.by_raw_id)


# --- answers -------------------------------------------------------------------------------------


def findings(fetched: Fetched, call: RollCall, now: datetime) -> Findings:
    """What one answer tells of the items it was asked about."""
    items = [call.by_id[item_id] for item_id in _named(fetched.request, call)]
    if ITEM in fetched.request.context:
        return _of_page(fetched, items[0], call.source, now)
    return _of_platform(fetched, items, call, now)


def unanswered(request: Request, call: RollCall, now: datetime) -> Findings:
    """No answer came: the same items are asked for again in a few hours."""
    return _nothing([call.by_id[item_id] for item_id in _named(request, call)], now)


def _of_page(fetched: Fetched, item: Standing, source: Source, now: datetime) -> Findings:
    status = fetched.status
    if status == GONE:
        return _taken([item], source, "410 at its own address")
    if status == MISSING:
        return _missed([item], source, now)
    if status == UNCHANGED:
        return Findings((_seen(item, now, item.validators),))
    if 200 <= status < 300:
        headers = fetched.headers
        held = Validators(headers.get("etag", ""), headers.get("last-modified", ""))
        return Findings((_seen(item, now, held),))
    return _nothing([item], now)


def _of_platform(fetched: Fetched, items: Sequence[Standing], call: RollCall, now: datetime) -> Findings:
    connector, source = connector_for(call.source.kind), call.source
    if fetched.status == GONE:
        return _taken(items, source, "410 when asked for again")
    if fetched.status == MISSING and "id" in fetched.request.context:
        return _missed(items, source, now)
    if not connector.health(fetched).reported:
        return _nothing(items, now)
    try:
        found = list(connector.parse(fetched, source))
    except (ParseError, Forbidden):
        return _nothing(items, now)
    onward = tuple(part for part in found if isinstance(part, Request))
    gone = tuple(part for part in found if isinstance(part, Tombstone))
    told = {item_id for request in onward for item_id in _named(request, call)}
    told |= {call.by_raw_id[one.raw_id].item_id for one in gone if one.raw_id in call.by_raw_id}
    return Findings(
        looks=tuple(_seen(item, now) for item in items if item.item_id not in told),
        tombstones=gone,
        entries=tuple(part for part in found if isinstance(part, Entry) and part.raw_id in call.by_raw_id),
        onward=onward,
    )


def _nothing(items: Iterable[Standing], now: datetime) -> Findings:
    return Findings(unclear=tuple(_unclear(item, now) for item in items))


def _missed(items: Sequence[Standing], source: Source, now: datetime) -> Findings:
    believed = [item for item in items if item.missed_at and now - item.missed_at >= MISSED_AGAIN_AFTER]
    doubted = [item for item in items if item not in believed]
    looks = tuple(_missed_once(item, now) for item in doubted)
    return Findings(looks, tombstones=_taken(believed, source, "404 on two different days").tombstones)


def _taken(items: Sequence[Standing], source: Source, reason: str) -> Findings:
    gone = (Tombstone(source.id, item.raw_id, "gone", reason, item.platform) for item in items)
    return Findings(tombstones=tuple(gone))


# --- when next -----------------------------------------------------------------------------------


def next_day(first_seen: datetime, now: datetime) -> datetime | None:
    """When an item first seen then is to be asked for after now; None once its last day has passed."""
    return next((first_seen + after for after in RECHECKED_AFTER if first_seen + after > now), None)


def _seen(item: Standing, now: datetime, held: Validators | None = None) -> Look:
    return Look(
        item_id=item.item_id,
        due_at=next_day(item.first_seen_at, now),
        validators=item.validators if held is None else held,
    )


def _missed_once(item: Standing, now: datetime) -> Look:
    first = item.missed_at or now
    return Look(
        item_id=item.item_id,
        due_at=first + MISSED_AGAIN_AFTER,
        missed_at=first,
        validators=item.validators,
    )


def _unclear(item: Standing, now: datetime) -> Look:
    return Look(
        item_id=item.item_id,
        due_at=now + UNCLEAR_AGAIN_AFTER,
        missed_at=item.missed_at,
        validators=item.validators,
    )
