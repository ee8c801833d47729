"""What every chart of the dashboard is given, and what it gives back."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from urllib.parse import urlencode

from domain.briefing import Chart, Panel
from domain.mentions import NONE, DayMentions, Key, Mentions, joined
from web.desk import Desk, Drawing
from web.figures import today_in

Cell = str | int | float | None
PARTED = ("DACH",)
"""Markets that are made of others; small multiples show the parts."""
NOTE_LETTERS = 20
BASELINE_DAYS = 58
"""What a band is learnt from before the first day shown."""


@dataclass(frozen=True, slots=True)
class Asked:
    """What a dashboard's address asks for. `layer` is topic, platform or feature with its `label`, or both are ""."""

    desk: Desk
    drawing: Drawing
    market: str
    days: int
    layer: str
    label: str
    language: str
    words: Mapping[str, str]
    held: dict[tuple[str, str], Mapping[date, DayMentions]] = field(default_factory=dict, compare=False)
    """By layer and market what the archive told already: several charts ask for the same days."""

    @property
    def zone(self) -> str:
        return self.desk.zones.get(self.market, "UTC")

    @property
    def last(self) -> date:
        """The market's today."""
        return today_in(self.desk, self.market)

    @property
    def first(self) -> date:
        return self.last - timedelta(days=self.days - 1)

    @property
    def markets(self) -> list[str]:
        """For small multiples: the parts of a roll-up, else the market alone."""
        parts = [code for code in self.desk.zones if code not in PARTED]
        return parts if self.market in PARTED else [self.market]

    def name(self, kind: str, identity: str) -> str:
        return self.desk.name(kind, identity, self.language)

    def search(self, **narrowed: str) -> str:
        """The address of the items behind a number."""
        known = {"relevant": "1", "since": self.first.isoformat(), "until": self.last.isoformat()}
        markets = [("market", code) for code in self.markets]
        return "/search?" + urlencode([*markets, *(known | narrowed).items()])

    def mentions(self, layer: str, market: str, since: date) -> Mapping[date, DayMentions]:
        """By local day of the market, from `since` or before it to the last day shown."""
        held = self.held.get((layer, market), {})
        if since not in held:
            zone = self.desk.zones.get(market, "UTC")
            held = self.desk.archive.day_mentions(layer, since, self.last, zone, market)
            self.held[layer, market] = held
        return held

    def over(self, layer: str) -> dict[Key, Mentions]:
        """What was mentioned on the days shown, taken together: nothing counts twice."""
        days = self.mentions(layer, self.market, self.first)
        return joined(days[day] for day in self.shown_days())

    def labels(self, layer: str) -> list[tuple[str, Mentions]]:
        """The labels of the days shown: those of which most publishers speak first."""
        told = [(label, mentions) for (label,), mentions in self.over(layer).items()]
        return sorted(told, key=lambda row: (-len(row[1].publishers), -row[1].items, row[0]))

    def volume(self, market: str) -> dict[date, int]:
        """Per day all items of the market, relevant or not."""
        days = self.mentions("volume", market, self.first)
        return {day: told.get(("items",), NONE).items for day, told in days.items()}

    def daily(self, market: str, *, before: int = 0) -> dict[date, Mentions]:
        """Per day what is relevant, or of the chosen label if one is chosen; from `before` days before the first shown."""
        layer, key = (self.layer, self.label) if self.label else ("volume", "relevant")
        days = self.mentions(layer, market, self.first - timedelta(days=before))
        return {day: told.get((key,), NONE) for day, told in days.items()}

    def shown_days(self) -> list[date]:
        return [self.first + timedelta(days=n) for n in range(self.days)]

    def milestones(self, market: str) -> tuple[tuple[date, str], ...]:
        """Dated notes for a panel: what people noted, and the calendar of laws."""
        told = self.desk.archive.milestones(self.first, self.last, market)
        own = [(milestone.day, milestone.text) for milestone in told]
        noted = [*own, *self.drawing.deadlines(market, self.first, self.last, self.language)]
        return tuple(sorted((day, _short(text)) for day, text in noted))

    @property
    def what(self) -> str:
        """The chosen label's name; all risks when none is chosen."""
        return self.name(self.layer, self.label) if self.label else self.words["all_risks"]


def _short(text: str) -> str:
    """As much as stands upright in a panel; the list of milestones has the whole."""
    return text if len(text) <= NOTE_LETTERS else text[: NOTE_LETTERS - 1].rstrip() + "…"


@dataclass(frozen=True, slots=True)
class Shown:
    """A chart with its table. `links` gives, by row and column, the address behind a number."""

    chart: Chart
    head: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]
    links: Mapping[tuple[int, int], str]
    note: str = ""


def table_of(panels: Sequence[Panel], day_word: str) -> tuple[tuple[str, ...], tuple[tuple[Cell, ...], ...]]:
    """Head and rows of small multiples: one row a day, latest first, one column a panel."""
    days = sorted({point.day for panel in panels for point in panel.points}, reverse=True)
    counts = [{point.day: point.count for point in panel.points} for panel in panels]
    rows: tuple[tuple[Cell, ...], ...] = tuple(
        (day.isoformat(), *(told.get(day, 0) for told in counts)) for day in days
    )
    return (day_word, *(panel.title for panel in panels)), rows


def alt_of(panels: Sequence[Panel]) -> str:
    """The chart's numbers in words: the latest and the largest of each panel."""
    said = []
    for panel in panels:
        counts = [point.count for point in panel.points]
        said.append(f"{panel.title}: {counts[-1]} ({min(counts)}–{max(counts)})" if counts else panel.title)
    return "; ".join(said)
