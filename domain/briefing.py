"""What a briefing says, in words, before any format: sections of blocks of lines of parts.

A daily digest, a weekly report and an incident report are all a `Digest`; a format walks it and needs to know
nothing of what it is about. Numbers that came from the archive are `Figure`s and carry the mark of their query.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Literal

from domain.model import Number

# --- the parts of a line -------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Figure:
    """A number with the mark of its query (`Q7`). `text` is in the reader's locale; `value` None: not known.

    `bare`: the mark is not printed beside it, since the table's caption carries it.
    """

    text: str
    mark: str
    value: float | None = None
    bare: bool = False


@dataclass(frozen=True, slots=True)
class Strong:
    text: str


@dataclass(frozen=True, slots=True)
class Link:
    """`text` names the outlet or the thing; `url` is http(s), or `#anchor` inside the briefing."""

    text: str
    url: str
    language: str = ""


@dataclass(frozen=True, slots=True)
class Foreign:
    """Somebody else's words (a headline, a quotation), cleaned, in their own language."""

    text: str
    language: str = ""
    quoted: bool = False


BadgeKind = Literal[
    "s1",
    "s2",
    "s3",
    "s4",
    "new",
    "changed",
    "ongoing",
    "up",
    "down",
    "flat",
    "watch",
    "elevated",
    "escalate",
    "note",
]


@dataclass(frozen=True, slots=True)
class Badge:
    """A word that may also be coloured; the word alone says all."""

    text: str
    kind: BadgeKind = "note"


Part = str | Figure | Strong | Link | Foreign | Badge
Line = tuple[Part, ...]

# --- blocks --------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Paragraph:
    """`role` says how it stands: plain, lead (the bottom line), note (small), warning."""

    line: Line
    role: Literal["plain", "lead", "note", "warning"] = "plain"


@dataclass(frozen=True, slots=True)
class Heading:
    """A heading under a section's own."""

    text: str
    anchor: str = ""


@dataclass(frozen=True, slots=True)
class Bullets:
    lines: tuple[Line, ...]


@dataclass(frozen=True, slots=True)
class Table:
    """`numeric` holds the indexes of columns set flush right. The caption carries the marks of the figures."""

    caption: Line
    head: tuple[str, ...]
    rows: tuple[tuple[Line, ...], ...]
    numeric: tuple[int, ...] = ()
    name: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class StoryCard:
    """One story as printed. `badges` first the severity; `facts` are short lines of numbers and times.

    `judgement` is what a named analyst says of it, `why` what the program says; these, `confidence` and `outlook`
    (what would change our view) are empty where nothing can be said.
    """

    id: str
    anchor: str
    permalink: str
    headline: Foreign
    badges: tuple[Badge, ...]
    facts: tuple[Line, ...]
    links: tuple[Line, ...] = ()
    quote: Line = ()
    judgement: Line = ()
    why: Line = ()
    confidence: Line = ()
    outlook: Line = ()
    helpline: Line = ()
    severity: int = 0
    status: str = ""
    topics: tuple[str, ...] = ()
    publishers: int = 0
    items: int = 0
    first_published: datetime | None = None
    last_change: datetime | None = None


@dataclass(frozen=True, slots=True)
class HeatCell:
    """`count` items now, `usual` per such period before (None: unknown); `arrow` is "" where it is withheld."""

    count: int
    usual: float | None = None
    arrow: Literal["", "up", "down", "flat"] = ""


@dataclass(frozen=True, slots=True)
class Heatmap:
    """Rows are risks, columns product features; `cells[row][column]`."""

    caption: Line
    alt: str
    rows: tuple[str, ...]
    columns: tuple[str, ...]
    cells: tuple[tuple[HeatCell, ...], ...]


@dataclass(frozen=True, slots=True)
class DayPoint:
    """One local day of a series; `low` and `high` bound what is expected (None: too short a history).

    `coverage` is the share (0..1) of the usual volume carried by sources that reported.
    """

    day: date
    count: int
    low: float | None = None
    high: float | None = None
    coverage: float = 1.0


@dataclass(frozen=True, slots=True)
class Panel:
    title: str
    points: tuple[DayPoint, ...]
    notes: tuple[tuple[date, str], ...] = ()


@dataclass(frozen=True, slots=True)
class SmallMultiples:
    """Bars per day with the expected band, one panel per market; days with lost coverage are hatched."""

    caption: Line
    alt: str
    panels: tuple[Panel, ...]
    labels: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Interval:
    """A share with its Wilson interval, all 0..1; `share` None where `n` is too small to print one."""

    label: str
    n: int
    share: float | None
    low: float | None
    high: float | None
    usual: float | None = None


@dataclass(frozen=True, slots=True)
class Intervals:
    caption: Line
    alt: str
    rows: tuple[Interval, ...]
    labels: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Strip:
    """The life of one story: first to last day, `strength` publishers per day with any."""

    label: str
    first: date
    last: date
    strength: tuple[tuple[date, int], ...]
    closed: bool = False


@dataclass(frozen=True, slots=True)
class Strips:
    caption: Line
    alt: str
    first: date
    last: date
    rows: tuple[Strip, ...]


@dataclass(frozen=True, slots=True)
class Steps:
    """Cumulative independent publishers over time; `decisions` are our marks on it."""

    caption: Line
    alt: str
    points: tuple[tuple[datetime, int], ...]
    decisions: tuple[tuple[datetime, str], ...] = ()
    labels: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Tile:
    """One region of a schematic map: `column` and `row` from the upper left, `code` of ISO 3166-2, `count` of items."""

    code: str
    name: str
    short: str
    column: int
    row: int
    count: int


@dataclass(frozen=True, slots=True)
class TileMap:
    """Regions as tiles, one (title, tiles) per market; shades compare the tiles of one market."""

    caption: Line
    alt: str
    panels: tuple[tuple[str, tuple[Tile, ...]], ...]


Chart = SmallMultiples | Heatmap | Intervals | Strips | Steps | TileMap
Block = Paragraph | Heading | Bullets | Table | StoryCard | Chart


# --- the whole -----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Section:
    """`number` is the same in every language and variant. An empty section says so in its only paragraph."""

    number: int
    key: str
    title: str
    blocks: tuple[Block, ...]
    empty: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Header:
    """Section 0. `lines` are at most three; `notice` stands right below when coverage is poor, else ()."""

    title: str
    lines: tuple[Line, ...]
    notice: Line = ()
    tlp: str = "AMBER"
    reading_minutes: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Digest:
    """A briefing ready to be set. `kind`: daily, weekly, incident. `variant`: full, leadership.

    `locale` decides numbers and hyphenation (de_CH); `language` is what the words are in. `subject` is the mail's.
    `words` holds the few phrases a format itself needs (page x of y, quotation marks, …); `url` is where the issue
    can be opened, "" when no reading room is set up.
    `numbers` are all figures asked for, with their marks, in order.
    """

    id: str
    kind: Literal["daily", "weekly", "incident"]
    market: str
    day: date
    edition: str
    variant: str
    language: str
    locale: str
    as_of: datetime
    subject: str
    header: Header
    sections: tuple[Section, ...]
    numbers: tuple[tuple[str, Number], ...] = ()
    quiet: bool = False
    url: str = ""
    words: Mapping[str, str] = field(default_factory=dict)

    def section(self, number: int) -> Section | None:
        return next((section for section in self.sections if section.number == number), None)
