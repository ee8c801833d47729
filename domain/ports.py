"""The Protocols, one per plug. Rooms speak to each other through these and never by name."""

from collections.abc import AsyncIterator, Callable, Iterable, Mapping, Sequence, Set
from contextlib import AbstractContextManager
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any, Protocol, runtime_checkable

from domain.mentions import DayMentions
from domain.model import (
    Account,
    Alarm,
    Annotation,
    Batch,
    Bookmark,
    Checkpoint,
    Copy,
    Delivery,
    Entry,
    Fetched,
    Filed,
    Fingerprint,
    Found,
    Gap,
    Heard,
    Hit,
    Incident,
    Item,
    JobRun,
    Label,
    Letter,
    Look,
    Membership,
    Milestone,
    Number,
    Outcome,
    OutsideCount,
    Page,
    Reading,
    Remark,
    Request,
    SavedSearch,
    Search,
    Signal,
    Source,
    Spending,
    Standing,
    Story,
    Tally,
    Token,
    Tombstone,
    TriageEvent,
    Version,
    Visit,
)

Clock = Callable[[], datetime]
"""Says what time it is, aware and in UTC."""


# --- crawler -------------------------------------------------------------------------------------


class Connector(Protocol):
    """Turns a source of one kind into requests, and answers into entries. `crawler/connectors/KIND.py`.

    `needs_key`, `needs_sign_off`, `needs_budget`: what the operator has to bring before it runs.
    """

    kind: str
    needs_key: bool
    needs_sign_off: bool
    needs_budget: bool

    def plan(self, source: Source, checkpoint: Checkpoint, now: datetime) -> Iterable[Request]:
        """The first requests of a visit."""
        ...

    def parse(
        self, fetched: Fetched, source: Source
    ) -> Iterable[Entry | Tombstone | Request | Bookmark | Gap]:
        """What an answer holds; a `Request` asks for the next page. Raises ParseError."""
        ...

    def advance(self, source: Source, checkpoint: Checkpoint, entries: Sequence[Entry]) -> Checkpoint:
        """The checkpoint after a visit that brought `entries`; committed in the items' transaction."""
        ...

    def recheck(self, source: Source, raw_ids: Sequence[str]) -> Iterable[Request]:
        """Requests that tell whether these are still there; none when the source has no such call."""
        ...

    def health(self, fetched: Fetched) -> Outcome:
        """What the answer means for the source, by status and platform habit; the body is parsed later."""
        ...


class Stream(Protocol):
    """A source that pushes. It runs until cancelled and may be resumed from its checkpoint."""

    kind: str

    def listen(self, source: Source, checkpoint: Checkpoint) -> AsyncIterator[Entry | Tombstone | Checkpoint]:
        """Entries in order; each `Checkpoint` says that all before it may be committed."""
        ...


class PageRules(Protocol):
    """Extraction rules of one publisher. `crawler/pages/SITE.py`."""

    hosts: tuple[str, ...]
    valid_until: date | None

    def read(self, html: bytes, url: str) -> Page:
        """What the page says; empty fields are left to the next step of the cascade."""
        ...


# --- nlp -----------------------------------------------------------------------------------------


class LanguagePipeline(Protocol):
    """Builds one language's spaCy pipeline. `nlp/languages/CODE.py`."""

    code: str

    def build(self) -> object:
        """The pipeline, ready for `pipe`; loads an installed official model when there is one."""
        ...


@runtime_checkable
class Annotator(Protocol):
    """Reads items and says what it found."""

    @property
    def name(self) -> str:
        """Name and version, `risk/3`; a changed version makes the archive offer everything again."""
        ...

    def read(self, items: Sequence[Item]) -> Sequence[Reading]:
        """One reading per item, in order. Raises ItemError for an item that cannot be read."""
        ...


# --- storage -------------------------------------------------------------------------------------


class CollectArchive(Protocol):
    """What the collect belt asks of the archive."""

    def sync_sources(self, sources: Sequence[Source], now: datetime) -> None:
        """Makes the archive know exactly these sources; those missing are kept and marked retired."""
        ...

    def due_sources(self, now: datetime) -> Sequence[str]:
        """Ids of sources whose time has come, longest overdue first; paused ones never."""
        ...

    def checkpoint(self, source_id: str) -> Checkpoint: ...

    def known_entries(self, source_id: str, raw_ids: Sequence[str]) -> Mapping[str, datetime | None]:
        """Which of these raw ids we hold, with the `updated` time we saw last (None: not given)."""
        ...

    def known_hashes(self, item_ids: Sequence[str]) -> Mapping[str, str]:
        """Content hash by item id, of those we hold."""
        ...

    def fingerprints(self, since: datetime) -> Iterable[Fingerprint]:
        """Fingerprints of representatives published since then, oldest first, for the near-copy index."""
        ...

    def fingerprints_after(self, change: int) -> tuple[int, Sequence[Fingerprint]]:
        """Fingerprints of representatives filed or changed after that change, and the last change there is."""
        ...

    def open_fingerprints(self) -> Sequence[Fingerprint]:
        """Of representatives that no annotator has read and that were never settled, and of their copies.

        Oldest first, ties by id.
        """
        ...

    def settle_copies(self, places: Mapping[str, Copy | None]) -> int:
        """Files texts whose representative nobody has read as what they turned out to be, by item id, in this order.

        Returns how many changed their place.
        """
        ...

    def transaction(self) -> AbstractContextManager[Any]:
        """The writers' turn: what is read inside stays true until it ends; inside another one it joins that."""
        ...

    def commit(self, batch: Batch) -> Tally:
        """Keeps items, visit, validators and cursor in one transaction. The same batch again changes nothing."""
        ...

    def versions(self, item_id: str) -> Sequence[Version]:
        """What the item said before, oldest first."""
        ...

    def copies(self, item_id: str) -> Sequence[str]:
        """Ids of the live copies of a representative, in order of arrival."""
        ...

    def visits(self, since: datetime, source_id: str = "") -> Sequence[Visit]:
        """Visits since then, oldest first."""
        ...

    def history(self, since: datetime, source_id: str) -> Sequence[Visit]:
        """A source's visits since then that its rhythm and health need, oldest first; unchanged ones in the middle are left out."""
        ...

    def latest_visits(self) -> Mapping[str, datetime]:
        """When each source was visited last, by source; those never visited are left out."""
        ...

    def fresh_since(self, since: datetime) -> Mapping[str, int]:
        """New entries that visits since then have brought, by source; those without any are left out."""
        ...

    def pause(self, source_id: str, reason: str, now: datetime) -> None: ...

    def resume(self, source_id: str, now: datetime) -> None: ...

    def letters(self, source_id: str = "") -> Sequence[Letter]:
        """Dead letters, newest first."""
        ...

    def drop_letters(self, letters: Sequence[Letter]) -> None: ...


class EnrichArchive(Protocol):
    """What the enrich belt asks of the archive."""

    def items(self, item_ids: Sequence[str]) -> Sequence[Item]:
        """These items in the order asked for; unknown ids are left out."""
        ...

    def unread(self, annotator: str, limit: int) -> Sequence[Item]:
        """Items this annotator version has not read in their present version, oldest first; no copies."""
        ...

    def keep_readings(self, readings: Sequence[Reading], now: datetime) -> None:
        """Replaces what earlier versions of the same annotator said; the old rows get a `valid_to`."""
        ...

    def annotations(self, item_ids: Sequence[str], layer: str = "") -> Mapping[str, Sequence[Annotation]]:
        """What holds now, by item id."""
        ...

    def vectors(self, item_ids: Sequence[str], vector_of: str) -> Mapping[str, bytes]: ...

    def revisions(self, item_ids: Sequence[str]) -> Mapping[str, str]:
        """By item id a mark that changes with the item's words, state, language, date or entities."""
        ...

    def unplaced(self, limit: int, since: datetime) -> Sequence[Item]:
        """Read items that no story holds yet, oldest first by publication."""
        ...

    def stories(self, since: datetime) -> Sequence[Story]:
        """Stories changed since then."""
        ...

    def stories_by_id(self, story_ids: Sequence[str]) -> Sequence[Story]:
        """These stories as they are now, in the order asked for; unknown ids are left out."""
        ...

    def members(self, story_ids: Sequence[str]) -> Mapping[str, Sequence[Membership]]:
        """Memberships that hold now, by story id, oldest first."""
        ...

    def keep_stories(
        self, stories: Sequence[Story], memberships: Sequence[Membership], now: datetime
    ) -> None:
        """Upserts both; an item's earlier membership in another story is closed, unless a person made it."""
        ...

    def series(
        self, dimension: str, first: date, last: date, zone: str, market: str
    ) -> Mapping[str, Mapping[date, tuple[int, int, int]]]:
        """Per label and local day: (independent publishers, outlets, items), relevant items only, copies once."""
        ...

    def story_series(
        self, story_ids: Sequence[str], first: date, last: date, zone: str, market: str
    ) -> Mapping[str, Mapping[date, tuple[int, int, int]]]:
        """The same for these stories alone, relevant or not."""
        ...

    def coverage(self, first: date, last: date, zone: str, market: str) -> Mapping[date, float]:
        """Per local day the share (0..1) of the market's usual volume carried by sources that reported."""
        ...

    def day_mentions(
        self, layer: str, first: date, last: date, zone: str, market: str
    ) -> Mapping[date, DayMentions]:
        """What was mentioned on each local day, as known now; every day is there.

        Layers and their keys: `volume` (items or relevant), `topic`, `platform` and `feature` (label), `cell`
        (topic, feature), `tone` (lens, "" or critical), `platform_tone` (platform, lens, "" or critical). In all but
        `volume` only relevant items count; publishers and outlets are told by `volume` (of what is relevant), `topic`,
        `platform` and `feature`. Days are counted once and kept while they hold.
        """
        ...

    def brought(self, first: date, last: date, zone: str) -> Mapping[str, int]:
        """How many items each source brought from the first local day to the last, copies and removed ones too."""
        ...

    def count_days(self, first: date, last: date, zone: str) -> int:
        """Counts the days whose count does not hold, so that no reader has to wait. Returns how many."""
        ...

    def keep_signals(self, signals: Sequence[Signal], now: datetime | None = None) -> None:
        """Upserts; with `now` the earlier state of a changed signal is kept for older issues."""
        ...

    def signals(self, first: date, last: date, market: str = "") -> Sequence[Signal]: ...


class ShelfArchive(Protocol):
    """Where an encoder keeps what it read, so that a better layer above it need not ask it again."""

    def shelved(self, encoder: str, keys: Sequence[str]) -> Mapping[str, bytes]:
        """What this encoder left under these keys."""
        ...

    def shelve(self, encoder: str, rows: Sequence[tuple[str, str, bytes]], most: int) -> None:
        """Keeps (key, item id, octets); beyond `most` rows the oldest go. It leaves with its item."""
        ...


class PublishArchive(Protocol):
    """What the publish belt asks of the archive."""

    def ask(self, query: str, parameters: Mapping[str, str | int | float | None], as_of: datetime) -> Number:
        """Runs one of the archive's named queries. Raises StorageError for an unknown name."""
        ...

    def keep_digest(
        self,
        digest_id: str,
        market: str,
        day: date,
        edition: str,
        language: str,
        body: str,
        numbers: Sequence[Number],
    ) -> bool:
        """Keeps an issue (JSON) once; False when this market, day, edition and language is already kept."""
        ...

    def digest(self, market: str, day: date, edition: str, language: str) -> str | None:
        """The kept issue's JSON, None if there is none."""
        ...

    def digests(self, market: str = "", limit: int = 100) -> Sequence[Mapping[str, str]]:
        """Kept issues, newest first: digest_id, market, day, edition, language, kept_at."""
        ...

    def numbers(self, digest_id: str) -> Sequence[tuple[str, Number]]:
        """The issue's figures with their marks (Q1 ...), in order."""
        ...

    def keep_remark(self, remark: Remark) -> None:
        """Adds what an analyst said; nothing said before is touched."""
        ...

    def remarks(self, market: str, day: date) -> Sequence[Remark]:
        """All that was said for the issues of that day, oldest first."""
        ...


class SearchArchive(Protocol):
    """What readers ask of the archive."""

    def search(self, wanted: Search) -> Found:
        """One page of hits; no input is an error."""
        ...

    def facets(self, wanted: Search) -> Mapping[str, Sequence[tuple[str, int]]]:
        """Per facet its labels with their counts, most frequent first, over the newest hits."""
        ...

    def similar(
        self, item_id: str, vector_of: str, since: datetime, limit: int = 10
    ) -> Sequence[tuple[str, float]]:
        """Item ids with their cosine, nearest first, among representatives published since then."""
        ...

    def every_hit(self, wanted: Search) -> Iterable[Hit]:
        """All hits whatever the page, newest first; memory stays flat."""
        ...


class TriageArchive(Protocol):
    """Incidents and their logs."""

    def open_incident(self, incident: Incident, event: TriageEvent) -> Incident: ...

    def change_incident(self, incident: Incident, event: TriageEvent) -> Incident:
        """Keeps the change if `incident.version` is still the stored one; returns it with the next version.

        Raises Conflict when somebody else was faster.
        """
        ...

    def note_event(self, event: TriageEvent) -> None:
        """Adds a line to the log without a change: a comment, a view."""
        ...

    def incident(self, incident_id: str) -> Incident | None: ...

    def incidents(self, states: Sequence[str] = (), market: str = "") -> Sequence[Incident]: ...

    def incident_log(self, incident_id: str) -> Sequence[TriageEvent]:
        """Oldest first."""
        ...


class DeskArchive(Protocol):
    """What people and jobs leave behind."""

    def keep_label(
        self, item_id: str, layer: str, label: str, verdict: str, by: str, now: datetime, reason: str = ""
    ) -> None:
        """What `by` says of a tag: right, wrong or missing; said again, it replaces what they said before."""
        ...

    def labels(self, since: datetime, item_id: str = "") -> Sequence[Label]: ...

    def enqueue(self, deliveries: Sequence[Delivery]) -> int:
        """Puts them into the outbox; a key that is there already is left alone. Returns how many are new."""
        ...

    def enqueued(self, keys: Sequence[str]) -> Set[str]:
        """Which of these the outbox holds, sent ones too."""
        ...

    def claim(self, now: datetime, limit: int = 20) -> Sequence[Delivery]:
        """Marks waiting deliveries as being sent, for this caller alone, on the disk before it returns."""
        ...

    def hand_over(self, key: str, now: datetime) -> None:
        """The last byte is about to leave. From here a crash does not send it again; on the disk before it returns."""
        ...

    def settle(self, key: str, now: datetime) -> None:
        """The channel took it."""
        ...

    def postpone(self, key: str, error: str, until: datetime) -> None: ...

    def give_up(self, key: str, error: str) -> None: ...

    def interrupted(self, now: datetime) -> Sequence[Delivery]:
        """Deliveries begun and never settled: whether they went out, only the channel can tell."""
        ...

    def deliveries(self, digest_id: str = "", limit: int = 100) -> Sequence[Delivery]:
        """Newest first."""
        ...

    def keep_search(self, saved: SavedSearch) -> None: ...

    def saved_searches(self, owner: str = "") -> Sequence[SavedSearch]: ...

    def drop_search(self, search_id: str) -> None: ...

    def keep_milestone(self, milestone: Milestone) -> None: ...

    def milestones(self, first: date, last: date, market: str = "") -> Sequence[Milestone]:
        """Those of the market and those of all, by day."""
        ...

    def drop_milestone(self, milestone_id: str) -> None: ...

    def begin_job(self, job: str, key: str, now: datetime, stale_after: timedelta = ...) -> bool:
        """Whether this job may run for `key` now: once, and again only after it failed or was killed."""
        ...

    def end_job(
        self, job: str, key: str, now: datetime, outcome: str, facts: dict[str, Any] | None = None
    ) -> None:
        """`outcome`: ok, partial or failed."""
        ...

    def job_runs(self, job: str = "", limit: int = 100) -> Sequence[JobRun]:
        """Newest first."""
        ...

    def setting(self, name: str) -> str | None:
        """What the archive remembers under this name."""
        ...

    def keep_setting(self, name: str, value: str) -> None: ...


class PeopleArchive(Protocol):
    """Who may enter, and what the reading room remembers of them."""

    def keep_account(self, account: Account) -> None:
        """Makes or changes the account of this name."""
        ...

    def account(self, name: str) -> Account | None: ...

    def accounts(self) -> Sequence[Account]: ...

    def open_session(self, secret_hash: str, name: str, now: datetime, until: datetime) -> None: ...

    def session(self, secret_hash: str, now: datetime) -> str | None:
        """Whose session it is; None when it is over or the account disabled."""
        ...

    def session_times(self, secret_hash: str) -> tuple[datetime, datetime] | None:
        """When it was opened and until when it holds; None when there is none."""
        ...

    def prolong_session(self, secret_hash: str, until: datetime) -> None: ...

    def close_sessions(self, *, secret_hash: str = "", name: str = "") -> None:
        """One session, or all of a name."""
        ...

    def keep_token(self, token: Token) -> None: ...

    def token(self, secret_hash: str, now: datetime) -> Token | None:
        """None when there is none, it is over, or its owner disabled."""
        ...

    def tokens(self, owner: str = "") -> Sequence[Token]: ...

    def drop_token(self, token_id: str) -> None: ...

    def note_attempt(self, who: str, now: datetime) -> None:
        """A failed sign-in. `who` is a hash of address or name."""
        ...

    def attempts(self, who: str, since: datetime) -> int: ...

    def note_exposure(self, name: str, item_id: str, now: datetime) -> None:
        """The reader unfolded a sensitive text; told to nobody but them."""
        ...

    def exposures(self, name: str, since: datetime) -> int: ...

    def keep_outside_counts(self, counts: Sequence[OutsideCount]) -> None:
        """The same series, market and day again replaces the value."""
        ...

    def outside_counts(self, first: date, last: date, market: str = "") -> Sequence[OutsideCount]: ...


class RecheckArchive(Protocol):
    """Whether what we hold still stands at its source."""

    def due_rechecks(self, now: datetime, per_source: int, limit: int) -> Sequence[Standing]:
        """Live items whose time to be asked for again has come, longest overdue first, so many of each source at most."""
        ...

    def keep_looks(
        self,
        looks: Sequence[Look],
        now: datetime,
        *,
        tombstones: Sequence[Tombstone] = (),
        filed: Sequence[Filed] = (),
    ) -> Tally:
        """Keeps what asking again brought, takes out what is gone and keeps new versions, in one transaction."""
        ...


class LedgerArchive(Protocol):
    """What was spent where reads are counted or cost money."""

    def reserve(self, account: str, caps: Mapping[str, int], amount: int) -> bool:
        """Takes `amount` in every period of `caps` (period -> most), or in none and says False when one would pass.

        On the disk before it returns, so that no crash lets a budget be passed.
        """
        ...

    def give_back(self, account: str, periods: Sequence[str], amount: int) -> None:
        """Returns what was reserved and not used; never below zero."""
        ...

    def spendings(self, since: str = "") -> Sequence[Spending]:
        """By account and period, of periods from `since` on."""
        ...


class ErasureArchive(Protocol):
    """Taking out, keeping out, and the log of it."""

    def suppress(self, hashes: Mapping[str, str], reason: str, now: datetime) -> None:
        """Keeps hash -> kind (author, url) on the list of those who must not enter again."""
        ...

    def suppressed(self, kind: str, hashes: Sequence[str]) -> set[str]:
        """Which of these are on the list."""
        ...

    def erase(
        self, now: datetime, *, author_refs: Sequence[str] = (), urls: Sequence[str] = (), reason: str = ""
    ) -> int:
        """Removes every word of these authors or addresses and leaves no octet of it in the file."""
        ...

    def matching(self, *, author_refs: Sequence[str] = (), urls: Sequence[str] = ()) -> Sequence[Item]:
        """What `erase` would remove: the dry run, and a person's right to see it."""
        ...

    def count_matching(
        self, *, author_refs: Sequence[str] = (), urls: Sequence[str] = ()
    ) -> Mapping[str, int]:
        """How many items `erase` would remove, by platform (`press` for those of none)."""
        ...

    def refs_of_aliases(self, aliases: Sequence[str]) -> Sequence[str]:
        """The author references that were kept together with these references of a handle."""
        ...

    def platforms(self) -> Sequence[str]:
        """Platforms of which posts are held."""
        ...

    def redacted_issues(self, since: datetime) -> Sequence[Mapping[str, str]]:
        """Issues that lost a withdrawn item's words since then: market, day, edition, language."""
        ...

    def hold(self, item_ids: Sequence[str], reason: str, by: str, until: datetime) -> None:
        """Keeps retention away from these items until then."""
        ...

    def note(self, by: str, action: str, subject: str, facts: Mapping[str, Any], now: datetime) -> str:
        """Adds a line to the audit log; returns its hash, the receipt."""
        ...

    def audit_log(self) -> Sequence[Mapping[str, Any]]:
        """Oldest first."""
        ...

    def audit_page(
        self, before: int | None = None, limit: int = 100, by: str = ""
    ) -> Sequence[Mapping[str, Any]]:
        """Newest first, those with an id below `before`; `by` narrows to one person."""
        ...

    def broken_audit_lines(self) -> Sequence[int]:
        """Ids of lines that do not follow from the one before."""
        ...


class CareArchive(Protocol):
    """Upkeep."""

    def verify(self) -> Sequence[str]:
        """What is wrong, one sentence each; empty when all is well."""
        ...

    def backup(self, target: Path) -> None:
        """A consistent copy, made while others write."""
        ...

    def vacuum(self) -> None: ...

    def size(self) -> Mapping[str, int]:
        """Octets by table, and `total`."""
        ...

    def expire(self, now: datetime, days: Mapping[str, int] | None = None) -> int:
        """Applies retention: texts past their time are removed. Returns how many items were touched.

        `days` gives, by platform or `press`, how long texts without a date of their own are kept; `social` stands for
        platforms that are not named.
        """
        ...

    def expiring(self, now: datetime, days: Mapping[str, int]) -> Mapping[str, int]:
        """How many items `expire` would touch, by platform or `press`."""
        ...

    def forget(self, now: datetime, days: Mapping[str, int]) -> int:
        """Removes address, ids and author of items whose text has expired, once so many days have passed."""
        ...

    def rebuild_index(self) -> None:
        """Makes the full-text indexes anew from the texts."""
        ...

    def tend(self) -> None:
        """The nightly round: planner statistics, a bounded merge of the full-text index, due purges."""
        ...

    def counts(self) -> Mapping[str, int]:
        """Rows by table."""
        ...

    def close(self) -> None: ...


class WardArchive(Protocol):
    """What the service asks about itself, and the alarms it stands under."""

    def heard(self, since: datetime) -> Mapping[str, Heard]:
        """By source id, of those visited since then."""
        ...

    def backlog(self, annotators: Sequence[str]) -> Mapping[str, int]:
        """By annotator: items that it has not read yet."""
        ...

    def waiting_since(self, annotators: Sequence[str]) -> datetime | None:
        """Since when the item that waits longest for one of them has been here as it is; None when none waits."""
        ...

    def note_run(
        self,
        job: str,
        key: str,
        started: datetime,
        now: datetime,
        outcome: str,
        facts: dict[str, Any] | None = None,
    ) -> None:
        """Keeps how a frequent job ended; the same key again replaces end, outcome and facts."""
        ...

    def forget_runs(self, before: datetime) -> int:
        """Drops runs that began before then; the latest of each job stays. Returns how many went."""
        ...

    def keep_alarms(self, standing: Sequence[Alarm], now: datetime) -> Sequence[Alarm]:
        """Makes exactly these stand. Returns those that were raised, and those that were cleared, by this."""
        ...

    def alarms(self, *, standing: bool = True, limit: int = 100) -> Sequence[Alarm]:
        """Newest first; with `standing` off those that are over too."""
        ...


class Archive(
    CollectArchive,
    EnrichArchive,
    ShelfArchive,
    PublishArchive,
    SearchArchive,
    TriageArchive,
    DeskArchive,
    PeopleArchive,
    RecheckArchive,
    LedgerArchive,
    ErasureArchive,
    CareArchive,
    WardArchive,
    Protocol,
):
    """The only stop between belts."""


# --- digest --------------------------------------------------------------------------------------


class Channel(Protocol):
    """Brings bytes to people. `digest/delivery/CHANNEL.py`."""

    kind: str

    def send(self, subject: str, body: bytes, media_type: str, recipient: str, key: str) -> None:
        """Delivers once; `key` is the idempotency key. Raises DeliveryError."""
        ...


# --- the roof ------------------------------------------------------------------------------------


class Engine(Protocol):
    """Runs a belt over a shard. `lagebild/engine/NAME.py`."""

    name: str

    def run(self, belt: Callable[[], object], *, every: timedelta | None = None) -> None: ...


class Lock(Protocol):
    """One writer per archive."""

    def __call__(self, path: Path) -> AbstractContextManager[None]: ...
