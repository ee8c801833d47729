"""The few formulas of a briefing: an interval for a share, a band for a count, a direction. Pure."""

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from math import sqrt
from typing import Literal

Direction = Literal["", "up", "down", "flat"]

TOO_FEW = 20
"""Under this n no share is printed."""

Z95 = 1.959964
BASELINE_DAYS = 56
# The two latest days are left out, so that an outbreak does not raise its own bar.
GUARD_DAYS = 2
# With less than a fortnight a weekday has been seen but once.
LEAST_HISTORY_DAYS = 14


def wilson(hits: int, n: int) -> tuple[float, float]:
    """The 95 % interval of a share `hits / n`, both 0..1; (0, 1) when n is 0."""
    if n == 0:
        return 0.0, 1.0
    share, weight = hits / n, Z95 * Z95 / n
    middle = (share + weight / 2) / (1 + weight)
    reach = Z95 / (1 + weight) * sqrt(share * (1 - share) / n + weight / (4 * n))
    return max(0.0, middle - reach), min(1.0, middle + reach)


def direction(now: float, usual: float | None) -> Direction:
    """Whether a count left what chance alone would do around `usual` (two Poisson deviations); "" if unknown."""
    if usual is None:
        return ""
    reach = 2 * sqrt(max(usual, 1.0))
    if now > usual + reach:
        return "up"
    return "down" if now < usual - reach else "flat"


def band(counts: Mapping[date, int], day: date) -> tuple[float, float] | None:
    """Two standard deviations around what is expected on `day`; None with under 14 days of history.

    Baseline: the 56 days before the guard days; the weekday's factor is shrunk halfway to 1; the variance is
    never below Poisson's.
    """
    past = _baseline(counts, day)
    if len(past) < LEAST_HISTORY_DAYS:
        return None
    mean = sum(past.values()) / len(past)
    expected = mean * _weekday_factor(past, day, mean)
    spread = sqrt(max(_variance(list(past.values()), mean), expected, 1.0))
    return max(0.0, expected - 2 * spread), expected + 2 * spread


def _baseline(counts: Mapping[date, int], day: date) -> dict[date, int]:
    days = (day - timedelta(days=back) for back in range(GUARD_DAYS + 1, GUARD_DAYS + 1 + BASELINE_DAYS))
    return {past: counts[past] for past in days if past in counts}


def _weekday_factor(past: Mapping[date, int], day: date, mean: float) -> float:
    same = [count for past_day, count in past.items() if past_day.weekday() == day.weekday()]
    if not same or mean == 0:
        return 1.0
    return (sum(same) / len(same) / mean + 1) / 2


def _variance(counts: Sequence[int], mean: float) -> float:
    return sum((count - mean) ** 2 for count in counts) / max(len(counts) - 1, 1)
