"""Asks the archive what one issue needs, each question once, and keeps every answer with its mark."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from json import dumps, loads
from typing import Any

from digest.analyst import analyst_of
from digest.calendar import calendar
from digest.facts import (
    Analyst,
    CellFact,
    Correction,
    Facts,
    LensFact,
    Period,
    Quality,
    Report,
    Said,
    SourceFact,
    StoryFact,
    TopicFact,
    Volume,
)
from digest.period import local_days
from digest.rows import correction_of, faded, incident_of, report_of, signal_of, source_of, story_of
from digest.statistics import BASELINE_DAYS, GUARD_DAYS, band
from digest.wording import Speak, as_it_is
from domain.briefing import DayPoint
from domain.model import Incident, Number, Signal
from domain.ports import PublishArchive

ROLLUPS: Mapping[str, tuple[str, ...]] = {"DACH": ("DE", "AT", "CH")}
"""Markets that are made of others."""

CHART_DAYS = 28
ALARM_DAYS = 28
MOST_STORIES = 400
STORIES_WITH_REPORTS = 30
REPORTS_PER_STORY = 6
LEAST_BASELINE_DAYS = 7
SINGLE_SEVERITY = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """What to make: one market's issue. `names` labels what the wording does not know ("topic:ID" -> language).

    `mask` cuts slurs out of other people's words before anything is made of them. What analysts said counts up to
    `said_until` (None: the moment), since they write after the cut-off; a given `analyst` is used instead.
    """

    market: str
    period: Period
    edition: str = "daily"
    as_of: datetime | None = None
    analyst: Analyst | None = None
    said_until: datetime | None = None
    names: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    versions: Mapping[str, str] = field(default_factory=dict)
    speak: Speak = as_it_is
    base_url: str = ""
    tlp: str = "AMBER"
    mask: Callable[[str], str] = str
    occasions: tuple[str, ...] = ()

    @property
    def moment(self) -> datetime:
        """What is known up to here counts; the cut-off unless said otherwise."""
        return self.as_of or self.period.end

    @property
    def last_word(self) -> datetime:
        """Until when analysts were heard."""
        return self.said_until or self.moment


@dataclass(slots=True)
class Ledger:
    """The questions of an issue in the order asked; the first is Q1."""

    archive: PublishArchive
    as_of: datetime
    numbers: list[tuple[str, Number]] = field(default_factory=list)

    def ask(self, query: str, **parameters: str | int | float | None) -> tuple[str, Any]:
        """The mark and the answer."""
        number = self.archive.ask(query, parameters, self.as_of)
        mark = f"Q{len(self.numbers) + 1}"
        self.numbers.append((mark, number))
        return mark, loads(number.value)


def gather(archive: PublishArchive, order: Order) -> Facts:
    """Everything one issue knows. A roll-up holds its markets' facts in `parts`, all marks in one row."""
    ledger = Ledger(archive, order.moment)
    whole = market_facts(Asked(ledger, order))
    parts = tuple(
        market_facts(Asked(ledger, replace(order, market=market))) for market in ROLLUPS.get(order.market, ())
    )
    return replace(
        whole, parts=parts, numbers=tuple(ledger.numbers), analyst=with_parts(whole.analyst, parts)
    )


def with_parts(analyst: Analyst, parts: Sequence[Facts]) -> Analyst:
    """What the markets' own analysts said of a story stands in the roll-up too, unless it has words of its own."""
    why: dict[str, Mapping[str, Said]] = {}
    for part in parts:
        why |= part.analyst.why
    return replace(analyst, why=why | dict(analyst.why))


def market_facts(asked: "Asked") -> Facts:
    """What one market's issue is made of; `numbers` are left to whoever holds the ledger."""
    order = asked.order
    volume = asked.volume()
    stories = asked.stories()
    analyst = asked.analyst()
    history = asked.history()
    base = asked.baseline(history)
    facts = Facts(
        market=order.market,
        edition=order.edition,
        period=order.period,
        as_of=order.moment,
        volume=volume,
        stories=stories,
        topics=asked.topics(base),
        cells=asked.cells(base),
        lenses=asked.lenses(base),
        sources=asked.sources(),
        signals=asked.signals(),
        incidents=asked.incidents,
        corrections=asked.corrections(),
        regulator=asked.reports("regulator"),
        singles=asked.reports("singles", min_severity=SINGLE_SEVERITY),
        daily=daily_points(history, asked.coverage(), order.period),
        languages=asked.languages(),
        quality=asked.quality(),
        false_alarms=asked.false_alarms(),
        deadlines=calendar(),
        analyst=analyst,
        chosen=asked.chosen(analyst.weak),
        names=order.names,
        speak=order.speak,
        versions=order.versions,
        base_url=order.base_url.rstrip("/"),
        tlp=order.tlp,
        occasions=order.occasions,
        issue_before=any(count for day, count in history.items() if day < order.period.days[0]),
    )
    return replace(facts, marks=dict(asked.marks))


@dataclass(slots=True)
class Asked:
    """One market's questions; `marks` tells which mark answers which."""

    ledger: Ledger
    order: Order
    marks: dict[str, str] = field(default_factory=dict)
    incidents: tuple[Incident, ...] = ()

    def ask(self, name: str, query: str = "", **parameters: str | int | float | None) -> Any:
        mark, answer = self.ledger.ask(query or name, **{"market": self.order.market, **parameters})
        self.marks[name] = mark
        return masked(answer, self.order.mask)

    def now(self, name: str, query: str = "", **parameters: str | int | float | None) -> Any:
        """A question about the issue's own period."""
        period = self.order.period
        return self.ask(
            name, query, since=period.start.isoformat(), until=period.end.isoformat(), **parameters
        )

    # --- counts ---

    def volume(self) -> Volume:
        told = self.now("volume")
        return Volume(told["items"], told["relevant"], told["outlets"], told["publishers"])

    def history(self) -> dict[date, int]:
        """Publishers of relevant items per local day, far enough back for the chart and its baseline."""
        last = self.order.period.days[-1]
        first = last - timedelta(days=CHART_DAYS + BASELINE_DAYS + GUARD_DAYS)
        rows = self.ask("daily", days=dumps(local_days(first, last, self.order.period.zone)))
        return since_first({date.fromisoformat(row["day"]): row["publishers"] for row in rows})

    def baseline(self, history: Mapping[date, int]) -> tuple[datetime, int] | None:
        """Since when the days before count as usual, and how many they are; None under a week of them."""
        period = self.order.period
        days = sum(1 for day in history if day < period.days[0])
        if days < LEAST_BASELINE_DAYS or not period.is_whole:
            return None
        days = min(days, BASELINE_DAYS)
        return period.start - timedelta(days=days), days

    def topics(self, base: tuple[datetime, int] | None) -> tuple[TopicFact, ...]:
        rows = self.now("topics")
        usual: dict[str, float] = {}
        # Publishers of several days do not add up: an issue of a weekend has no usual to be held against.
        if base is not None and len(self.order.period.days) == 1:
            told = self.before("usual", base, "usual_by_label", layer="topic", day_count=base[1])
            usual = {row["label"]: row["publishers_a_day"] for row in told}
        return tuple(
            TopicFact(
                row["label"],
                row["publishers"],
                row["outlets"],
                row["items"],
                usual.get(row["label"], 0.0) if usual else None,
            )
            for row in rows
        )

    def cells(self, base: tuple[datetime, int] | None) -> tuple[CellFact, ...]:
        rows = self.now("cells")
        usual: dict[tuple[str, str], float] = {}
        if base is not None:
            share = len(self.order.period.days) / base[1]
            told = self.before("usual_cells", base, "cells")
            usual = {(row["topic"], row["feature"]): row["items"] * share for row in told}
        return tuple(
            CellFact(
                row["topic"],
                row["feature"],
                row["items"],
                usual.get((row["topic"], row["feature"]), 0.0) if usual else None,
            )
            for row in rows
        )

    def lenses(self, base: tuple[datetime, int] | None) -> tuple[LensFact, ...]:
        now = {row["lens"]: row for row in self.now("lenses")}
        told = self.before("usual_lenses", base, "lenses") if base else []
        usual = {row["lens"]: row for row in told}
        nothing = {"n": 0, "critical": 0}
        return tuple(
            LensFact(lens, row["n"], row["critical"], was["n"], was["critical"])
            for lens in sorted({*now, *usual})
            for row, was in [(now.get(lens, nothing), usual.get(lens, nothing))]
        )

    def before(self, name: str, base: tuple[datetime, int], query: str, **parameters: str | int) -> Any:
        """A question about the days before the issue's period."""
        since, until = base[0].isoformat(), self.order.period.start.isoformat()
        return self.ask(name, query, since=since, until=until, **parameters)

    def languages(self) -> dict[str, int]:
        return {row["language"]: row["items"] for row in self.now("languages")}

    # --- stories and reports ---

    def stories(self) -> tuple[StoryFact, ...]:
        self.incidents = tuple(map(incident_of, self.ask("incidents")))
        before = self.order.period.previous_start.isoformat()
        rows = self.now("stories", before=before, most=MOST_STORIES)
        changes = self.now("changes", query="story_changes", before=before)
        shown = [row["id"] for row in rows[:STORIES_WITH_REPORTS]]
        wanted = [
            *shown,
            *(name for incident in self.incidents for name in incident.story_ids if name not in shown),
        ]
        reports, abroad = self._reports_of(wanted), self._abroad(rows[:STORIES_WITH_REPORTS])
        live = tuple(story_of(row, reports.get(row["id"], ()), abroad.get(row["id"], ())) for row in rows)
        known = {story.id for story in live}
        return live + tuple(faded(row, self.order.period) for row in changes if row["id"] not in known)

    def _abroad(self, rows: Sequence[Mapping[str, Any]]) -> dict[str, tuple[Report, ...]]:
        """Reports of every market on the first stories: one of them may be in the reader's language."""
        return self._reports_of([row["id"] for row in rows], "abroad", "") if rows else {}

    def _reports_of(
        self, stories: Sequence[str], name: str = "story_reports", market: str | None = None
    ) -> dict[str, tuple[Report, ...]]:
        until = self.order.period.end.isoformat()
        rows = self.ask(
            name, "story_reports", stories=dumps(list(stories)), until=until, most=REPORTS_PER_STORY,
            **({} if market is None else {"market": market}),
        )  # fmt: skip
        held: dict[str, list[Report]] = {}
        for row in rows:
            held.setdefault(row["story"], []).append(report_of(row))
        return {story: tuple(reports) for story, reports in held.items()}

    def reports(self, name: str, **parameters: int) -> tuple[Report, ...]:
        return tuple(map(report_of, self.now(name, name, most=12, **parameters)))

    def chosen(self, items: Sequence[str]) -> tuple[Report, ...]:
        """What an analyst chose for section 9; asked only when somebody did."""
        return tuple(map(report_of, self.ask("chosen", "reports", items=dumps(list(items))))) if items else ()

    def corrections(self) -> tuple[Correction, ...]:
        return tuple(map(correction_of, self.now("corrections", most=50)))

    # --- sources, signals, quality ---

    def sources(self) -> tuple[SourceFact, ...]:
        period = self.order.period
        # In an update's few hours a source of a slow rhythm is not down: who reported within a day did report.
        since = period.start if period.is_whole else period.end - timedelta(days=1)
        rows = self.ask(
            "coverage",
            "sources",
            since=since.isoformat(),
            until=period.end.isoformat(),
            base_since=(since - timedelta(days=ALARM_DAYS)).isoformat(),
        )
        return tuple(source_of(row) for row in rows)

    def signals(self) -> tuple[Signal, ...]:
        """The loudest state of each series over the days closed and the one begun; the market's own before its parts'."""
        days = (*self.order.period.days, self.order.period.day)
        rows = self.ask("signals", first=days[0].isoformat(), last=days[-1].isoformat())
        loudest: dict[tuple[str, str], Signal] = {}
        own = sorted(map(signal_of, rows), key=lambda found: found.market != self.order.market)
        for found in own:
            loudest.setdefault((found.dimension, found.label), found)
        return tuple(loudest.values())

    def coverage(self) -> dict[date, float]:
        last = self.order.period.days[-1]
        first = last - timedelta(days=CHART_DAYS - 1)
        rows = self.ask(
            "covered", "coverage_daily", days=dumps(local_days(first, last, self.order.period.zone))
        )
        return {date.fromisoformat(row["day"]): row["share"] for row in rows}

    def analyst(self) -> Analyst:
        """What analysts said for this day's issue."""
        until = self.order.last_word.isoformat()
        rows = self.ask("remarks", day=self.order.period.day.isoformat(), until=until)
        return analyst_of(rows) if self.order.analyst is None else self.order.analyst

    def quality(self) -> Quality:
        told = self.ask("quality", layer="topic")
        checked = told["checked_on"]
        return Quality(told["precision"], told["sample"], date.fromisoformat(checked) if checked else None)

    def false_alarms(self) -> tuple[int, int]:
        period = self.order.period
        since = (period.end - timedelta(days=ALARM_DAYS)).isoformat()
        told = self.ask("alarms", "false_alarms", since=since, until=period.end.isoformat())
        return told["dismissed"], told["opened"]


OTHERS_WORDS = ("title", "lead", "old", "new")


def masked(answer: Any, mask: Callable[[str], str]) -> Any:
    """Rows with other people's words masked; what the archive answered is kept as it is."""
    if not isinstance(answer, list) or not answer or not any(name in answer[0] for name in OTHERS_WORDS):
        return answer
    return [{key: mask(held) if key in OTHERS_WORDS else held for key, held in row.items()} for row in answer]


def since_first(counts: dict[date, int]) -> dict[date, int]:
    """Without the empty days before the archive began."""
    begun = min((day for day, count in counts.items() if count), default=None)
    return {day: count for day, count in counts.items() if begun is not None and day >= begun}


def daily_points(
    history: Mapping[date, int], covered: Mapping[date, float], period: Period
) -> tuple[DayPoint, ...]:
    """The chart's 28 days; days before the archive began are left out."""
    last = period.days[-1]
    days = (last - timedelta(days=back) for back in reversed(range(CHART_DAYS)))
    return tuple(_point(history, day, covered.get(day, 1.0)) for day in days if day in history)


def _point(history: Mapping[date, int], day: date, share: float) -> DayPoint:
    expected = band(history, day)
    low, high = expected if expected else (None, None)
    return DayPoint(day, history[day], low, high, share)
