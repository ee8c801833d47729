"""Which stretch of time an issue speaks of. Pure: the day and the market's zone decide."""

from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from digest.facts import Period
from digest.wording import zone_of

CUTOFF = time(6, 30)
"""Local time at which an issue closes; it is sent an hour later."""


def period_of(
    market: str, day: date, *, cutoff: time = CUTOFF, weekdays_only: bool = False, zone: str = ""
) -> Period:
    """The period that closes on the morning of `day`: from the last issue's cut-off to this one's.

    A day of a clock change has 23 or 25 hours. With `weekdays_only` Monday's issue covers Friday to Sunday.
    """
    name = zone or zone_of(market)
    before = previous_day(day, weekdays_only)
    return Period(
        day=day,
        zone=name,
        previous_start=moment(previous_day(before, weekdays_only), cutoff, name),
        start=moment(before, cutoff, name),
        end=moment(day, cutoff, name),
        days=tuple(before + timedelta(days=n) for n in range((day - before).days)),
    )


def period_since(period: Period, last: datetime, now: datetime) -> Period:
    """What came after the day's last issue closed, for an update; held against a stretch as long before it."""
    return replace(period, previous_start=last - (now - last), start=last, end=now)


def previous_day(day: date, weekdays_only: bool = False) -> date:
    """The day of the issue before."""
    before = day - timedelta(days=1)
    while weekdays_only and before.weekday() >= 5:
        before -= timedelta(days=1)
    return before


def moment(day: date, at: time, zone: str) -> datetime:
    """A local time as a moment in UTC."""
    return datetime.combine(day, at, ZoneInfo(zone)).astimezone(UTC)


def local_days(first: date, last: date, zone: str) -> list[tuple[str, str, str]]:
    """[day, its first moment, the next day's first moment] for each day, both ends included."""
    days = [first + timedelta(days=n) for n in range((last - first).days + 2)]
    edges = [moment(day, time.min, zone).isoformat() for day in days]
    return [(day.isoformat(), edges[n], edges[n + 1]) for n, day in enumerate(days[:-1])]
