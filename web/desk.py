"""What every page is given: the archive, the clock, names, and where the room listens."""

import secrets
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path
from typing import Any, Literal, Protocol

from domain.briefing import Chart
from domain.model import Incident, Outcome, Signal, Source, TriageEvent
from domain.ports import Archive, Clock
from web.entrance import Entrance
from web.regions import Region

LANGUAGES = ("de", "en")
Names = Mapping[str, Mapping[str, str]]
Step = Callable[[Incident, str, Mapping[str, str], datetime], tuple[Incident, TriageEvent]]
"""(incident, who, the form's fields, now) -> the changed incident with its log line. Raises LagebildError."""
Opening = Callable[[str, Mapping[str, str], datetime], tuple[Incident, TriageEvent]]


class OfSignal(Protocol):
    """(signal, title, decision, who, reason, now) -> the incident it becomes, and the step taken on it."""

    def __call__(
        self, signal: Signal, title: str, decision: str, by: str, reason: str, now: datetime, /
    ) -> Sequence[tuple[Incident, TriageEvent]]: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Triage:
    """How incidents are opened and moved; the rules live at the roof.

    `decide`: (incident, confirm, dismiss or escalate, who, reason, now) -> the step. `commuting` names the steps that two
    people may take in any order. `invited` gives the addresses of the incident's audiences. `concerned` is told of every kept change: (before or None, after, log line).
    """

    open: Opening
    steps: Mapping[str, Step]
    next_states: Callable[[Incident], Sequence[str]]
    audiences: Sequence[str]
    of_signal: OfSignal
    decide: Callable[[Incident, str, str, str, datetime], tuple[Incident, TriageEvent]]
    commuting: frozenset[str]
    concerned: Callable[[Incident | None, Incident, TriageEvent], None]
    invited: Callable[[Incident], Collection[str]] = lambda _: ()


@dataclass(frozen=True, slots=True)
class Shield:
    """What readers are spared. `cover`: topics -> none, default (folded, revealed one by one) or always.

    `soften`: (text, its language, topics) -> the text as it may be shown. `note`: (topics, language, market) -> the
    sentence on where to find help, "" where none is due.
    """

    cover: Callable[[Collection[str]], str] = lambda _: "none"
    soften: Callable[[str, str, Collection[str]], str] = lambda text, _language, _topics: text
    note: Callable[[Collection[str], str, str], str] = lambda _topics, _language, _market: ""


@dataclass(frozen=True, slots=True)
class Storytelling:
    """People's decisions about stories; each answers with the id of the story to look at. Raise LagebildError.

    `merge`: (kept, gone); `split`: (story, items to take out); `move`: (item, story it goes to); `pin`: (story, pinned).
    """

    merge: Callable[[str, str, str, datetime], str]
    split: Callable[[str, Sequence[str], str, datetime], str]
    move: Callable[[str, str, str, datetime], str]
    pin: Callable[[str, bool, datetime], str]


@dataclass(frozen=True, slots=True)
class Asking:
    """What /sql is given: the archive's file, its public views, and a way to a connection that reads them alone."""

    path: Path
    views: Sequence[str]
    connect: Callable[[], Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Drawing:
    """The drawing board. `svg`, `png`: (chart, language) -> the file. `band`: (counts by day, day) -> what is usual.

    `wilson`: (hits, n) -> interval; `direction`: (now, usual) -> up, down, flat or ""; `shade`: (count, largest) -> 0..5.
    `deadlines`: (market, first, last, language) -> dates of the regulator calendar.
    """

    svg: Callable[[Chart, str], bytes]
    png: Callable[[Chart, str], bytes]
    band: Callable[[Mapping[date, int], date], tuple[float, float] | None]
    wilson: Callable[[int, int], tuple[float, float]]
    direction: Callable[[float, float | None], Literal["", "up", "down", "flat"]]
    shade: Callable[[int, int], int]
    deadlines: Callable[[str, date, date, str], Sequence[tuple[date, str]]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Brought:
    """What somebody brings: an address to fetch, or a text. `published` is None when nobody knows."""

    url: str
    title: str
    text: str
    outlet: str
    market: str
    lens: str
    language: str
    published: datetime | None


Intake = Callable[[Brought], str]
"""Files it; the id of the item. Raises LagebildError with what to do instead."""


class Health(Protocol):
    """How a source is; see `crawler.rhythm`."""

    @property
    def state(self) -> Outcome: ...
    @property
    def since(self) -> datetime | None: ...
    @property
    def reason(self) -> str: ...
    @property
    def last_fresh(self) -> datetime | None: ...
    @property
    def stale(self) -> bool: ...
    @property
    def dead(self) -> bool: ...
    @property
    def usual(self) -> float: ...
    @property
    def unread(self) -> float | None: ...
    @property
    def is_well(self) -> bool: ...


@dataclass(frozen=True, slots=True)
class Draft:
    """A changed sources.yaml before it is kept. `diff` is unified; `mark` tells the file that it was made from."""

    diff: str
    problems: tuple[str, ...]
    mark: str


@dataclass(frozen=True, slots=True)
class Tried:
    """What one visit brought: per item its address, a fault of its page, and (field, value, where it came from)."""

    outcome: str
    reason: str
    entries: int
    items: tuple[tuple[str, str, tuple[tuple[str, str, str], ...]], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Bench:
    """A maintainer's tools. `health` by source id. `entry`: id -> its lines of sources.yaml, "" if it has none.

    `draft`: (id or "" to append, lines) -> the changed file; `apply`: (id, lines, the draft's mark), raises Conflict when
    the file changed since. `try_now`: (id, lines or "" for those in force) fetches once and keeps nothing.
    `read_opml`: (file, market, language, lens) -> lines of what is new in it.
    """

    editable: bool
    health: Callable[[], Mapping[str, Health]]
    entry: Callable[[str], str]
    draft: Callable[[str, str], Draft]
    apply: Callable[[str, str, str], None]
    try_now: Callable[[str, str], Tried]
    opml: Callable[[], bytes]
    read_opml: Callable[[bytes, str, str, str], str]
    faults: Callable[[], bytes]


class Agreed(Protocol):
    """How often two readers gave the same answer: of `n` answers given twice, `same` were equal."""

    @property
    def what(self) -> str: ...
    @property
    def label(self) -> str: ...
    @property
    def n(self) -> int: ...
    @property
    def same(self) -> int: ...
    @property
    def kappa(self) -> float | None: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Teaching:
    """The labelling loop. `first` and `second` give, for a reader, the ids of items that nobody, or one other, has read.

    `topics` are all that can be said of an item.
    """

    topics: Sequence[str]
    first: Callable[[str], Sequence[str]]
    second: Callable[[str], Sequence[str]]
    agreement: Callable[[], Sequence[Agreed]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Desk:
    """The reading room's own view of the house. `zones` gives each market's time zone, home market first.

    `names` labels ids (`topic:ID`, `platform:ID`) per language. `hosts` are the names the room answers to.
    `entrance` says how people come in, `asking` lets them ask in SQL. `render` makes a kept issue's HTML from its JSON. `speak` puts a rule's reason
    into the reader's language. `regions` are those of all markets that have any. What is None is not offered in this room. `explain_health` gives a source's state in words.
    """

    archive: Archive
    clock: Clock
    sources: Sequence[Source]
    zones: Mapping[str, str]
    names: Names
    triage: Triage
    render: Callable[[str], bytes]
    shield: Shield = Shield()
    speak: Callable[[str, str], str] = lambda reason, _language: reason
    stories: Storytelling | None = None
    teaching: Teaching | None = None
    drawing: Drawing | None = None
    bench: Bench | None = None
    intake: Intake | None = None
    hosts: frozenset[str] = frozenset({"127.0.0.1", "localhost", "::1"})
    entrance: Entrance = field(default_factory=Entrance)
    asking: Asking | None = None
    regions: Sequence[Region] = ()
    secret: str = field(default_factory=lambda: secrets.token_hex(32))

    def name(self, kind: str, identity: str, language: str) -> str:
        """What people call it; a readable form of the id when nobody said."""
        return self.names.get(f"{kind}:{identity}", {}).get(language) or identity.replace("_", " ")

    def is_open(self) -> bool:
        """Whether everybody on this machine may do everything: true until there is an account."""
        return self.entrance.open and not self.archive.accounts()

    def new_mark(self) -> str:
        """A browser's mark; it says nothing about its reader."""
        return secrets.token_urlsafe(18)
