"""Bluesky's event stream (Jetstream, version 1): what everybody posts and deletes, read for a while at each visit.

A visit opens the stream where the last one ended, less five seconds, and reads until it has caught up with the clock or
has had its time. Posts that are wanted wait until their authors' profiles tell that they may be kept; the place in the
stream moves on with them, so a crash repeats a piece of the stream and never skips one.
"""

import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Literal
from urllib.parse import urlencode, urlsplit

from crawler.atproto import (
    DECLINED,
    PLATFORM,
    appview,
    asked_again,
    author_id,
    entry_of,
    labels_of,
    languages_of,
    may_be_kept,
    told_again,
)
from crawler.connector import Listing
from crawler.queries import Query, queries
from crawler.shapes import View, answered_object, instance, listed, mapping, number, text, unlike, wished
from domain.model import Bookmark, Checkpoint, Entry, Fetched, Gap, Purpose, Request, Source, Tombstone

POSTS, PROFILES = "app.bsky.feed.post", "app.bsky.actor.profile"
PLACE = "stream "
"""Cursor names are this and the host: its clock counts, and no other's."""
REWIND = timedelta(seconds=5)
# Shorter words are parts of too many others.
PART_OF_WORD = 5
AUTHORS_AT_ONCE = 25
# So many calls for profiles fit into one visit; whoever comes after them waits for the next.
AUTHORS_A_VISIT = 36 * AUTHORS_AT_ONCE
HOURS, SECONDS, EVENTS, QUIET_SECONDS = 1.0, 20.0, 60_000, 5.0
GONE_STATES: Mapping[str, Literal["deleted", "withdrawn"]] = {"deleted": "deleted", "takendown": "deleted"}

Part = Entry | Tombstone | Request | Bookmark | Gap


@dataclass
class Hearing:
    """What a visit hears, event by event. `mark` is the last event's time of the visit before (µs since 1970), 0 for
    none; `start` where a first visit begins; `until` when the stream has caught up."""

    source: Source
    mark: int
    start: int
    until: int
    wanted: tuple[Query, ...]
    last: int = 0
    events: int = 0
    new: int = 0
    gap: str = ""
    waiting: dict[str, View] = field(default_factory=dict)
    authors: set[str] = field(default_factory=set)
    gone: dict[tuple[str, str], Tombstone] = field(default_factory=dict)

    @property
    def seconds(self) -> float:
        """How long a visit may listen."""
        return number(self.source, "seconds", SECONDS)

    @property
    def quiet_seconds(self) -> float:
        """After so long a silence there is nothing more to hear."""
        return number(self.source, "quiet_seconds", QUIET_SECONDS)

    @property
    def is_over(self) -> bool:
        is_enough = self.new >= number(self.source, "events", EVENTS) or len(self.authors) >= AUTHORS_A_VISIT
        return is_enough or self.last >= self.until

    def take(self, message: str | bytes) -> None:
        """One event. What cannot be read is passed over: the stream has no way to say it again."""
        try:
            event = json.loads(message)
        except ValueError:
            return
        at = event.get("time_us") if isinstance(event, dict) else None
        if not isinstance(at, int) or isinstance(at, bool):
            return
        if not self.events and self.mark and at > self.mark:
            # The rewind asks for the last event again; a stream that begins behind it has forgotten some.
            self.gap = f"the stream begins at {_clock(at)} and was read up to {_clock(self.mark)}"
        self.events += 1
        # What the rewind repeats does not count: a visit that hears nothing else would never get on.
        self.new += at > self.mark
        self.last = max(self.last, at)
        match event.get("kind"):
            case "commit":
                self._commit(str(event.get("did") or ""), mapping(event, "commit"), at)
            case "account":
                self._account(mapping(event, "account"))

    def _commit(self, did: str, commit: View, at: int) -> None:
        uri = f"at://{did}/{commit.get('collection')}/{commit.get('rkey')}"
        match (commit.get("collection"), commit.get("operation")):
            case (collection, "delete") if collection == POSTS:
                self.waiting.pop(uri, None)
                self.gone[uri, ""] = Tombstone(
                    self.source.id, uri, "deleted", "deleted by its author", PLATFORM
                )
            case (collection, "create" | "update") if collection == POSTS:
                indexed = datetime.fromtimestamp(at / 1_000_000, UTC).isoformat()
                record = mapping(commit, "record")
                self._post({"uri": uri, "author": {"did": did}, "record": record, "indexedAt": indexed}, at)
            case (collection, "create" | "update") if collection == PROFILES:
                if labels_of({"record": mapping(commit, "record")}) & DECLINED:
                    self._leave(did, "withdrawn", "its author declined")

    def _post(self, view: View, at: int) -> None:
        if view["record"] and may_be_kept(view) and self._is_wanted(view):
            self.waiting[str(view["uri"])] = {**view, "at": at}
            self.authors.add(view["author"]["did"])

    def _is_wanted(self, view: View) -> bool:
        said, words = languages_of(view), text(mapping(view, "record"), "text").casefold()
        return any(query.wants(said) and is_about(words, query.words) for query in self.wanted)

    def _account(self, account: View) -> None:
        did, status = text(account, "did"), text(account, "status")
        if did and account.get("active") is False:
            state = GONE_STATES.get(status, "withdrawn")
            self._leave(did, state, f"its account is {status or 'not active'}")

    def _leave(self, did: str, state: Literal["deleted", "withdrawn"], reason: str) -> None:
        self.waiting = {uri: view for uri, view in self.waiting.items() if view["author"]["did"] != did}
        self.gone["", did] = Tombstone(self.source.id, "", state, reason, PLATFORM, author=author_id(did))

    def parts(self) -> Iterator[Part]:
        """What is certain at the end of the listening, and the first request for profiles."""
        if self.gap:
            yield Gap(self.gap)
        yield from self.gone.values()
        batches = _batches(list(self.waiting.values()))
        if batches:
            if not self.mark:
                yield _place(self.source, -self.start)
            yield _profiles(self.source, batches, self.last)
        elif self.last > self.mark:
            yield _place(self.source, self.last)


class Jetstream(Listing):
    """`url` is the stream's server (https). `options`: `queries`, `languages`, `hours` (how far the first visit reaches
    back, default 1), `seconds` and `events` a visit, `appview` (who tells profiles)."""

    kind = "bluesky_jetstream"

    def subscription(self, source: Source, checkpoint: Checkpoint, now: datetime) -> tuple[str, Hearing]:
        """The address to open, and who listens."""
        place = int(checkpoint.cursor.get(PLACE + instance(source), "0"))
        start = int((now - timedelta(hours=number(source, "hours", HOURS))).timestamp() * 1_000_000)
        # A negative place is one where listening was to begin and nothing is kept yet.
        mark, start = max(0, place), -min(0, place) or start
        cursor = mark - _microseconds(REWIND) if mark else start
        query = [("wantedCollections", POSTS), ("wantedCollections", PROFILES), ("cursor", str(cursor))]
        parts = urlsplit(source.url)
        scheme = "ws" if parts.scheme == "http" else "wss"
        url = f"{scheme}://{parts.netloc}/subscribe?{urlencode(query)}"
        languages = wished(source, "languages")
        wanted = queries(source) or (Query("", languages),)
        return url, Hearing(source, mark, start, int(now.timestamp() * 1_000_000), wanted)

    def plan(self, source: Source, checkpoint: Checkpoint, now: datetime) -> Iterable[Request]:
        """Nothing: it is listened to."""
        return ()

    def parse(self, fetched: Fetched, source: Source) -> Iterable[Part]:
        """Posts whose authors' profiles came, the place behind them, and the next profiles. Raises ParseError."""
        if fetched.request.purpose is Purpose.RECHECK:
            return told_again(fetched, source)
        remedy = "check that the option `appview` names a server that tells profiles"
        answer = answered_object(fetched, source, remedy)
        if not isinstance(answer.get("profiles"), list):
            raise unlike(source, "the answer holds no profiles", remedy)
        told = {text(profile, "did"): profile for profile in listed(answer["profiles"])}
        return _vouched(told, fetched, source)

    def recheck(self, source: Source, raw_ids: Sequence[str]) -> Iterable[Request]:
        """The stream does not repeat itself; the server that tells profiles knows the posts too."""
        return asked_again(appview(source), raw_ids)

    def advance(self, source: Source, checkpoint: Checkpoint, entries: Sequence[Entry]) -> Checkpoint:
        """The place is moved by bookmarks alone."""
        return checkpoint


def _vouched(told: Mapping[str, View], fetched: Fetched, source: Source) -> Iterator[Part]:
    """Posts of those who did not decline; of authors that nobody knows any more nothing is kept."""
    batches, last = json.loads(fetched.request.context["batches"]), int(fetched.request.context["last"])
    for view in batches[0]:
        profile = told.get(view["author"]["did"])
        if profile is not None and may_be_kept({**view, "author": profile}):
            yield entry_of({**view, "author": {**profile, "did": view["author"]["did"]}}, source)
    if batches[1:]:
        # The events between this batch and the next are no posts that wait.
        yield _place(source, batches[1][0]["at"] - 1)
        yield _profiles(source, batches[1:], last)
    else:
        yield _place(source, last)


def _batches(views: Sequence[View]) -> list[list[View]]:
    """The posts in the stream's order, cut so that each piece has few enough authors for one call."""
    batches: list[list[View]] = []
    authors: set[str] = set()
    for view in sorted(views, key=lambda view: int(view["at"])):
        did = view["author"]["did"]
        if not batches or len(authors | {did}) > AUTHORS_AT_ONCE:
            batches.append([])
            authors = set()
        batches[-1].append(view)
        authors.add(did)
    return batches


def _profiles(source: Source, batches: Sequence[Sequence[View]], last: int) -> Request:
    authors = dict.fromkeys(str(view["author"]["did"]) for view in batches[0])
    query = urlencode([("actors", did) for did in authors])
    context: dict[str, Any] = {"batches": json.dumps(batches), "last": str(last), "since": "stream"}
    return Request(
        f"{appview(source)}/xrpc/app.bsky.actor.getProfiles?{query}", Purpose.DISCOVERY, context=context
    )


def is_about(folded: str, words: str) -> bool:
    """Whether each word stands in the (casefolded) text: long ones anywhere, since German joins words, short ones at
    the beginning of a word."""
    return all(
        word in folded
        if len(word) >= PART_OF_WORD
        else re.search(rf"(?<!\w){re.escape(word)}", folded) is not None
        for word in words.casefold().split()
    )


def _place(source: Source, at: int) -> Bookmark:
    return Bookmark(PLACE + instance(source), str(at))


def _microseconds(span: timedelta) -> int:
    return int(span.total_seconds() * 1_000_000)


def _clock(at: int) -> str:
    return f"{datetime.fromtimestamp(at / 1_000_000, UTC):%Y-%m-%d %H:%M:%S}Z"


CONNECTOR = Jetstream()
