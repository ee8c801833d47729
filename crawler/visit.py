"""One visit to one source, from its first request to its harvest.

`Visiting` collects at the edge what answers bring; what it means is decided by pure functions below it.
"""

import logging
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Protocol

from crawler.connector import retitled
from crawler.faults import Fault, fault_of
from crawler.guard import authority
from crawler.liveblog import goes_on
from crawler.permission import Reservation, reservation_for, rights_of
from crawler.politeness import asked_wait, fresh_for
from crawler.registry import connector_for
from crawler.rhythm import Hints, feed_says, noted
from domain.errors import Forbidden, ParseError
from domain.model import (
    Bookmark,
    Checkpoint,
    Document,
    Entry,
    Fetched,
    Gap,
    Harvest,
    ItemKind,
    Letter,
    Outcome,
    Page,
    Purpose,
    Request,
    Rights,
    Source,
    Tombstone,
    Validators,
    Visit,
)
from domain.ports import Connector

logger = logging.getLogger("crawler")


class Purse(Protocol):
    """What a source may spend, kept where no crash forgets it."""

    def reserve(self, request: Request) -> str:
        """Takes what the request costs; "" when it may go, else why not."""
        ...

    def settle(self, request: Request, cost: int) -> None:
        """The answer cost so much of what was reserved."""
        ...


class _Unbounded:
    def reserve(self, request: Request) -> str:
        return ""

    def settle(self, request: Request, cost: int) -> None:
        return None


UNBOUNDED: Purse = _Unbounded()

Part = Entry | Tombstone | Request | Bookmark | Gap
Known = Callable[[Sequence[str]], Mapping[str, datetime | None]]
"""Which of these raw ids are held, with the `updated` time seen last (None: not given)."""

# A listing that leads to ever more listings (calendars, endless archives) is cut here.
LISTINGS_PER_VISIT = 40
# Validators of URLs a source no longer uses are dropped beyond this.
VALIDATORS_KEPT = 200
MOVED = "moved permanently to "


@dataclass(frozen=True, slots=True)
class CrawlJob:
    """A source that is due, where its last visit ended, and what the archive already holds of it.

    `secret` is what `source.auth` names, "" for none. `purse` guards what the source may spend. `refused` says why it
    cannot be visited at all, "" when it can.
    """

    source: Source
    checkpoint: Checkpoint
    known: Known
    secret: str = field(default="", repr=False)
    purse: Purse = UNBOUNDED
    refused: str = ""


@dataclass
class Visiting:
    """A visit under way. Times are the caller's; `deadline` is on the monotonic clock."""

    job: CrawlJob
    started_at: datetime
    deadline: float = float("inf")
    max_octets: int | None = None
    waiting: int = 0
    requests: int = 0
    not_modified: int = 0
    octets: int = 0
    status: int | None = None
    pages: int = 0
    pages_failed: int = 0
    left: int = 0
    page_wait: timedelta | None = None
    moved_to: str = ""
    hints: Hints | None = None
    stopped: Fault | None = None
    entries: dict[str, Entry] = field(default_factory=dict)
    tombstones: list[Tombstone] = field(default_factory=list)
    letters: list[Letter] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)
    answers: list[Outcome] = field(default_factory=list)
    bookmarks: dict[str, str] = field(default_factory=dict)
    gaps: list[str] = field(default_factory=list)
    validators: dict[str, Validators] = field(default_factory=dict)
    asked: set[str] = field(default_factory=set)
    documents: dict[str, Document] = field(default_factory=dict)
    reservations: tuple[Reservation, ...] = ()

    @property
    def source(self) -> Source:
        return self.job.source

    @property
    def connector(self) -> Connector:
        return connector_for(self.source.kind)

    # --- listings ---

    def first_requests(self) -> list[Request]:
        """What the connector wants to ask first. Raises ConfigError for an unknown kind."""
        return self.admit(self.connector.plan(self.source, self.job.checkpoint, self.started_at))

    def admit(self, requests: Iterable[Request]) -> list[Request]:
        """Those of `requests` that this visit has not asked yet, made conditional, within its cap."""
        admitted = []
        for request in requests:
            mark = asked_mark(request)
            if mark in self.asked or len(self.asked) >= LISTINGS_PER_VISIT or self.stopped is not None:
                continue
            if why := self.job.purse.reserve(request):
                self.faults.append(Fault(Outcome.SKIPPED, why))
                continue
            self.asked.add(mark)
            admitted.append(conditional(request, self._validators_before(request)))
        self.waiting += len(admitted)
        return admitted

    def answered(self, fetched: Fetched) -> list[Request]:
        """Takes an answer in; returns the requests it leads to."""
        self.waiting -= 1
        self.status = fetched.status
        self._note_move(fetched)
        before = self._validators_before(fetched.request)
        self.job.purse.settle(fetched.request, charged(self.connector, fetched))
        outcome = self.connector.health(fetched)
        if outcome is Outcome.OK and before and before.body_hash == body_hash(fetched.body):
            outcome = Outcome.UNCHANGED
        elif fetched.status == 304 and not is_conditional(fetched.request):
            return self.failed(Fault(Outcome.UNREACHABLE, "304 to a request without validators", 304), 0)
        if outcome is Outcome.UNCHANGED:
            self.not_modified += 1
            self.answers.append(outcome)
            return []
        if outcome is not Outcome.OK:
            return self.failed(fault_of_status(fetched, outcome), 0)
        return self._read(fetched)

    def _validators_before(self, request: Request) -> Validators | None:
        """None for what leads to a listing: whether it changed or not, its answer says what to ask next."""
        listing = request.purpose is Purpose.LISTING
        return self.job.checkpoint.validators.get(request.url) if listing else None

    def failed(self, fault: Fault, count: int = 1) -> list[Request]:
        """Takes note that a request brought nothing."""
        self.waiting -= count
        self.status = self.status if fault.status is None else fault.status
        self.faults.append(fault)
        if fault.retry_after is not None or fault.status == 429:
            self.stopped = fault
        return []

    def keep_bytes(self, url: str, fault: Fault, now: datetime) -> None:
        """Keeps a listing's bytes that could not even be unpacked."""
        self.letters.append(Letter(self.source.id, url, "feed", fault.reason, fault.body, now))

    def _read(self, fetched: Fetched) -> list[Request]:
        try:
            found = list(self.connector.parse(fetched, self.source))
        except ParseError as error:
            self._quarantine(fetched, "feed", error.message)
            return self.failed(Fault(Outcome.UNPARSEABLE, error.message, fetched.status), 0)
        except Forbidden as error:
            return self.failed(Fault(Outcome.BLOCKED, error.message, fetched.status), 0)
        except Exception as error:
            logger.exception("connector failed source=%s url=%s", self.source.id, fetched.url)
            self._quarantine(fetched, "feed", repr(error))
            return self.failed(Fault(Outcome.UNPARSEABLE, f"the connector failed: {error!r}"[:300]), 0)
        if fetched.request.purpose is Purpose.LISTING:
            self.validators[fetched.request.url] = validators_of(fetched)
        if fetched.request.url == self.source.url:
            self.hints = Hints(feed_says(fetched.body), fresh_for(fetched.headers))
        if fetched.request.purpose is Purpose.SESSION:
            return self.admit(part for part in found if isinstance(part, Request))
        # A watermark hides what is old, so nothing means nothing new.
        return self._filed(found, is_filtered=bool(fetched.request.context.get("since")))

    def heard(self, found: Sequence[Part], events: int) -> list[Request]:
        """Takes in what a stream said; returns the requests it leads to."""
        if self.faults and not events:
            return []
        return self._filed(found, is_filtered=events > 0)

    def _filed(self, found: Sequence[Part], *, is_filtered: bool) -> list[Request]:
        requests = [part for part in found if isinstance(part, Request)]
        self.bookmarks |= {part.key: part.value for part in found if isinstance(part, Bookmark)}
        self.gaps += [part.reason for part in found if isinstance(part, Gap)]
        self.tombstones += [part for part in found if isinstance(part, Tombstone)]
        entries = {part.raw_id: part for part in found if isinstance(part, Entry)}
        self.entries |= {raw_id: e for raw_id, e in entries.items() if raw_id not in self.entries}
        admitted = self.admit(requests)
        if entries or any(isinstance(part, Tombstone) for part in found):
            self.answers.append(Outcome.OK)
        elif not admitted:
            self.answers.append(Outcome.UNCHANGED if is_filtered else Outcome.EMPTY)
        return admitted

    def _note_move(self, fetched: Fetched) -> None:
        if fetched.permanent_redirect and fetched.request.url == self.source.url:
            self.moved_to = fetched.url

    def _quarantine(self, fetched: Fetched, stage: str, error: str) -> None:
        self.letters.append(
            Letter(
                self.source.id,
                fetched.url,
                "page" if stage == "page" else "feed",
                error,
                fetched.body,
                fetched.fetched_at,
            )
        )

    # --- pages ---

    def choose(self, fetch_pages: bool) -> list[Entry]:
        """Files new and changed entries as documents; returns those whose page is to be fetched."""
        wanted = wanted_entries(tuple(self.entries.values()), self.job, self.started_at)
        self.documents = {entry.raw_id: Document(entry) for entry in wanted}
        leaves_alone = getattr(self.connector, "leaves_pages_alone", False)
        if not (fetch_pages and self.source.fetch_pages) or leaves_alone:
            return []
        pages = [
            e for e in wanted if e.kind is ItemKind.ARTICLE and e.url.startswith(("http://", "https://"))
        ]
        cap = len(pages) if self.source.limits.pages is None else self.source.limits.pages
        for entry in pages[cap:]:
            self._leave(entry, f"page cap of {cap} reached")
        self.waiting += len(pages[:cap])
        return pages[:cap]

    def page_came(self, entry: Entry, page: Page | None, fault: str = "") -> None:
        """Files a page, or the reason why there is none."""
        self.waiting -= 1
        self.pages += not fault
        self.pages_failed += bool(fault)
        self.documents[entry.raw_id] = Document(entry, page, fault)

    def page_left(self, entry: Entry, why: str) -> None:
        """The page was not asked for: a cap or the clock stood in the way."""
        self.waiting -= 1
        self._leave(entry, why)

    def _leave(self, entry: Entry, why: str) -> None:
        """Keeps the feed's own text; an entry that has none is left to the next visit."""
        if entry.summary or entry.content:
            self.documents[entry.raw_id] = Document(entry, None, why)
        else:
            del self.documents[entry.raw_id]
            self.left += 1

    def page_unreadable(self, fetched: Fetched, error: str) -> None:
        """Keeps the bytes of a page that extraction broke on."""
        self._quarantine(fetched, "page", error)

    @property
    def over_budget(self) -> bool:
        """Whether the source has used up its octets for this run."""
        return self.max_octets is not None and self.octets > self.max_octets

    @property
    def retry_after(self) -> timedelta | None:
        """The longest wait that an answer asked for."""
        return max((f.retry_after for f in self.faults if f.retry_after is not None), default=self.page_wait)

    # --- the end ---

    def harvest(self, now: datetime) -> Harvest:
        """All of it, to be committed as one."""
        outcome, reason = verdict(self.answers, self.faults, self.gaps)
        if self.moved_to:
            reason = f"{reason}; {MOVED}{self.moved_to}".removeprefix("; ")
        return Harvest(
            self.source,
            Visit(
                source_id=self.source.id,
                started_at=self.started_at,
                finished_at=now,
                outcome=outcome,
                reason=reason,
                status=self.status,
                requests=self.requests,
                not_modified=self.not_modified,
                octets=self.octets,
                entries=len(self.entries),
                fresh=len(self.documents),
                pages=self.pages,
                pages_failed=self.pages_failed,
                retry_after=self.retry_after,
            ),
            self._checkpoint(),
            tuple(reserved(document, self.source, self.reservations) for document in self.documents.values()),
            tuple(self.tombstones),
            tuple(self.letters),
        )

    def _checkpoint(self) -> Checkpoint:
        before = self.job.checkpoint
        kept = {
            url: v for url, v in before.validators.items() if url not in self.validators
        } | self.validators
        if self.left:
            # The listing must be read again though it may not have changed.
            kept = {url: v for url, v in kept.items() if url not in self.validators}
        # An entry whose page did not get its turn is met again only where its listing is.
        holds = bool(self.left) or (bool(self.faults) and getattr(self.connector, "needs_all_pages", False))
        cursor = before.cursor if self.hints is None else noted(before.cursor, self.hints)
        cursor = marked(cursor, {} if holds else self.bookmarks)
        after = replace(before, cursor=cursor, validators=dict(list(kept.items())[-VALIDATORS_KEPT:]))
        return self.connector.advance(self.source, after, () if holds else tuple(self.entries.values()))


# --- decisions -----------------------------------------------------------------------------------


def body_hash(body: bytes) -> str:
    """SHA-256 of a body, in hex."""
    return sha256(body).hexdigest()


def validators_of(fetched: Fetched) -> Validators:
    """What the answer gives to ask again cheaply."""
    headers = fetched.headers
    return Validators(headers.get("etag", ""), headers.get("last-modified", ""), body_hash(fetched.body))


def conditional(request: Request, validators: Validators | None) -> Request:
    """The request with what its URL gave us last time; both validators, since servers differ in which they heed."""
    if validators is None or request.method != "GET":
        return request
    asked = {"if-none-match": validators.etag, "if-modified-since": validators.last_modified}
    return replace(request, headers={**request.headers, **{k: v for k, v in asked.items() if v}})


def is_conditional(request: Request) -> bool:
    """Whether the request allows a 304."""
    return bool({"if-none-match", "if-modified-since"} & {name.lower() for name in request.headers})


def asked_mark(request: Request) -> str:
    """What makes a request the same as another: a new session asks again, and one session may be wanted by several."""
    waiting = request.context if request.purpose is Purpose.SESSION else {}
    said = repr(sorted((*request.headers.items(), *waiting.items()))).encode() + request.body
    return f"{request.method} {request.url} {sha256(said).hexdigest()[:16]}"


def charged(connector: Connector, fetched: Fetched) -> int:
    """What an answer cost of its reservation; all of it where the kind does not know better."""
    price = getattr(connector, "charged", None)
    return int(price(fetched)) if price else fetched.request.cost


def marked(cursor: Mapping[str, str], bookmarks: Mapping[str, str]) -> Mapping[str, str]:
    """The cursor with these bookmarks; empty ones are taken out."""
    return {key: value for key, value in {**cursor, **bookmarks}.items() if value or key not in bookmarks}


def fault_of_status(fetched: Fetched, outcome: Outcome) -> Fault:
    """The fault of an answer that is no listing."""
    status = fetched.status
    location = fetched.headers.get("location", "")
    if 300 <= status < 400 and location:
        return Fault(Outcome.BLOCKED, f"not allowed: redirect to {location[:200]}", status)
    return Fault(outcome, f"HTTP {status}", status, asked_wait(status, fetched.headers, fetched.fetched_at))


def wanted_entries(entries: Sequence[Entry], job: CrawlJob, now: datetime) -> list[Entry]:
    """Entries we do not hold, those that say, or show by their headline, that they changed since, and live blogs."""
    known = job.known([e.raw_id for e in entries]) if entries else {}
    changed = retitled(job.checkpoint, entries)

    def is_wanted(entry: Entry) -> bool:
        if entry.raw_id not in known or entry.raw_id in changed:
            return True
        if goes_on(entry.title, entry.published, now):
            return True
        before = known[entry.raw_id]
        return entry.updated is not None and before is not None and entry.updated > before

    return [entry for entry in entries if is_wanted(entry)]


def reserved(document: Document, source: Source, rules: tuple[Reservation, ...]) -> Document:
    """The document, with a page that only says so where the site's tdmrep.json reserves it and no page was read."""
    entry = document.entry
    if document.page is not None or not rules or authority(entry.url) != authority(source.url):
        return document
    rights, evidence = rights_of({}, b"", reservation_for(entry.url, rules))
    if rights is Rights.ALLOW:
        return document
    return replace(document, page=Page(url=entry.url, rights=rights, rights_evidence=evidence))


def verdict(
    answers: Sequence[Outcome], faults: Sequence[Fault], gaps: Sequence[str] = ()
) -> tuple[Outcome, str]:
    """The visit's one outcome. A part that answered outweighs a part that failed, but the fault is told.

    A gap outweighs both, since nobody will fill it.
    """
    if gaps:
        return Outcome.BELOW_USUAL, f"gap: {gaps[0]}"[:300]
    # What was not asked, for want of a budget, is told only where nothing worse happened.
    faults = sorted(faults, key=lambda fault: fault.outcome is Outcome.SKIPPED)
    reason = faults[0].reason if faults else ""
    for outcome in (Outcome.OK, Outcome.UNCHANGED, Outcome.EMPTY):
        if outcome in answers:
            return outcome, f"in part: {reason}" if reason else ""
    if faults:
        return faults[0].outcome, reason
    return Outcome.UNREACHABLE, "the visit ended before an answer came"


def fault_of_error(error: BaseException | None) -> Fault:
    """The fault of any exception on the road; one that is ours is logged and told as such."""
    fault = None if error is None else fault_of(error)
    if fault is None:
        logger.error("fetching failed in our own code", exc_info=error)
        fault = Fault(Outcome.UNREACHABLE, f"fetching failed: {error!r}"[:300])
    return fault
