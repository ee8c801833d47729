"""Watchers of the series judged lately, so that a look at today need not judge half a year of days again."""

from array import array
from collections import OrderedDict
from collections.abc import Iterator, Sequence
from copy import copy
from dataclasses import dataclass, replace
from datetime import date, timedelta
from threading import Lock

from nlp.outbreaks import Watcher

SERIES_REMEMBERED = 1_024
"""Fifty series of twenty markets; less than 40 KB each."""
KEPT_EACH = 4
"""Of today and of yesterday: one that has seen all, and one all but the last days, whose counts still change."""
PER_DAY = 2
"""Count and coverage."""

Seen = tuple[int, float]


@dataclass(frozen=True, slots=True)
class _Kept:
    first: date
    told: "array[float]"
    watcher: Watcher

    def begins(self, first: date, told: "array[float]") -> bool:
        """Whether it has seen the beginning of these days, and nothing else."""
        return self.first == first and self.told == told[: len(self.told)]


class Watchers:
    """By series. What is returned depends on the days asked for alone, whatever is remembered."""

    def __init__(self, most: int = SERIES_REMEMBERED) -> None:
        self._most = most
        self._lock = Lock()
        self._by_series: OrderedDict[tuple[str, ...], list[_Kept]] = OrderedDict()

    def having_seen(
        self, series: tuple[str, ...], first: date, days: Sequence[Seen], holidays: frozenset[date]
    ) -> Watcher:
        """The caller's own watcher that has seen each day from `first` on: count, and coverage from 0 to 1.

        `holidays` are those of the market from `first` on, the same for all that is asked of one series.
        """
        told = array("d", (number for day in days for number in day))
        with self._lock:
            kept = self._by_series.get(series, [])
        begun = [one for one in kept if one.begins(first, told)]
        longest = max(begun, key=lambda one: len(one.told), default=_Kept(first, array("d"), Watcher()))
        watcher = replace(longest.watcher, holidays=holidays)
        for day, count, coverage in _after(longest, told):
            watcher.judge(day, count, coverage)
        self._keep(series, [*(one for one in kept if one.told != told), _Kept(first, told, watcher)])
        return copy(watcher)

    def _keep(self, series: tuple[str, ...], kept: list[_Kept]) -> None:
        with self._lock:
            self._by_series[series] = kept[-KEPT_EACH:]
            self._by_series.move_to_end(series)
            while len(self._by_series) > self._most:
                self._by_series.popitem(last=False)


def _after(kept: _Kept, told: "array[float]") -> Iterator[tuple[date, int, float]]:
    """The days it has not seen."""
    for place in range(len(kept.told), len(told), PER_DAY):
        yield kept.first + timedelta(days=place // PER_DAY), int(told[place]), told[place + 1]
