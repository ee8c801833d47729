"""What every chart of the dashboard is given, and what it gives back."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from domain.briefing import Chart, Panel
from web.desk import Desk, Drawing
from web.figures import ask, local_days, today_in

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
    def window(self) -> dict[str, str]:
        """The days as a question's parameters."""
        start = datetime.combine(self.first, time.min, ZoneInfo(self.zone)).astimezone(UTC)
        return {"market": self.market, "since": start.isoformat(), "until": self.desk.clock().isoformat()}

    @property
    def markets(self) -> list[str]:
        """For small multiples: the parts of a roll-up, else the market alone."""
        parts = [code for code in self.desk.zones if code not in PARTED]
        return parts if self.market in PARTED else [self.market]

    def ask(self, query: str, **more: str | int) -> Any:
        return ask(self.desk, query, **(self.window | more))

    def name(self, kind: str, identity: str) -> str:
        return self.desk.name(kind, identity, self.language)

    def search(self, **narrowed: str) -> str:
        """The address of the items behind a number."""
        known = {"relevant": "1", "since": self.first.isoformat(), "until": self.last.isoformat()}
        markets = [("market", code) for code in self.markets]
        return "/search?" + urlencode([*markets, *(known | narrowed).items()])

    def daily(self, market: str, *, before: int = 0) -> dict[date, dict[str, int]]:
        """Per local day of the market items, relevant items and publishers; of the chosen label if one is chosen."""
        zone = self.desk.zones.get(market, "UTC")
        days = local_days(self.first - timedelta(days=before), self.last, zone)
        return {
            date.fromisoformat(row["day"]): row
            for row in ask(self.desk, "daily", market=market, days=_json(days))
        }

    def daily_of_label(self, market: str, *, before: int = 0) -> dict[date, dict[str, int]]:
        zone = self.desk.zones.get(market, "UTC")
        days = local_days(self.first - timedelta(days=before), self.last, zone)
        rows = ask(self.desk, "daily_by_label", market=market, days=_json(days), layer=self.layer)
        return {date.fromisoformat(row["day"]): row for row in rows if row["label"] == self.label}

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


def _json(days: Sequence[tuple[str, str, str]]) -> str:
    import json

    return json.dumps(days)


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
