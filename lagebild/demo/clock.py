"""When it is in the demo world: its morning is always the last half past six in Berlin."""

from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

LOCAL = ZoneInfo("Europe/Berlin")
MORNING = time(6, 30)
EVENING = time(20, 30)


def local(day: date, at: time) -> datetime:
    """That wall-clock time in Berlin, in UTC."""
    return datetime.combine(day, at, LOCAL).astimezone(ZoneInfo("UTC"))


def last_morning(now: datetime) -> datetime:
    """The latest 06:30 in Berlin that is not after `now` (aware), in UTC."""
    today = now.astimezone(LOCAL).date()
    morning = local(today, MORNING)
    return morning if morning <= now else local(today - timedelta(days=1), MORNING)


def evening_before(morning: datetime) -> datetime:
    """20:30 in Berlin on the day before `morning`, in UTC."""
    return local(morning.astimezone(LOCAL).date() - timedelta(days=1), EVENING)
