"""When a source is due again, and how it is: its own rhythm is the measure of both. Pure functions.

All take the source's visits oldest first, as the archive gives them, and the time as an argument.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from hashlib import blake2b
from itertools import pairwise
from math import exp
from statistics import median, quantiles

from crawler.feed import rhythm_of
from domain.model import Checkpoint, Outcome, Source, Visit

DAY = timedelta(days=1)
LONGEST = DAY
# A quiet source is asked at most this many times less often than sources.yaml allows, so that a ministry that
# speaks twice a month is still heard the same day.
STRETCH = 16
# Visits per expected entry: the entry waits a quarter of its source's usual pause, on average an eighth.
VISITS_PER_ENTRY = 4
# What the feed says of its own rhythm may slow us down, but not to a stop: many say "daily" and publish hourly.
LONGEST_HINT = timedelta(hours=2)
# Spread over this share of the interval, so that a thousand feeds are not asked in the same second.
JITTER = 0.1
HISTORY = timedelta(days=28)
# Shorter histories tell nothing about a usual day.
USUAL_DAYS = 7
USUAL_AT_LEAST = 3.0
# The chance that a usual day is this thin by accident; at 500 sources, one false word in two days.
THIN_CHANCE = 0.001
STALE_AT_LEAST = DAY
STALE_FACTOR = 3
DEAD_SILENT = timedelta(days=90)
DEAD_FAILING = timedelta(days=14)
FAILED = frozenset({Outcome.BLOCKED, Outcome.UNPARSEABLE, Outcome.UNREACHABLE, Outcome.GONE})


# --- when next -----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Hints:
    """What a source says about when to come back. None: it does not say."""

    every: timedelta | None = None
    fresh_for: timedelta | None = None


EVERY, FRESH = "every_seconds", "fresh_seconds"


def hints_of(checkpoint: Checkpoint) -> Hints:
    """The hints that the last answer left in the checkpoint."""

    def span(key: str) -> timedelta | None:
        said = checkpoint.cursor.get(key, "")
        return timedelta(seconds=int(said)) if said.isdigit() else None

    return Hints(span(EVERY), span(FRESH))


def noted(cursor: Mapping[str, str], hints: Hints) -> dict[str, str]:
    """The cursor with these hints; what is no longer said is dropped."""
    kept = {key: value for key, value in cursor.items() if key not in (EVERY, FRESH)}
    for key, span in ((EVERY, hints.every), (FRESH, hints.fresh_for)):
        if span is not None:
            kept[key] = str(int(span.total_seconds()))
    return kept


_TTL = re.compile(rb"<ttl>\s*(\d{1,6})\s*</ttl>")
_PERIOD = re.compile(rb"<sy:updatePeriod>\s*(\w+)\s*</sy:updatePeriod>")
_FREQUENCY = re.compile(rb"<sy:updateFrequency>\s*(\d{1,4})\s*</sy:updateFrequency>")


def feed_says(body: bytes) -> timedelta | None:
    """ttl and syndication hints from the head of a feed, without parsing it; None when there are none."""
    head = body[:8192]
    ttl, period, frequency = (found.search(head) for found in (_TTL, _PERIOD, _FREQUENCY))
    said = [part[1].decode("ascii", "replace") if part else "" for part in (ttl, period, frequency)]
    return rhythm_of(*said)


def next_due(source: Source, visits: Sequence[Visit], now: datetime, hints: Hints | None = None) -> datetime:
    """When to visit next: by the source's rhythm, within [interval, 24 h], later when it asks for it or fails."""
    hints = hints or Hints()
    longest = max(source.interval, min(LONGEST, source.interval * STRETCH))
    failures = failures_in_a_row(visits)
    if failures:
        wait = min(longest, source.interval * (1 << min(failures - 1, 8)))
    else:
        wait = min(longest, max(source.interval, (pause_of(visits, now) or timedelta(0)) / VISITS_PER_ENTRY))
    said = [min(span, LONGEST_HINT) for span in (hints.every, hints.fresh_for) if span is not None]
    wait = max([wait, *said])
    if visits and visits[-1].retry_after is not None:
        wait = max(wait, min(visits[-1].retry_after, LONGEST))
    return now + wait * (1 + JITTER * _share(source.id, now))


def _share(source_id: str, now: datetime) -> float:
    """A number in [0, 1) that depends on source and time only, so that tests and reruns agree."""
    drawn = blake2b(f"{source_id} {now.isoformat()}".encode(), digest_size=4).digest()
    return int.from_bytes(drawn) / 2**32


def pause_of(visits: Sequence[Visit], now: datetime) -> timedelta | None:
    """The usual pause between two new entries over the last four weeks; None while too little is known.

    The first visit is left out: it finds the whole feed new.
    """
    recent = [v for v in visits[1:] if v.finished_at >= now - HISTORY]
    if len(recent) < 4:
        return None
    span = now - recent[0].started_at
    return span / max(1, sum(v.fresh for v in recent))


def failures_in_a_row(visits: Sequence[Visit]) -> int:
    """How many of the last visits failed without a success between them. Skipped visits count neither way."""
    count = 0
    for visit in reversed(visits):
        if visit.outcome in FAILED:
            count += 1
        elif visit.outcome is not Outcome.SKIPPED:
            break
    return count


# --- how much is usual ---------------------------------------------------------------------------


def daily_fresh(visits: Sequence[Visit], now: datetime) -> list[int]:
    """New entries per 24 hours, the last day first, as far as the history reaches (at most four weeks)."""
    counted = [v for v in visits[1:] if now - HISTORY <= v.finished_at <= now]
    if not counted:
        return []
    days = [0] * (int((now - counted[0].finished_at) / DAY) + 1)
    for visit in counted:
        days[min(len(days) - 1, int((now - visit.finished_at) / DAY))] += visit.fresh
    return days


def usual_per_day(days: Sequence[int]) -> float:
    """The usual number of new entries on a day like today (same weekday first), from the days before it.

    0.0 while the history is too short.
    """
    before = days[1:]
    if len(before) < USUAL_DAYS:
        return 0.0
    same_weekday = before[6::7]
    return float(median(same_weekday if len(same_weekday) >= 3 else before))


def is_thin(seen: int, usual: float) -> bool:
    """Whether `seen` is too few to be chance, when `usual` is the mean of a Poisson variable."""
    if usual < USUAL_AT_LEAST or seen >= usual:
        return False
    term = chance = exp(-usual)
    for k in range(1, seen + 1):
        term *= usual / k
        chance += term
    return chance < THIN_CHANCE


def below_usual(visits: Sequence[Visit], now: datetime) -> str:
    """Why the last visit's volume is below what is usual here; "" when it is not.

    A listing that always offers entries and now offers none is below usual at once, whatever the day brought.
    """
    if not visits:
        return ""
    offered = [v.entries for v in visits[:-1] if v.outcome in (Outcome.OK, Outcome.BELOW_USUAL)][-20:]
    if visits[-1].outcome is Outcome.EMPTY and len(offered) >= 3 and median(offered) >= USUAL_AT_LEAST:
        return f"no entries, usually {median(offered):.0f}"
    days = daily_fresh(visits, now)
    usual = usual_per_day(days)
    if days and is_thin(days[0], usual):
        return f"{days[0]} new in 24 hours, usually {usual:.0f}"
    return ""


def weighed(visit: Visit, before: Sequence[Visit]) -> Visit:
    """The visit, with the outcome BELOW_USUAL where the source reported but brought too little."""
    if not visit.outcome.reported:
        return visit
    why = below_usual([*before, visit], visit.finished_at)
    return replace(visit, outcome=Outcome.BELOW_USUAL, reason=why) if why else visit


# --- how it is -----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceHealth:
    """How a source is. `state` is the outcome of its last visit; `since` when that state began.

    `stale`: silent for longer than its own rhythm explains. `dead`: silent for 90 days, failing for 14, or gone.
    `unread` is the share (0..1) of article pages without text over seven days, None when none was fetched.
    """

    source_id: str
    state: Outcome
    since: datetime | None
    reason: str = ""
    last_reported: datetime | None = None
    last_fresh: datetime | None = None
    stale: bool = False
    dead: bool = False
    failures: int = 0
    fresh_today: int = 0
    usual: float = 0.0
    unread: float | None = None

    @property
    def is_well(self) -> bool:
        """Whether nobody needs to look."""
        return self.state.reported and not self.stale and not self.dead


def health(visits: Sequence[Visit], now: datetime) -> SourceHealth | None:
    """How the source is; None when it was never visited."""
    seen = [v for v in visits if v.finished_at <= now]
    if not seen:
        return None
    days = daily_fresh(seen, now)
    last_fresh = next((v.finished_at for v in reversed(seen) if v.fresh), None)
    last_reported = next((v.finished_at for v in reversed(seen) if _reported(v)), None)
    return SourceHealth(
        source_id=seen[-1].source_id,
        state=seen[-1].outcome,
        since=_since(seen),
        reason=seen[-1].reason,
        last_reported=last_reported,
        last_fresh=last_fresh,
        stale=is_stale(seen, now),
        dead=is_dead(seen, now),
        failures=failures_in_a_row(seen),
        fresh_today=days[0] if days else 0,
        usual=usual_per_day(days),
        unread=unread_share(seen, now),
    )


def _reported(visit: Visit) -> bool:
    return visit.outcome.reported or visit.outcome is Outcome.BELOW_USUAL


def _since(visits: Sequence[Visit]) -> datetime:
    """When the present state began; ok and unchanged are one state."""

    def same(one: Visit, other: Visit) -> bool:
        quiet = (Outcome.OK, Outcome.UNCHANGED)
        return one.outcome is other.outcome or (one.outcome in quiet and other.outcome in quiet)

    began = visits[-1]
    for visit in reversed(visits):
        if not same(visit, visits[-1]):
            break
        began = visit
    return began.started_at


def is_stale(visits: Sequence[Visit], now: datetime) -> bool:
    """Whether the source has been silent three times longer than its longest usual pauses, and over a day.

    The usual is the 95th percentile of the pauses between visits that brought something new; three pauses at
    least are needed.
    """
    moments = [v.finished_at for v in visits if v.fresh]
    pauses = [after - before for before, after in pairwise(moments)]
    if len(pauses) < 3:
        return False
    usual = timedelta(seconds=quantiles([p.total_seconds() for p in pauses], n=20, method="inclusive")[-1])
    return now - moments[-1] > max(STALE_AT_LEAST, usual * STALE_FACTOR)


def is_dead(visits: Sequence[Visit], now: datetime) -> bool:
    """Whether somebody should take the source out: 410, two weeks of failures, or 90 days without news."""
    if visits[-1].outcome is Outcome.GONE:
        return True
    reported = [v.finished_at for v in visits if _reported(v)]
    failing_since = reported[-1] if reported else visits[0].started_at
    if failures_in_a_row(visits) >= 3 and now - failing_since > DEAD_FAILING:
        return True
    fresh = [v.finished_at for v in visits if v.fresh]
    silent_since = fresh[-1] if fresh else visits[0].started_at
    return now - silent_since > DEAD_SILENT


def unread_share(visits: Sequence[Visit], now: datetime) -> float | None:
    """The share of article pages of the last seven days that gave no text; None when none was fetched."""
    week = [v for v in visits if v.finished_at >= now - 7 * DAY]
    tried = sum(v.pages + v.pages_failed for v in week)
    return sum(v.pages_failed for v in week) / tried if tried else None


def moved_to(visits: Sequence[Visit], answers: int = 3, over: timedelta = DAY) -> str:
    """The address that at least `answers` visits in a row, over at least `over`, were permanently sent to.

    "" when they disagree. Only visits that found a valid listing there count.
    """
    told = []
    for visit in reversed(visits):
        found = re.search(r"moved permanently to (\S+)", visit.reason)
        if not found or not _reported(visit):
            break
        told.append((found[1], visit.finished_at))
    if len(told) < answers or len({url for url, _ in told}) != 1 or told[0][1] - told[-1][1] < over:
        return ""
    return told[0][0]
