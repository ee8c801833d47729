"""Moments as text: ISO 8601, UTC, always 27 characters, so that text order is time order.

Why text and not a number: docs/decisions/times-as-text.md.
"""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

FOREVER = "9999-12-31T23:59:59.999999Z"
"""Later than any moment; stands where an open end has to be compared."""


def to_text(moment: datetime) -> str:
    """`2026-11-22T06:30:00.000000Z`. Raises ValueError for a moment without a zone."""
    offset = moment.utcoffset()
    if offset is None:
        raise ValueError(f"a moment without a zone: {moment.isoformat()}")
    if offset:
        moment = moment.astimezone(UTC)
    return moment.isoformat(timespec="microseconds")[:26] + "Z"


def to_text_or_none(moment: datetime | None) -> str | None:
    return None if moment is None else to_text(moment)


def from_text(text: str) -> datetime:
    return datetime.fromisoformat(text)


def from_text_or_none(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None


def local_midnight(day: date, zone: str) -> datetime:
    """The first moment of `day` in `zone`, in UTC."""
    return datetime.combine(day, time.min, ZoneInfo(zone)).astimezone(UTC)


def local_days(first: date, last: date, zone: str) -> list[tuple[date, str, str]]:
    """(day, its first moment, the next day's first moment) for each day, both ends included."""
    count = (last - first).days + 1
    days = [first + timedelta(days=n) for n in range(count + 1)]
    edges = [to_text(local_midnight(day, zone)) for day in days]
    return [(days[n], edges[n], edges[n + 1]) for n in range(count)]
