"""Watches for what stops: a story nobody writes on any more, a class of sources that goes quiet.

Silence is only news when we were listening: with sources down it is an outage, and said to be one by the coverage.
Pure.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from domain.model import Level, Signal, Source, Visit
from nlp.baseline import MIN_HISTORY_DAYS, Expectation, lower_tail
from nlp.outbreaks import SpikeDay
from nlp.signals import MATERIAL_LOSS, STORY_DISPERSION, Counts, Series, judge, signal_id

LIVELY_DAYS = 2
LIVELY_PUBLISHERS = 4
"""A story with fewer than this on each of its last days may end without anybody asking why."""
STORY_QUIET_P = 0.05
"""Four publishers a day leave a chance of 0.08 for none at all, six leave 0.04."""
CLASS_QUIET_P = 0.001
LEAST_CLASS_MEAN = 5.0


@dataclass(frozen=True, slots=True)
class Listening:
    """How many sources of a class were due to be heard on a day, and how many were."""

    expected: int
    reported: int

    @property
    def share(self) -> float:
        return self.reported / self.expected if self.expected else 0.0


def listening(sources: Sequence[Source], visits: Sequence[Visit]) -> dict[str, Listening]:
    """By class (lens/category): enabled sources, and those with at least one believable visit among `visits`."""
    heard = {visit.source_id for visit in visits if visit.outcome.reported}
    classes: dict[str, list[bool]] = {}
    for source in sources:
        if source.enabled:
            classes.setdefault(source_class(source), []).append(source.id in heard)
    return {name: Listening(len(found), sum(found)) for name, found in sorted(classes.items())}


def source_class(source: Source) -> str:
    return f"{source.lens.value}/{source.category}"


def silent_stories(stories: Series, market: str, day: date, coverage: float = 1.0) -> list[Signal]:
    """Stories that were lively for at least two days and found no publisher at all on `day`.

    Empty when a material part of the sources was down: then nobody knows.
    """
    if coverage < 1 - MATERIAL_LOSS:
        return []
    found = [_stopped(label, counts, market, day) for label, counts in sorted(stories.items())]
    return [signal for signal in found if signal]


def _stopped(label: str, counts: Mapping[date, Counts], market: str, day: date) -> Signal | None:
    before = [counts.get(day - timedelta(days=back), (0, 0, 0))[0] for back in range(1, LIVELY_DAYS + 1)]
    if counts.get(day, (0, 0, 0))[0] or min(before) < LIVELY_PUBLISHERS:
        return None
    usual = Expectation(sum(before) / len(before), STORY_DISPERSION)
    p_value = lower_tail(0, usual)
    if p_value > STORY_QUIET_P:
        return None
    reason = f"no publisher after {' and '.join(map(str, reversed(before)))} on the days before"
    return _silence(f"story:{label}", market, day, 0, usual, p_value, reason)


def quiet_classes(
    series: Series, market: str, first: date, day: date, heard: Mapping[str, Listening]
) -> list[Signal]:
    """Classes of sources that answered as usual on `day` and brought far less than usual.

    `series` holds all items by class (not only relevant ones). A class with sources that did not report is left to
    the coverage line.
    """
    signals = []
    for label, days in judge(series, market, first, day, {}).items():
        spoken = heard.get(label, Listening(0, 0))
        if spoken.share >= 1 - MATERIAL_LOSS and (signal := _quiet(label, days, market, spoken)):
            signals.append(signal)
    return signals


def _quiet(label: str, days: Sequence[SpikeDay], market: str, spoken: Listening) -> Signal | None:
    today = days[-1]
    if len(days) <= MIN_HISTORY_DAYS or today.expected < LEAST_CLASS_MEAN:
        return None
    dispersion = max(0.0, today.sd**2 - today.expected) / today.expected**2
    usual = Expectation(today.expected, max(dispersion, 0.02))
    p_value = lower_tail(today.count, usual)
    if p_value > CLASS_QUIET_P:
        return None
    reason = f"{spoken.reported} of {spoken.expected} sources answered, yet {today.count} where {today.expected:.1f} are usual"
    return _silence(f"class:{label}", market, today.date, today.count, usual, p_value, reason)


def _silence(
    label: str, market: str, day: date, count: int, usual: Expectation, p_value: float, reason: str
) -> Signal:
    return Signal(
        id=signal_id("silence", label, market, day),
        dimension="silence",
        label=label,
        market=market,
        day=day,
        count=count,
        expected=round(usual.mean, 2),
        upper=usual.mean,
        score=round((count - usual.mean) / usual.sd, 2),
        p_value=p_value,
        level=Level.WATCH,
        reasons=(reason,),
    )
