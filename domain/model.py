"""The frozen values, in the order they are born: from a source to an incident.

Each step of a belt takes one of these and returns a new one that names its parent by id.
All times are aware and UTC. Offsets count Unicode code points.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Literal

# --- what the operator watches -------------------------------------------------------------------


class Lens(StrEnum):
    """Whose voice a source carries. The three are never blended into one score."""

    USER = "user"
    MEDIA = "media"
    REGULATOR = "regulator"


class TermsStatus(StrEnum):
    OK = "ok"
    CONTRACT = "contract"
    PROHIBITED = "prohibited"
    UNREVIEWED = "unreviewed"


@dataclass(frozen=True, slots=True)
class Terms:
    """What the publisher's or platform's terms say about automated reading, and who checked when."""

    status: TermsStatus = TermsStatus.UNREVIEWED
    checked_on: date | None = None
    url: str = ""
    by: str = ""


@dataclass(frozen=True, slots=True)
class Limits:
    """Caps of one source; None means no cap of its own.

    `pages` and `megabytes` count per run, budgets per day and month (UTC, unless the kind says otherwise), in the
    unit of the source's kind: requests, quota units, or cents where reads cost money.
    """

    pages: int | None = 40
    megabytes: int | None = 50
    requests_per_minute: int | None = None
    daily_budget: int | None = None
    monthly_budget: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """One entry of sources.yaml.

    `kind` names the connector. `markets` are codes such as DE, AT, CH, UK, US, EU; the first is the home.
    `tier` runs from 1 (national lead medium) to 4. `interval` is the shortest time between two visits.
    `auth` names a secret (`env:NAME`, `file:PATH`, `keyring:SERVICE/USER`), never holds one; "" for none.
    `options` holds what only this kind understands (selectors, tags, queries).
    """

    id: str
    name: str
    kind: str
    url: str
    language: str
    markets: tuple[str, ...]
    lens: Lens
    category: str = "news"
    tier: int = 3
    publisher: str = ""
    interval: timedelta = timedelta(minutes=30)
    fetch_pages: bool = True
    enabled: bool = True
    licence: str = ""
    grade: str = "F"
    auth: str = ""
    terms: Terms = field(default_factory=Terms)
    limits: Limits = field(default_factory=Limits)
    options: Mapping[str, object] = field(default_factory=dict)

    @property
    def market(self) -> str:
        """The home market."""
        return self.markets[0]


# --- fetching ------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Validators:
    """What one URL gave us to ask again cheaply. Empty string: not given."""

    etag: str = ""
    last_modified: str = ""
    body_hash: str = ""


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """Where the next visit of a source starts. `cursor` belongs to the connector; `validators` are per URL."""

    source_id: str
    cursor: Mapping[str, str] = field(default_factory=dict)
    validators: Mapping[str, Validators] = field(default_factory=dict)


class Purpose(StrEnum):
    LISTING = "listing"
    PAGE = "page"
    SESSION = "session"
    RECHECK = "recheck"
    DISCOVERY = "discovery"


@dataclass(frozen=True, slots=True)
class Request:
    """One HTTP request that a connector asks for. `context` comes back unchanged in the `Fetched`.

    `cost` is what it takes from the source's budget, in its kind's unit; `purse` names a part of that budget
    (one query's), "" when only the whole counts. Where the source's secret belongs stands a placeholder.
    """

    url: str
    purpose: Purpose = Purpose.LISTING
    method: str = "GET"
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    context: Mapping[str, str] = field(default_factory=dict)
    cost: int = 1
    purse: str = ""


@dataclass(frozen=True, slots=True)
class Bookmark:
    """How far a listing was read: goes into the checkpoint's cursor under `key`, with the entries it stands for.

    An empty `value` takes the key out.
    """

    key: str
    value: str


@dataclass(frozen=True, slots=True)
class Gap:
    """Word that something was missed and will not come again: the source no longer keeps it."""

    reason: str


@dataclass(frozen=True, slots=True)
class Fetched:
    """An answer. `url` is where the redirects ended; header names are lower-case."""

    source_id: str
    request: Request
    url: str
    status: int
    headers: Mapping[str, str]
    body: bytes
    fetched_at: datetime
    permanent_redirect: bool = False


# --- the source's words --------------------------------------------------------------------------


class ItemKind(StrEnum):
    ARTICLE = "article"
    POST = "post"
    COMMENT = "comment"
    REPLY = "reply"
    QUOTE = "quote"
    REPOST = "repost"
    REVIEW = "review"
    VIDEO = "video"
    MESSAGE = "message"


@dataclass(frozen=True, slots=True)
class Engagement:
    """Counts as the platform shows them. None: the platform does not say; never read it as zero."""

    likes: int | None = None
    reposts: int | None = None
    replies: int | None = None
    quotes: int | None = None
    views: int | None = None
    score: int | None = None


@dataclass(frozen=True, slots=True)
class Author:
    """Who wrote it, in the platform's words; becomes a pseudonym in the `Item` unless allow-listed."""

    raw_id: str
    handle: str = ""
    display: str = ""
    kind: Literal["press", "organisation", "person", "bot", "unknown"] = "unknown"


@dataclass(frozen=True, slots=True)
class Consent:
    """Signals the author gave about being read by others. None: not said."""

    indexable: bool | None = None
    noindex: bool | None = None
    no_unauthenticated: bool | None = None
    no_bot: bool | None = None


class Rights(StrEnum):
    """What may be kept and shown of a text."""

    ALLOW = "allow"
    SNIPPET_ONLY = "snippet_only"
    DENY = "deny"


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One thing a source offers, in its own words. `raw_id` is its guid or id, opaque.

    `summary` and `content` may be HTML. `language` is what the source declares, "" if nothing.
    """

    source_id: str
    raw_id: str
    url: str
    title: str = ""
    summary: str = ""
    content: str = ""
    language: str = ""
    published: datetime | None = None
    updated: datetime | None = None
    authors: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    links: tuple[str, ...] = ()
    kind: ItemKind = ItemKind.ARTICLE
    platform: str = ""
    instance: str = ""
    parent: str = ""
    root: str = ""
    quoted: str = ""
    author: Author | None = None
    community: str = ""
    engagement: Engagement | None = None
    comments: int | None = None
    rating: float | None = None
    app_version: str = ""
    sensitive: bool = False
    consent: Consent = field(default_factory=Consent)


class PageKind(StrEnum):
    ARTICLE = "article"
    LIVEBLOG = "liveblog"
    CONSENT = "consent"
    ERROR = "error"


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """What extraction read from an article page. `origin` tells for each field where it came from."""

    url: str
    kind: PageKind = PageKind.ARTICLE
    canonical_url: str = ""
    title: str = ""
    lead: str = ""
    text: str = ""
    authors: tuple[str, ...] = ()
    published: str = ""
    modified: str = ""
    section: str = ""
    tags: tuple[str, ...] = ()
    language: str = ""
    paywalled: bool | None = None
    comments: int | None = None
    rights: Rights = Rights.ALLOW
    rights_evidence: str = ""
    origin: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Document:
    """An entry with its article page; `page` is None when none was fetched or the page failed."""

    entry: Entry
    page: Page | None = None
    page_fault: str = ""


@dataclass(frozen=True, slots=True)
class Tombstone:
    """Word that something is gone at its source. `state`: deleted, gone, withdrawn."""

    source_id: str
    raw_id: str
    state: Literal["deleted", "gone", "withdrawn"]
    reason: str
    platform: str = ""
    instance: str = ""
    author: str = ""


class Outcome(StrEnum):
    """How one visit to a source ended; each run leaves exactly one."""

    OK = "ok"
    UNCHANGED = "unchanged"
    EMPTY = "empty"
    BELOW_USUAL = "below_usual"
    BLOCKED = "blocked"
    UNPARSEABLE = "unparseable"
    UNREACHABLE = "unreachable"
    GONE = "gone"
    SKIPPED = "skipped"

    @property
    def reported(self) -> bool:
        """Whether the source can be believed to have said all it had to say."""
        return self in (Outcome.OK, Outcome.UNCHANGED, Outcome.EMPTY)


@dataclass(frozen=True, slots=True, kw_only=True)
class Visit:
    """One visit to one source. `status` is None when no answer came.

    `entries` counts what was offered, `fresh` how many of them were new or changed to us.
    """

    source_id: str
    started_at: datetime
    finished_at: datetime
    outcome: Outcome
    reason: str = ""
    status: int | None = None
    requests: int = 0
    not_modified: int = 0
    octets: int = 0
    entries: int = 0
    fresh: int = 0
    pages: int = 0
    pages_failed: int = 0
    retry_after: timedelta | None = None


@dataclass(frozen=True, slots=True)
class Letter:
    """A dead letter: bytes that could not be read, kept to be tried again after an upgrade."""

    source_id: str
    url: str
    stage: Literal["feed", "page", "item"]
    error: str
    body: bytes
    seen_at: datetime


@dataclass(frozen=True, slots=True)
class Harvest:
    """All that one visit brought home, committed as one."""

    source: Source
    visit: Visit
    checkpoint: Checkpoint
    documents: tuple[Document, ...] = ()
    tombstones: tuple[Tombstone, ...] = ()
    letters: tuple[Letter, ...] = ()


# --- our words -----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """One article, post or review, in our words.

    `id` is stable: the hash of platform, instance and raw id. `url` is canonical. `text` is paragraphs joined
    by a line feed. `language` is ISO 639-1, `language_flags` may hold mixed, short, gsw, rejected.
    `published_at` falls back to `fetched_at`; `time_quality` says so: exact, day, fetched. In an archive a copy of the last
    kind stands at its original's time.
    `text_origin`: page, feed, api. `author_ref` is a keyed pseudonym of the author's id and
    `author_alias` one of the handle, by which a person is found again; `authors` holds press bylines in clear.
    `expires_at` is None when nothing says the item must go.
    """

    id: str
    source_id: str
    raw_id: str
    kind: ItemKind
    url: str
    title: str
    lead: str
    text: str
    language: str
    markets: tuple[str, ...]
    lens: Lens
    published_at: datetime
    fetched_at: datetime
    content_hash: str
    language_flags: tuple[str, ...] = ()
    updated_at: datetime | None = None
    time_quality: Literal["exact", "day", "fetched"] = "exact"
    publisher: str = ""
    outlet: str = ""
    tier: int = 3
    category: str = "news"
    authors: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    section: str = ""
    page_kind: PageKind = PageKind.ARTICLE
    paywalled: bool | None = None
    comments: int | None = None
    text_origin: Literal["page", "feed", "api"] = "feed"
    rights: Rights = Rights.ALLOW
    rights_evidence: str = ""
    platform: str = ""
    instance: str = ""
    parent_id: str = ""
    root_id: str = ""
    quoted_id: str = ""
    author_ref: str = ""
    author_alias: str = ""
    author_kind: str = ""
    community: str = ""
    links: tuple[str, ...] = ()
    engagement: Engagement | None = None
    rating: float | None = None
    app_version: str = ""
    sensitive: bool = False
    consent: Consent = field(default_factory=Consent)
    expires_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Fingerprint:
    """What tells copies: exact hashes, a MinHash signature (uint32, little-endian), the agency if one is named."""

    item_id: str
    url: str
    text_hash: str
    signature: bytes = b""
    shingles: int = 0
    agency: str = ""
    published_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class New:
    """Never seen."""


@dataclass(frozen=True, slots=True)
class Updated:
    """The same item in a later version; `changed` names the fields that differ, title first."""

    changed: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Copy:
    """Another outlet's text; `of` is the representative's item id, `similarity` 0..1."""

    of: str
    similarity: float


@dataclass(frozen=True, slots=True)
class Unchanged:
    """Seen, and nothing differs."""


Verdict = New | Updated | Copy | Unchanged


@dataclass(frozen=True, slots=True)
class Filed:
    """An item with its fingerprint and what dedupe said of it."""

    item: Item
    fingerprint: Fingerprint
    verdict: Verdict


@dataclass(frozen=True, slots=True)
class Batch:
    """What a commit of the collect belt holds: items, visit and checkpoint stand or fall together."""

    visit: Visit
    checkpoint: Checkpoint
    filed: tuple[Filed, ...] = ()
    tombstones: tuple[Tombstone, ...] = ()
    letters: tuple[Letter, ...] = ()
    next_due: datetime | None = None


@dataclass(frozen=True, slots=True)
class Tally:
    """What a commit changed."""

    new: int = 0
    updated: int = 0
    copies: int = 0
    known: int = 0
    removed: int = 0


@dataclass(frozen=True, slots=True)
class Version:
    """What an item said from `valid_from` until `valid_to`; `changed` names what the next version changed."""

    item_id: str
    title: str
    lead: str
    text: str
    valid_from: datetime
    valid_to: datetime
    changed: tuple[str, ...] = ()


# --- what still stands ---------------------------------------------------------------------------

RECHECKED_AFTER = tuple(timedelta(days=days) for days in (1, 3, 7, 14, 28))
"""How long after its first sight an item is asked for again at its source."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """An item that is to be asked for again. `missed_at` is when it first answered 404, None if it did not."""

    item_id: str
    source_id: str
    raw_id: str
    url: str
    platform: str
    first_seen_at: datetime
    fetched_at: datetime
    missed_at: datetime | None = None
    validators: Validators = Validators()


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """What asking again brought. `due_at` is when to ask next, None for never; `missed_at` as in `Standing`."""

    item_id: str
    due_at: datetime | None
    missed_at: datetime | None = None
    validators: Validators = Validators()


# --- what the reading found ----------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Evidence:
    """Why a tag is there: a span of `title + "\\n" + text` with its rule, or a labelled example (then 0, 0)."""

    start: int
    end: int
    text: str
    rule: str
    similarity: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Annotation:
    """One thing an annotator says of one item.

    `layer`: entity, relevance, topic, severity, platform, feature, group, perception. `label` is the layer's
    value (a topic id, an entity label, a stance). `target` is the watchlist id it speaks of, "" if none.
    `start` and `end` are None for what holds of the whole item. `annotator` is name/version.
    `suppressed` marks a hit that a rule took back; it is kept to be shown, and counts nowhere.
    """

    item_id: str
    layer: str
    label: str
    annotator: str
    start: int | None = None
    end: int | None = None
    text: str = ""
    score: float = 1.0
    target: str = ""
    evidence: tuple[Evidence, ...] = ()
    suppressed: bool = False


@dataclass(frozen=True, slots=True)
class Reading:
    """All that one annotator says of one item, with the vector if it made one (float32, normalised)."""

    item_id: str
    annotator: str
    annotations: tuple[Annotation, ...] = ()
    vector: bytes = b""
    vector_of: str = ""


@dataclass(frozen=True, slots=True)
class Membership:
    """An item's place in a story. `valid_to` is None while it holds. `by` is the clusterer or a person."""

    story_id: str
    item_id: str
    valid_from: datetime
    valid_to: datetime | None = None
    why: str = ""
    similarity: float = 1.0
    by: str = ""


class StoryState(StrEnum):
    LIVE = "live"
    SLEEPING = "sleeping"
    CLOSED = "closed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Story:
    """Items on one event. `id` never changes; `title` is the headline of its representative item."""

    id: str
    title: str
    language: str
    opened_at: datetime
    changed_at: datetime
    state: StoryState = StoryState.LIVE
    merged_into: str = ""
    pinned: bool = False


class Level(StrEnum):
    """How loud a signal is, quietest first."""

    WATCH = "watch"
    ELEVATED = "elevated"
    ESCALATE = "escalate"


@dataclass(frozen=True, slots=True, kw_only=True)
class Signal:
    """A change that needs a look: one series on one local day.

    `dimension`: topic, platform, feature, story, silence or tripwire; `label` its value. Counts are of independent
    publishers. `upper` is the band's upper bound; `score` is in standard deviations; `p_value` one-sided.
    """

    id: str
    dimension: str
    label: str
    market: str
    day: date
    count: int
    expected: float
    upper: float
    score: float
    p_value: float
    level: Level
    items: int = 0
    outlets: int = 0
    reasons: tuple[str, ...] = ()
    muted: str = ""
    item_ids: tuple[str, ...] = ()


class IncidentState(StrEnum):
    NEW = "new"
    VERIFYING = "verifying"
    ASSESSED = "assessed"
    ESCALATED = "escalated"
    MITIGATED = "mitigated"
    CLOSED = "closed"
    DISMISSED = "dismissed"


TLP = ("CLEAR", "GREEN", "AMBER", "AMBER+STRICT", "RED")
"""How far something may be passed on, from the widest circle to the narrowest (FIRST, TLP 2.0)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Incident:
    """A signal or story somebody owns. `version` counts changes, for optimistic locking."""

    id: str
    title: str
    market: str
    severity: int
    state: IncidentState
    opened_at: datetime
    version: int = 1
    owner: str = ""
    due_at: datetime | None = None
    acknowledged_at: datetime | None = None
    audience: tuple[str, ...] = ()
    tlp: str = "AMBER"
    story_ids: tuple[str, ...] = ()
    signal_ids: tuple[str, ...] = ()
    item_ids: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class TriageEvent:
    """One line of an incident's log; never changed, never removed."""

    incident_id: str
    at: datetime
    by: str
    action: str
    reason: str = ""
    before: str = ""
    after: str = ""


# --- what people and jobs leave behind -----------------------------------------------------------


class RemarkKind(StrEnum):
    """What an analyst may say of a market's day. `subject` is a story for why and order, an item for weak."""

    DUTY = "duty"
    ASSESSMENT = "assessment"
    WHY = "why"
    ORDER = "order"
    NOTE = "note"
    WEAK = "weak"


@dataclass(frozen=True, slots=True, kw_only=True)
class Remark:
    """One thing an analyst said for the issues of a market's day. None is ever changed or removed.

    The latest of the same kind, subject and language holds; an empty `text` takes back what was said. An order's
    text is the story's place from the top. `language` is "" for what is the same in all.
    """

    market: str
    day: date
    kind: RemarkKind
    text: str
    by: str
    at: datetime
    language: str = ""
    subject: str = ""


@dataclass(frozen=True, slots=True)
class Label:
    """What a person said of a tag. `verdict`: right, wrong, missing."""

    item_id: str
    layer: str
    label: str
    verdict: str
    by: str
    at: datetime
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """One issue for one recipient. `key` makes it go out once; `state`: waiting, sending, handed, sent, failed."""

    key: str
    digest_id: str
    channel: str
    recipient: str
    subject: str
    media_type: str
    body: bytes
    created_at: datetime
    next_try_at: datetime | None = None
    state: str = "waiting"
    attempts: int = 0
    sent_at: datetime | None = None
    error: str = ""


@dataclass(frozen=True, slots=True)
class SavedSearch:
    """`query` is the JSON of a `Search`; `channel`: "", atom, mail:LANGUAGE:ADDRESS, or mail:ADDRESS (English). Hits first seen up to `told_through` were told."""

    id: str
    owner: str
    name: str
    query: str
    channel: str
    created_at: datetime
    told_through: datetime

    @property
    def mail(self) -> tuple[str, str]:
        """Language and address of those who want it by mail; ("", "") for others."""
        kind, _, rest = self.channel.partition(":")
        language, _, address = rest.rpartition(":")
        return (language or "en", address) if kind == "mail" else ("", "")


@dataclass(frozen=True, slots=True)
class Spending:
    """What was taken from an account's budget in a period: a UTC day (`2026-11-28`) or month (`2026-11`)."""

    account: str
    period: str
    spent: int


@dataclass(frozen=True, slots=True)
class JobRun:
    """One run of a scheduled job. `finished_at` is None while it runs, or when it was killed."""

    job: str
    key: str
    started_at: datetime
    finished_at: datetime | None
    outcome: str
    facts: Mapping[str, object]


@dataclass(frozen=True, slots=True)
class Heard:
    """What visits of a window say of one source. None: it was not visited, did not answer, brought nothing new."""

    first_visit: datetime | None = None
    last_visit: datetime | None = None
    last_reported: datetime | None = None
    last_fresh: datetime | None = None
    fresh_visits: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Alarm:
    """Something wrong with the service itself. `rule` and `subject` name it; there is one at a time of each.

    `level`: warning or urgent. `raised_at` is None before it was kept; `cleared_at` is None while it stands.
    """

    rule: str
    subject: str
    level: Literal["warning", "urgent"]
    message: str
    remedy: str
    raised_at: datetime | None = None
    cleared_at: datetime | None = None

    @property
    def key(self) -> str:
        """`quiet:media/news`"""
        return f"{self.rule}:{self.subject}" if self.subject else self.rule


# --- people --------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """Somebody who may sign in. `role`: reader, analyst, maintainer, admin. `password_hash` is argon2's, "" for none."""

    name: str
    role: str
    created_at: datetime
    display: str = ""
    password_hash: str = ""
    language: str = ""
    disabled: bool = False


@dataclass(frozen=True, slots=True)
class Token:
    """Lets a program in. `hash` is of the secret, which is kept nowhere. `expires_at` is None for one that stays."""

    id: str
    owner: str
    name: str
    scopes: tuple[str, ...]
    hash: str
    created_at: datetime
    expires_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class OutsideCount:
    """A number that people brought (escalations, reports, cases), to be shown beside media counts."""

    series: str
    market: str
    day: date
    value: float
    by: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Milestone:
    """Something of the world that trend charts mark: a law, a launch. `market` is "" for all."""

    id: str
    market: str
    day: date
    text: str
    by: str
    at: datetime


# --- counting and looking up ---------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Number:
    """A figure with the query that made it. `value` is JSON text; `sha256` is of the value."""

    query: str
    sql: str
    parameters: Mapping[str, str | int | float | None]
    as_of: datetime
    value: str
    sha256: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Search:
    """What to look for. Empty fields do not restrict. `order`: newest or relevance.

    `behind` is the id of an item: only what stands behind it, newest first, is found.
    """

    text: str = ""
    markets: tuple[str, ...] = ()
    languages: tuple[str, ...] = ()
    lenses: tuple[str, ...] = ()
    sources: tuple[str, ...] = ()
    publishers: tuple[str, ...] = ()
    outlets: tuple[str, ...] = ()
    topics: tuple[str, ...] = ()
    platforms: tuple[str, ...] = ()
    features: tuple[str, ...] = ()
    entities: tuple[str, ...] = ()
    min_severity: int = 0
    since: datetime | None = None
    until: datetime | None = None
    relevant_only: bool = False
    with_copies: bool = False
    order: Literal["newest", "relevance"] = "newest"
    limit: int = 20
    offset: int = 0
    behind: str = ""


@dataclass(frozen=True, slots=True)
class Hit:
    """One found item; `snippet` marks the matched words with « and »."""

    item: Item
    snippet: str
    topics: tuple[str, ...] = ()
    severity: int = 0
    story_id: str = ""
    copies: int = 0


@dataclass(frozen=True, slots=True)
class Found:
    """A page of hits. `total` is None when counting all would cost too much; `more` says there is a next page."""

    hits: tuple[Hit, ...]
    total: int | None
    more: bool
