"""What a series of daily counts leads one to expect of its next day.

In the manner of Farrington and Noufaily: a level from the last 56 days, two days left out as a guard, a weekday
factor shrunk halfway, public holidays read as Sundays, past peaks given less weight, negative-binomial spread.
The *shape* (weekday factors and spread) is learnt on half a year, since eight Mondays say little; the *level*
on eight weeks, since news drifts. Pure: arrays in, numbers out.
"""

import math
from collections.abc import Collection
from dataclasses import dataclass
from datetime import date

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Days = NDArray[np.int64]

LEVEL_DAYS = 56
SHAPE_DAYS = 182
GUARD_DAYS = 2
"""An outbreak that began yesterday must not teach the baseline that it is usual."""
MIN_HISTORY_DAYS = 10
"""Eight days behind the guard: a new archive speaks in its second week, with wide bands."""
SUNDAY = 6
SHRINK = 0.5
LOUD_SD = 2.0
"""A past day more than this above its expectation loses weight by the square of the excess."""
PRIOR_SIZE = 6.0
"""Negative-binomial size (mean² / extra variance) of topics we know nothing of: between lively (3) and calm (12)."""
PRIOR_DAYS = 10.0
"""How many days of own history that prior is worth."""
LEARNT = 6.0
"""Level, weekday factors and spread are learnt from the same few days; each costs as much as a day's own noise."""
LEAST_MEAN = 0.1
LEAST_COVERAGE = 0.5
"""A past day with less of the usual volume than this is left out of the baseline."""


@dataclass(frozen=True, slots=True)
class Expectation:
    """Mean and spread of one day before it is seen; `dispersion` is 1/size, its own uncertainty included."""

    mean: float
    dispersion: float

    @property
    def sd(self) -> float:
        return math.sqrt(self.mean + self.dispersion * self.mean**2)

    def scaled(self, share: float) -> "Expectation":
        """What is left to expect when only this share (0..1) of the usual volume was read."""
        return Expectation(max(LEAST_MEAN, self.mean * share), self.dispersion)


def kind_of_day(day: date, holidays: Collection[date] = ()) -> int:
    """Monday is 0; a public holiday is a Sunday."""
    return SUNDAY if day in holidays else day.weekday()


WORKING_DAYS, WEEKEND = slice(0, 5), slice(5, 7)


def _weekday_factors(counts: Floats, weights: Floats, kinds: Days) -> Floats:
    """Seven factors around 1, each drawn halfway to that of its group: working days, or the weekend."""
    seen = np.bincount(kinds, weights, minlength=7)
    total = np.bincount(kinds, weights * counts, minlength=7)
    mean = max(float(total.sum() / seen.sum()), LEAST_MEAN)
    factors = (total + 1.0) / (seen * mean + 1.0)  # one pseudo-count keeps an unseen weekday at 1
    for group in (WORKING_DAYS, WEEKEND):
        shared = (total[group].sum() + 1.0) / (seen[group].sum() * mean + 1.0)
        factors[group] = shared + SHRINK * (factors[group] - shared)
    return np.asarray(factors / (seen @ factors / seen.sum()))


def _dispersion(counts: Floats, expected: Floats, weights: Floats) -> float:
    """1/size by moments, drawn to the prior; a series with a small mean tells little about its spread."""
    mean = float(weights @ expected / weights.sum())
    informative_days = float(weights.sum()) * (mean / (mean + 4.0)) ** 2
    extra = float(weights @ ((counts - expected) ** 2 - expected) / (weights @ expected**2))
    drawn = (max(extra, 0.0) * informative_days + PRIOR_DAYS / PRIOR_SIZE) / (informative_days + PRIOR_DAYS)
    return min(max(drawn, 0.02), 1.0)


def expect(counts: Floats, kinds: Days, weights: Floats, coverage: Floats, today: int) -> Expectation:
    """The expectation for a day of kind `today` from the days before the guard, oldest first.

    `weights` (0..1) say how far a day is to be believed, `coverage` (0..1) which share of the volume was read.
    Needs at least one day of weight; `counts` may be longer than the half year that is looked at.
    """
    counts, weights, coverage = counts[-SHAPE_DAYS:], weights[-SHAPE_DAYS:], coverage[-SHAPE_DAYS:]
    kinds = kinds[-SHAPE_DAYS:]
    believed = np.where(coverage >= LEAST_COVERAGE, weights, 0.0)
    full = counts / np.maximum(coverage, LEAST_COVERAGE)
    calm = believed
    factors, level, dispersion = np.ones(7), LEAST_MEAN, 1 / PRIOR_SIZE
    for _ in range(2):  # the second round sees the peaks that the first one found
        factors = _weekday_factors(full, calm, kinds)
        usual = factors[kinds]
        shape_level = float(calm @ full / (calm @ usual))
        dispersion = _dispersion(full, np.maximum(shape_level * usual, LEAST_MEAN), calm)
        level = _recent_level(full, usual, calm, shape_level)
        calm = believed * _quietness(full, np.maximum(level * usual, LEAST_MEAN), dispersion)
    mean = max(LEAST_MEAN, level * float(factors[today]))
    days = max(1.0, float(calm[-LEVEL_DAYS:].sum()))
    return Expectation(mean, dispersion + LEARNT * (dispersion + 1 / mean) / days)


def _recent_level(counts: Floats, usual: Floats, weights: Floats, fallback: float) -> float:
    recent = slice(-LEVEL_DAYS, None)
    seen = float(weights[recent] @ usual[recent])
    return float(weights[recent] @ counts[recent]) / seen if seen else fallback


def _quietness(counts: Floats, expected: Floats, dispersion: float) -> Floats:
    """1 for a usual day, less for a peak."""
    loud = (counts - expected) / np.sqrt(expected + dispersion * expected**2)
    return (LOUD_SD / np.maximum(loud, LOUD_SD)) ** 2


# --- the negative binomial -----------------------------------------------------------------------


def log_probability(count: int, mean: float, size: float) -> float:
    """Natural log of the negative-binomial probability of exactly `count`."""
    return (
        math.lgamma(count + size)
        - math.lgamma(size)
        - math.lgamma(count + 1)
        + size * math.log(size / (size + mean))
        + count * math.log(mean / (size + mean))
    )


def _probabilities(most: int, expectation: Expectation) -> Floats:
    """Probabilities of 0..most."""
    size = 1 / expectation.dispersion
    steps = np.arange(most, dtype=np.float64)
    ratios = (steps + size) / (steps + 1) * (expectation.mean / (size + expectation.mean))
    start = size * math.log(size / (size + expectation.mean))
    return np.exp(start + np.concatenate(([0.0], np.cumsum(np.log(ratios)))))


def tail(count: int, expectation: Expectation) -> float:
    """Probability of `count` or more, 1e-12 at least."""
    if count <= 0:
        return 1.0
    return min(1.0, max(1e-12, 1.0 - float(_probabilities(count - 1, expectation).sum())))


def upper_bound(expectation: Expectation, share: float) -> int:
    """The smallest count that a usual day reaches or stays under with probability `share` (0..1)."""
    most = int(expectation.mean + 12 * expectation.sd) + 10
    return int(np.searchsorted(np.cumsum(_probabilities(most, expectation)), share))


def lower_tail(count: int, expectation: Expectation) -> float:
    """Probability of `count` or fewer, 1e-12 at least."""
    return min(1.0, max(1e-12, float(_probabilities(count, expectation).sum())))
