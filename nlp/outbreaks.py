"""Watches one series day by day, each day judged from its past only.

Two readings of a day stand side by side. The *tail test* says how unusual the count is by itself: deviation in
standard deviations and a negative-binomial p-value; levels are named by it. The *odds* say how much better a
running outbreak explains the last days than usual traffic does: a two-state filter (usual, outbreak of 2, 3, 4 or
5 standard deviations) whose memory lets a second raised day count for more than a first, and forgets as soon as
a day is usual again. Days the filter takes for an outbreak teach the baseline less.
"""

import math
from array import array
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import TypeVar

import numpy as np

from domain.model import Level
from nlp.baseline import (
    GUARD_DAYS,
    LEAST_MEAN,
    MIN_HISTORY_DAYS,
    PRIOR_SIZE,
    SHAPE_DAYS,
    Expectation,
    expect,
    kind_of_day,
    log_probability,
    tail,
    upper_bound,
)

Number = TypeVar("Number", int, float)
OUTBREAK_SD = (2.0, 3.0, 4.0, 5.0)
OUTBREAK_START = 0.03
"""Chance that a usual day is followed by the first day of an outbreak; higher than true, so that small ones rank."""
OUTBREAK_STAY = 0.6
"""Chance that an outbreak lasts one more day: two and a half days on average."""
FORGOTTEN = 0.9
"""How much of its weight a day loses when it was an outbreak for certain."""
NOT_JUDGED = -10.0
ALARM_ODDS = 2.2
"""Log odds that alarm by themselves: small rises of several days. About one usual day in 350 reaches them."""
LEAST_ALARM_ODDS = 1.5
"""A day that the printed rule names Elevated needs these odds as well; in lively topics five sd come by chance."""
BAND = 0.995
LEAST_COUNT = 5
LEAST_PUBLISHERS = 3
WATCH_SD = 3.0
ELEVATED_SD = 5.0
YESTERDAY_SD = 2.0


@dataclass(frozen=True, slots=True)
class SpikeDay:
    """What one day of a series looked like to someone who knew only the days before it.

    `score` is the natural log of the odds for a running outbreak (-10 while too little is known); `deviation` is in
    standard deviations, `p_value` one-sided. `upper` is what 995 of 1,000 usual days stay at or under.
    `level` is the printed rule's word, None for a usual day; `alarm` says that the odds agree with Elevated, or are high
    enough alone.
    """

    date: date
    count: int
    expected: float
    upper: int
    score: float
    alarm: bool
    deviation: float = 0.0
    p_value: float = 1.0
    level: Level | None = None
    coverage: float = 1.0
    sd: float = 1.0
    deviation_yesterday: float = 0.0
    p_value_yesterday: float = 1.0


def name_level(count: int, deviation: float, count_before: int, deviation_before: float) -> Level | None:
    """Watch: over 3 sd. Elevated: over 5 sd, or over 3 sd after a day over 2 sd. At least five on each day used."""
    if count < LEAST_COUNT or deviation <= WATCH_SD:
        return None
    second_day = count_before >= LEAST_COUNT and deviation_before > YESTERDAY_SD
    return Level.ELEVATED if deviation > ELEVATED_SD or second_day else Level.WATCH


@dataclass(slots=True)
class Watcher:
    """The memory of one series: half a year of counts and what the filter made of them.

    A shallow copy is a watcher of its own.
    """

    holidays: Collection[date] = ()
    _counts: "array[float]" = field(default_factory=lambda: array("d"))
    _kinds: "array[int]" = field(default_factory=lambda: array("b"))
    _weights: "array[float]" = field(default_factory=lambda: array("d"))
    _coverage: "array[float]" = field(default_factory=lambda: array("d"))
    _running: tuple[float, ...] = (0.0,) * len(OUTBREAK_SD)
    _last: SpikeDay | None = None

    def judge(self, day: date, count: int, coverage: float = 1.0) -> SpikeDay:
        """The next day of the series. Days left out since the last one are unknown, not zero.

        `coverage` (0..1) is the share of the usual volume that was read; less is expected of a day with less.
        """
        self._skip_to(day)
        full = self._expectation(day)
        seen = self._judged(day, count, full.scaled(coverage), coverage)
        outbreak = sum(self._running) if len(self._counts) >= MIN_HISTORY_DAYS else 0.0
        self._remember(day, count, 1 - FORGOTTEN * outbreak, coverage)
        self._last = seen
        return seen

    @property
    def last(self) -> SpikeDay:
        """The day judged last. Raises ValueError before the first."""
        if self._last is None:
            raise ValueError("no day was judged")
        return self._last

    def _skip_to(self, day: date) -> None:
        if self._last is None:
            return
        missing = min((day - self._last.date).days - 1, SHAPE_DAYS)
        for back in range(missing, 0, -1):
            self._remember(day - timedelta(days=back), 0, 0.0, 0.0)
        if missing > 0:
            self._running = (0.0,) * len(OUTBREAK_SD)
            self._last = None

    def _remember(self, day: date, count: int, weight: float, coverage: float) -> None:
        self._counts = _followed(self._counts, count)
        self._kinds = _followed(self._kinds, kind_of_day(day, self.holidays))
        self._weights = _followed(self._weights, weight)
        self._coverage = _followed(self._coverage, coverage)

    def _expectation(self, day: date) -> Expectation:
        if sum(self._weights[:-GUARD_DAYS]) < 1:
            known = [c for c, w in zip(self._counts, self._weights, strict=True) if w > 0]
            mean = sum(known) / len(known) if known else LEAST_MEAN
            return Expectation(max(mean, LEAST_MEAN), 1 / PRIOR_SIZE)
        return expect(
            np.array(self._counts[:-GUARD_DAYS], dtype=np.float64),
            np.array(self._kinds[:-GUARD_DAYS], dtype=np.int64),
            np.array(self._weights[:-GUARD_DAYS], dtype=np.float64),
            np.array(self._coverage[:-GUARD_DAYS], dtype=np.float64),
            kind_of_day(day, self.holidays),
        )

    def _judged(self, day: date, count: int, usual: Expectation, coverage: float) -> SpikeDay:
        deviation = (count - usual.mean) / usual.sd
        upper = upper_bound(usual, BAND)
        if len(self._counts) < MIN_HISTORY_DAYS or coverage <= 0:
            return SpikeDay(day, count, usual.mean, upper, NOT_JUDGED, False, coverage=coverage)
        score, self._running = _filtered(count, usual, self._running)
        before = self._last
        count_before, deviation_before = (before.count, before.deviation) if before else (0, 0.0)
        level = name_level(count, deviation, count_before, deviation_before)
        enough = LEAST_ALARM_ODDS if level is Level.ELEVATED else ALARM_ODDS
        return SpikeDay(
            date=day,
            count=count,
            expected=usual.mean,
            upper=upper,
            score=score,
            alarm=count >= LEAST_COUNT and score >= enough,
            deviation=deviation,
            p_value=tail(count, usual),
            level=level,
            coverage=coverage,
            sd=usual.sd,
            deviation_yesterday=deviation_before,
            p_value_yesterday=before.p_value if before else 1.0,
        )


def _followed(days: "array[Number]", value: Number) -> "array[Number]":
    """The days that are looked at, and one more: a new array, so that a copy of the watcher keeps its own."""
    kept = days[1 - SHAPE_DAYS - GUARD_DAYS :]
    kept.append(value)
    return kept


def _filtered(count: int, usual: Expectation, running: Sequence[float]) -> tuple[float, tuple[float, ...]]:
    """Log odds for an outbreak today, and the probabilities of each size that tomorrow starts from."""
    size = 1 / usual.dispersion
    usual_log = log_probability(count, usual.mean, size)
    fresh = (1 - sum(running)) * OUTBREAK_START / len(OUTBREAK_SD)
    before = [p * OUTBREAK_STAY + fresh for p in running]
    gains = [log_probability(count, usual.mean + sd * usual.sd, size) - usual_log for sd in OUTBREAK_SD]
    weights = [p * math.exp(min(gain, 60.0)) for p, gain in zip(before, gains, strict=True)]
    quiet = 1 - sum(before)
    total = sum(weights) + quiet
    odds = math.log(max(sum(weights), 1e-12) / quiet)
    return odds, tuple(w / total for w in weights)


def detect(
    series: Sequence[tuple[date, int]],
    *,
    holidays: Collection[date] = (),
    coverage: dict[date, float] | None = None,
) -> list[SpikeDay]:
    """Judges each day of one series, in order of time, from its past only."""
    watcher = Watcher(holidays)
    shares = coverage or {}
    return [watcher.judge(day, count, shares.get(day, 1.0)) for day, count in series]
