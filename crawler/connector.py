"""What connectors have in common: one listing to ask for, statuses to judge, titles to remember."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from hashlib import blake2b

from domain.model import Bookmark, Checkpoint, Entry, Fetched, Gap, Outcome, Request, Source, Tombstone

# 451 is "unavailable for legal reasons"; a publisher that says so has said no.
REFUSALS = frozenset({401, 402, 403, 451})
SEEN = "seen"
# Enough for the longest listings; older titles have left the feed.
SEEN_LIMIT = 400


def outcome_of(status: int) -> Outcome:
    """What a status means for the source. 404 is soft: a feed may be away for an hour."""
    if 200 <= status < 300:
        return Outcome.OK
    if status == 304:
        return Outcome.UNCHANGED
    if status in REFUSALS:
        return Outcome.BLOCKED
    return Outcome.GONE if status == 410 else Outcome.UNREACHABLE


def digest(text: str, size: int) -> str:
    """A short hash of a text, `size` octets in hex."""
    return blake2b(text.encode("utf-8", "surrogatepass"), digest_size=size).hexdigest()


def seen_titles(checkpoint: Checkpoint) -> Mapping[str, str]:
    """Short hash of raw id to short hash of title, as the last visit saw them."""
    found = json.loads(checkpoint.cursor.get(SEEN, "{}"))
    return found if isinstance(found, dict) else {}


def retitled(checkpoint: Checkpoint, entries: Iterable[Entry]) -> frozenset[str]:
    """Raw ids whose headline differs from the one seen last: a changed headline is news."""
    seen = seen_titles(checkpoint)
    return frozenset(
        e.raw_id for e in entries if seen.get(digest(e.raw_id, 6), "") not in ("", digest(e.title, 4))
    )


class Listing:
    """A connector that asks one URL and parses one body. Kinds override what differs."""

    kind = ""
    needs_all_pages = False
    """Whether a visit that failed in part brings no progress: a watermark must not pass a page that was not read."""
    needs_key = False
    """Whether it reads with the operator's own key only (`auth`)."""
    needs_sign_off = False
    """Whether somebody has to have signed under `terms` that this may be read."""
    needs_budget = False
    """Whether reads cost money, so that a budget has to be set before the first one."""
    unit = "requests"
    """What budgets count."""
    budget_zone = ""
    """The zone whose days the platform counts by; "" for UTC."""
    leaves_pages_alone = False
    """Whether the addresses of its items are never fetched, neither at once nor to see whether they still stand."""

    def plan(self, source: Source, checkpoint: Checkpoint, now: datetime) -> Iterable[Request]:
        """The source's own URL."""
        yield Request(source.url)

    def parse(
        self, fetched: Fetched, source: Source
    ) -> Iterable[Entry | Tombstone | Request | Bookmark | Gap]:
        """What the body holds. Raises ParseError."""
        raise NotImplementedError

    def advance(self, source: Source, checkpoint: Checkpoint, entries: Sequence[Entry]) -> Checkpoint:
        """Remembers the titles on offer, so that a changed headline is noticed without a date."""
        if not entries:
            return checkpoint
        seen = {digest(e.raw_id, 6): digest(e.title, 4) for e in entries[:SEEN_LIMIT]}
        return replace(checkpoint, cursor={**checkpoint.cursor, SEEN: json.dumps(seen)})

    def recheck(self, source: Source, raw_ids: Sequence[str]) -> Iterable[Request]:
        """Listings have no call for this."""
        return ()

    def charged(self, fetched: Fetched) -> int:
        """What an answer cost of what its request reserved."""
        return fetched.request.cost

    def health(self, fetched: Fetched) -> Outcome:
        """By status alone."""
        return outcome_of(fetched.status)
