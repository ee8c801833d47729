"""What the archive answered, in values, before anything is put into words."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Literal

from digest.wording import Speak, as_it_is
from domain.briefing import DayPoint
from domain.model import Incident, Lens, Number, Rights, Signal

SHORTEST_DAY_HOURS = 23
"""The day on which clocks go forward."""


@dataclass(frozen=True, slots=True)
class Period:
    """The time an issue speaks of: from the last issue's cut-off to this one's, aware and UTC.

    `previous_start` is where the issue before began; `days` are the local days it closes, oldest first.
    """

    day: date
    zone: str
    previous_start: datetime
    start: datetime
    end: datetime
    days: tuple[date, ...]

    @property
    def hours(self) -> float:
        return (self.end - self.start).total_seconds() / 3600

    @property
    def is_whole(self) -> bool:
        """Whether it is a day or more; an update's few hours have no usual to be held against."""
        return self.hours >= SHORTEST_DAY_HOURS


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """One item as evidence. `lead` is the source's own words; `rights` say how much of them may be shown."""

    item_id: str
    url: str
    title: str
    outlet: str
    published_at: datetime
    lead: str = ""
    publisher: str = ""
    country: str = ""
    language: str = ""
    tier: int = 3
    lens: Lens = Lens.MEDIA
    kind: str = "article"
    paywalled: bool | None = None
    rights: Rights = Rights.ALLOW
    grade: str = "F"
    topics: tuple[str, ...] = ()
    severity: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class StoryFact:
    """A story as of the cut-off. Counts without a suffix are over its whole life.

    `abroad` are reports of other markets on the same story, for a headline in the reader's language.
    `publishers_now` and `publishers_before` count the independent publishers that wrote in this period and in the
    one before. `previous_at` is its latest item before this period, None when it began in it.
    """

    id: str
    title: str
    language: str
    first_published: datetime
    first_seen: datetime
    last_change: datetime
    items: int
    outlets: int
    publishers: int
    items_now: int
    publishers_now: int
    publishers_before: int = 0
    previous_at: datetime | None = None
    severity: int = 1
    severity_by: str = ""
    tier: int = 3
    state: str = "live"
    topics: tuple[str, ...] = ()
    features: tuple[str, ...] = ()
    platforms: tuple[str, ...] = ()
    lenses: tuple[str, ...] = ()
    markets: tuple[str, ...] = ()
    reports: tuple[Report, ...] = ()
    abroad: tuple[Report, ...] = ()


@dataclass(frozen=True, slots=True)
class TopicFact:
    """One topic's counts in the period; `usual` publishers per such period before, None when unknown."""

    topic: str
    publishers: int
    outlets: int
    items: int
    usual: float | None = None


@dataclass(frozen=True, slots=True)
class CellFact:
    topic: str
    feature: str
    items: int
    usual: float | None = None


@dataclass(frozen=True, slots=True)
class LensFact:
    """Stance counts of one lens toward named platforms, in the period and in the 56 days before."""

    lens: str
    n: int
    critical: int
    base_n: int = 0
    base_critical: int = 0


@dataclass(frozen=True, slots=True)
class SourceFact:
    """One expected source: its latest outcome in the period and the share (0..1) of the market's usual volume."""

    id: str
    name: str
    outcome: str
    reason: str = ""
    since: datetime | None = None
    share: float = 0.0
    lens: str = "media"
    language: str = ""


@dataclass(frozen=True, slots=True)
class Correction:
    """What a source changed after we told of it. `old` and `new` are headlines; `new` is "" when withdrawn."""

    item_id: str
    url: str
    outlet: str
    kind: Literal["headline", "withdrawn"]
    old: str
    new: str
    at: datetime
    language: str = ""
    story_id: str = ""
    rights: Rights = Rights.ALLOW
    topics: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Deadline:
    """One date of the regulator calendar, with what it rests on and where that is written."""

    day: date
    title: Mapping[str, str]
    basis: Mapping[str, str]
    url: str
    markets: tuple[str, ...]
    id: str = ""


@dataclass(frozen=True, slots=True)
class Quality:
    """The tagger's precision on its last labelled sample; None where it was never measured."""

    precision: float | None = None
    sample: int = 0
    checked_on: date | None = None


@dataclass(frozen=True, slots=True)
class Volume:
    """All that was read for the market in the period, and what of it is relevant (copies counted once)."""

    items: int = 0
    relevant: int = 0
    outlets: int = 0
    publishers: int = 0


@dataclass(frozen=True, slots=True)
class Said:
    """Words of an analyst, with who wrote them and when (None: not known)."""

    text: str
    by: str = ""
    at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Analyst:
    """The analyst layer; all of it is optional, and none of it takes the place of what the program says.

    `name` is who is on duty, else who wrote last. `bottom_line` is by language, `why` by story and language, `notes`
    by language, oldest first. `first` are stories put before the printed order, `weak` items chosen for section 9.
    """

    name: str = ""
    bottom_line: Mapping[str, Said] = field(default_factory=dict)
    why: Mapping[str, Mapping[str, Said]] = field(default_factory=dict)
    notes: Mapping[str, tuple[Said, ...]] = field(default_factory=dict)
    first: tuple[str, ...] = ()
    weak: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """Everything one issue of one market knows. `marks` maps a query's name to its mark (Q1 ...).

    `occasions` say why an update appears: escalation, correction, analyst; none for the morning's issue.
    A roll-up's `parts` are its markets' facts; their marks go on in the same row.
    """

    market: str
    edition: str
    period: Period
    as_of: datetime
    numbers: tuple[tuple[str, Number], ...] = ()
    marks: Mapping[str, str] = field(default_factory=dict)
    volume: Volume = field(default_factory=Volume)
    stories: tuple[StoryFact, ...] = ()
    topics: tuple[TopicFact, ...] = ()
    cells: tuple[CellFact, ...] = ()
    lenses: tuple[LensFact, ...] = ()
    sources: tuple[SourceFact, ...] = ()
    signals: tuple[Signal, ...] = ()
    incidents: tuple[Incident, ...] = ()
    corrections: tuple[Correction, ...] = ()
    regulator: tuple[Report, ...] = ()
    singles: tuple[Report, ...] = ()
    chosen: tuple[Report, ...] = ()
    daily: tuple[DayPoint, ...] = ()
    languages: Mapping[str, int] = field(default_factory=dict)
    deadlines: tuple[Deadline, ...] = ()
    quality: Quality = field(default_factory=Quality)
    false_alarms: tuple[int, int] = (0, 0)
    analyst: Analyst = field(default_factory=Analyst)
    names: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    speak: Speak = as_it_is
    base_url: str = ""
    tlp: str = "AMBER"
    versions: Mapping[str, str] = field(default_factory=dict)
    issue_before: bool = True
    occasions: tuple[str, ...] = ()
    parts: tuple["Facts", ...] = ()

    def mark(self, name: str) -> str:
        """The mark of a query; "" for one that was not asked."""
        return self.marks.get(name, "")
