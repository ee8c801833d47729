"""From judged days to signals: one market's series side by side, named Watch, Elevated or Escalate.

Counts are of independent publishers. A program only proposes: every signal carries the sentences that say what it
rests on, and a signal that rests on missing sources is muted rather than hidden. Pure.
"""

import hashlib
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from functools import cache
from math import log

import holidays as public_holidays

from domain.model import Level, Signal
from nlp.baseline import Expectation, tail
from nlp.outbreaks import (
    ELEVATED_SD,
    LEAST_COUNT,
    LEAST_PUBLISHERS,
    WATCH_SD,
    YESTERDAY_SD,
    SpikeDay,
    Watcher,
    detect,
    name_level,
)
from nlp.watchers import Watchers

__all__ = [
    "SpikeDay",
    "Watcher",
    "detect",
    "explain",
    "holidays_of",
    "replay",
    "signals_of_day",
    "story_growth",
]

Counts = tuple[int, int, int]
"""Independent publishers, outlets, items."""
Series = Mapping[str, Mapping[date, Counts]]

FALSE_SHARE = 0.1
"""Benjamini-Hochberg: of the signals named Elevated on one day, at most this share may be chance."""
MATERIAL_LOSS = 0.15
"""Share of the usual volume; with more lost than this no count is taken at its word."""
DAYS_THAT_CHANGE = 2
"""Today and yesterday are counted again at each look; what has seen the days before them is kept to be led on."""
LEAST_TOLD = 0.001
"""A smaller chance than this says no more to a reader."""
GRAVE = 4
"""Severity from which an Elevated signal is proposed for escalation (S1 and S2 of the digest)."""
COUNTRY = {"UK": "GB"}
NO_HOLIDAYS = frozenset({"EU", "INT", "WORLD"})
STORY_DISPERSION = 1 / 3
DAYS_A_WEEK = 7


@dataclass(frozen=True, slots=True)
class Context:
    """What else is known of one day's series, by label: worst severity, items, tripwires that fired."""

    severity: Mapping[str, int] = field(default_factory=dict)
    item_ids: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    tripwires: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


NO_CONTEXT = Context()


@dataclass(frozen=True, slots=True)
class Replay:
    """Alarms that stored history would have raised. Rates are per week over all series; muted ones count apart."""

    first: date
    last: date
    series: int
    signals: tuple[Signal, ...]

    @property
    def weeks(self) -> float:
        return ((self.last - self.first).days + 1) / DAYS_A_WEEK

    def weekly(self, level: Level) -> float:
        """Signals of this level or above a week, muted ones left out."""
        ranks = list(Level)
        loud = [s for s in self.signals if ranks.index(s.level) >= ranks.index(level) and not s.muted]
        return len(loud) / self.weeks


@cache
def _calendar(country: str) -> public_holidays.HolidayBase:
    return public_holidays.country_holidays(country)


def holidays_of(market: str, first: date, last: date) -> frozenset[date]:
    """The market's nation-wide public holidays from first to last; none for EU and other unions."""
    if market in NO_HOLIDAYS or not market:
        return frozenset()
    try:
        calendar = _calendar(COUNTRY.get(market, market))
    except NotImplementedError:  # the package does not know this country: its days are weekdays
        return frozenset()
    return frozenset(day for day in _days(first, last) if day in calendar)


def _days(first: date, last: date) -> Iterator[date]:
    for offset in range((last - first).days + 1):
        yield first + timedelta(days=offset)


def judge(
    series: Series, market: str, first: date, last: date, coverage: Mapping[date, float]
) -> dict[str, list[SpikeDay]]:
    """Every series judged on every day from first to last; a day without an entry counts zero.

    A day without a coverage entry was read in full.
    """
    holidays = holidays_of(market, first, last)
    return {
        label: _judge_one(counts, first, last, holidays, coverage) for label, counts in sorted(series.items())
    }


def _judge_one(
    counts: Mapping[date, Counts],
    first: date,
    last: date,
    holidays: Collection[date],
    coverage: Mapping[date, float],
) -> list[SpikeDay]:
    watcher = Watcher(holidays)
    return [watcher.judge(*seen) for seen in _seen(counts, first, last, coverage)]


def _seen(
    counts: Mapping[date, Counts], first: date, last: date, coverage: Mapping[date, float]
) -> Iterator[tuple[date, int, float]]:
    """Each day with its count and coverage, the latter in whole percent: what is usual moves it a little at each look."""
    return (
        (day, counts.get(day, (0, 0, 0))[0], round(coverage.get(day, 1.0), 2)) for day in _days(first, last)
    )


_WATCHERS = Watchers()


def _judge_last(
    series: tuple[str, ...],
    counts: Mapping[date, Counts],
    first: date,
    last: date,
    holidays: frozenset[date],
    coverage: Mapping[date, float],
) -> SpikeDay:
    """The last day as `_judge_one` judges it, from a memory of those that hardly change any more."""
    seen = [(count, share) for _, count, share in _seen(counts, first, last, coverage)]
    _WATCHERS.having_seen(series, first, seen[:-DAYS_THAT_CHANGE], holidays)
    return _WATCHERS.having_seen(series, first, seen, holidays).last


def signals_of_day(
    series: Series,
    market: str,
    day: date,
    coverage: Mapping[date, float],
    *,
    dimension: str = "topic",
    context: Context = NO_CONTEXT,
    first: date | None = None,
) -> list[Signal]:
    """The signals of one market and day, loudest first. `first` is the first day of history, else that of any count:
    days before the archive began are unknown, not quiet.

    `series` is what `EnrichArchive.series` returns; all of its labels are tested together.
    """
    begin = first or _earliest(series, day)
    holidays = holidays_of(market, begin, day)
    judged = {
        label: _judge_last((dimension, label, market), counts, begin, day, holidays, coverage)
        for label, counts in sorted(series.items())
    }
    return _named(judged, series, market, day, dimension, context)


def _earliest(series: Series, day: date) -> date:
    return min((d for counts in series.values() for d, seen in counts.items() if any(seen)), default=day)


def replay(
    series: Series,
    market: str,
    first: date,
    last: date,
    coverage: Mapping[date, float],
    *,
    dimension: str = "topic",
    history_from: date | None = None,
) -> Replay:
    """Runs the same rules over stored history: what would have been raised from first to last, and on what."""
    begin = min(first, history_from or _earliest(series, first))
    judged = judge(series, market, begin, last, coverage)
    raised = [
        signal
        for day in _days(first, last)
        for signal in _named(
            {label: days[(day - begin).days] for label, days in judged.items()},
            series,
            market,
            day,
            dimension,
            NO_CONTEXT,
        )
    ]
    return Replay(first, last, len(series), tuple(raised))


# --- naming --------------------------------------------------------------------------------------


def _named(
    judged: Mapping[str, SpikeDay], series: Series, market: str, day: date, dimension: str, context: Context
) -> list[Signal]:
    chance = adjusted({label: _p_of(spike) for label, spike in judged.items()})
    signals = [
        _signal(spike, label, market, dimension, chance[label], len(judged), series[label], context)
        for label, spike in judged.items()
        if spike.level or spike.alarm or label in context.tripwires
    ]
    ranks = list(Level)
    return sorted(signals, key=lambda s: (bool(s.muted), -ranks.index(s.level), -s.score, s.label))


def adjusted(p_values: Mapping[str, float]) -> dict[str, float]:
    """Benjamini-Hochberg q-values by label: the smallest false-discovery rate at which each would be named."""
    ranked = sorted(p_values, key=lambda label: p_values[label])
    lowest, q_values = 1.0, {}
    for rank in range(len(ranked), 0, -1):
        label = ranked[rank - 1]
        lowest = min(lowest, p_values[label] * len(ranked) / rank)
        q_values[label] = lowest
    return q_values


def _p_of(spike: SpikeDay) -> float:
    """The day's tail, or that of two raised days together (Fisher's product), whichever says more; times two."""
    if spike.deviation_yesterday <= YESTERDAY_SD:
        return spike.p_value
    product = spike.p_value * spike.p_value_yesterday
    return min(1.0, 2 * min(spike.p_value, product * (1 - log(product))))


def _signal(
    spike: SpikeDay,
    label: str,
    market: str,
    dimension: str,
    chance: float,
    tested: int,
    counts: Mapping[date, Counts],
    context: Context,
) -> Signal:
    publishers, outlets, items = counts.get(spike.date, (0, 0, 0))
    wires = context.tripwires.get(label, ())
    level = _level(spike, chance, publishers, context.severity.get(label, 0), bool(wires))
    return Signal(
        id=signal_id(dimension, label, market, spike.date),
        dimension=dimension,
        label=label,
        market=market,
        day=spike.date,
        count=publishers,
        expected=round(spike.expected, 2),
        upper=float(spike.upper),
        score=round(spike.deviation, 2),
        p_value=spike.p_value,
        level=level,
        items=items,
        outlets=outlets,
        reasons=(*wires, *_reasons(spike, chance, tested, context.severity.get(label, 0))),
        muted="" if wires else mute(spike),
        item_ids=context.item_ids.get(label, ()),
    )


def signal_id(dimension: str, label: str, market: str, day: date) -> str:
    """The same series and day has the same id on every run."""
    return hashlib.sha256(f"{dimension}|{label}|{market}|{day.isoformat()}".encode()).hexdigest()[:16]


def _level(spike: SpikeDay, chance: float, publishers: int, severity: int, tripped: bool) -> Level:
    if tripped:
        return Level.ESCALATE
    elevated = spike.alarm and chance <= FALSE_SHARE and publishers >= LEAST_PUBLISHERS
    if elevated and severity >= GRAVE:
        return Level.ESCALATE
    return Level.ELEVATED if elevated else Level.WATCH


def _reasons(spike: SpikeDay, chance: float, tested: int, severity: int) -> tuple[str, ...]:
    """What the signal rests on, a sentence each."""
    said = [
        f"{spike.count} publishers where {spike.expected:.1f} were expected and up to {spike.upper} are usual "
        f"({spike.deviation:+.1f} sd)"
    ]
    if spike.deviation > WATCH_SD and spike.deviation_yesterday > YESTERDAY_SD:
        said.append(f"second raised day: yesterday {spike.deviation_yesterday:+.1f} sd")
    elif spike.deviation > ELEVATED_SD:
        said.append(f"over {ELEVATED_SD:.0f} sd on one day")
    elif spike.alarm:
        said.append("small rises of several days add up")
    verdict = "holds" if chance <= FALSE_SHARE else "does not hold"
    told = f"q = {chance:.3f}" if chance >= LEAST_TOLD else f"q < {LEAST_TOLD}"
    said.append(f"{verdict} among {tested} series tested together ({told})")
    if spike.coverage < 1 - MATERIAL_LOSS:
        said.append(f"only {spike.coverage:.0%} of the usual volume was read")
    if severity >= GRAVE:
        said.append(f"severity {severity}")
    return tuple(said)


def mute(spike: SpikeDay) -> str:
    """Why this day's signal is not to be believed; "" when it is.

    With sources down less is expected. If the count stands out even against what a full day brings, the loss makes
    the signal stronger; if only against the reduced expectation, it may be an echo of the sources left.
    """
    if spike.coverage >= 1 - MATERIAL_LOSS or spike.coverage <= 0:
        return ""
    full = spike.expected / spike.coverage
    sd = (spike.sd / spike.coverage) if spike.sd else 1.0
    if name_level(spike.count, (spike.count - full) / sd, 0, 0.0):
        return ""
    return f"sources that carry {1 - spike.coverage:.0%} of the usual volume were down"


# --- growth of a story ---------------------------------------------------------------------------


def story_growth(
    stories: Series, market: str, day: date, *, context: Context = NO_CONTEXT, coverage: float = 1.0
) -> list[Signal]:
    """Stories that drew many more publishers than the day before, when they are too young for a baseline.

    The day before (at least one publisher) is the expectation. Growth alone is Watch: much that grows fast is plain
    news. From severity 4 it is Elevated.
    """
    grown = [
        _growth(label, counts, market, day, context, coverage) for label, counts in sorted(stories.items())
    ]
    return sorted((s for s in grown if s), key=lambda s: (-s.score, s.label))


def _growth(
    label: str, counts: Mapping[date, Counts], market: str, day: date, context: Context, coverage: float
) -> Signal | None:
    publishers, outlets, items = counts.get(day, (0, 0, 0))
    before = counts.get(day - timedelta(days=1), (0, 0, 0))[0]
    usual = Expectation(max(1.0, float(before)), STORY_DISPERSION).scaled(coverage)
    deviation = (publishers - usual.mean) / usual.sd
    if publishers < LEAST_COUNT or deviation <= WATCH_SD:
        return None
    severity = context.severity.get(label, 0)
    return Signal(
        id=signal_id("story", label, market, day),
        dimension="story",
        label=label,
        market=market,
        day=day,
        count=publishers,
        expected=usual.mean,
        upper=usual.mean + WATCH_SD * usual.sd,
        score=round(deviation, 2),
        p_value=tail(publishers, usual),
        level=Level.ELEVATED if severity >= GRAVE else Level.WATCH,
        items=items,
        outlets=outlets,
        reasons=(f"{publishers} publishers after {before} the day before",),
        item_ids=context.item_ids.get(label, ()),
    )


# --- explaining ----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Explanation:
    """The last days of one series, newest last, and the sentences on the day asked for."""

    label: str
    market: str
    days: tuple[SpikeDay, ...]
    sentences: tuple[str, ...]


def explain(
    counts: Mapping[date, Counts],
    label: str,
    market: str,
    day: date,
    coverage: Mapping[date, float],
    *,
    shown_days: int = 14,
) -> Explanation:
    """How one series came to its level, or why it did not."""
    begin = _earliest({label: counts}, day)
    judged = judge({label: counts}, market, begin, day, coverage)[label]
    spike = judged[-1]
    sentences = [*_reasons(spike, _p_of(spike), 1, 0), _verdict(spike)]
    if muted := mute(spike):
        sentences.append(f"muted: {muted}")
    return Explanation(label, market, tuple(judged[-shown_days:]), tuple(sentences))


def _verdict(spike: SpikeDay) -> str:
    if spike.level or spike.alarm:
        return f"named {(Level.ELEVATED if spike.alarm else Level.WATCH).value} by itself"
    if spike.deviation > WATCH_SD:
        return f"not named: under {LEAST_COUNT} publishers"
    return f"not named: under {WATCH_SD:.0f} sd"
