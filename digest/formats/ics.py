"""The regulator calendar as iCalendar: the dates we ship that concern the issue's market, each with its basis."""

from datetime import UTC, datetime, timedelta
from typing import Any

from digest.calendar import calendar, concerns, said_in
from digest.facts import Deadline
from domain.briefing import Digest

MEDIA_TYPE = "text/calendar; charset=utf-8"
SUFFIX = "ics"


def render(digest: Digest) -> bytes:
    return dates(calendar(), digest.market, digest.language, digest.as_of)


def dates(deadlines: tuple[Deadline, ...], market: str, language: str, stamp: datetime) -> bytes:
    """An .ics of what concerns `market`. `stamp` is when it was made; uids stay the same over issues."""
    import icalendar

    made = icalendar.Calendar()
    made.add("prodid", "-//Lagebild//regulator calendar//EN")
    made.add("version", "2.0")
    for deadline in deadlines:
        if concerns(deadline, market):
            made.add_component(_event(deadline, language, stamp))
    text: bytes = made.to_ical()
    return text


def _event(deadline: Deadline, language: str, stamp: datetime) -> Any:
    import icalendar

    event = icalendar.Event()
    event.add("uid", f"{deadline.id}@lagebild.invalid")
    event.add("dtstamp", stamp.astimezone(UTC))
    event.add("dtstart", deadline.day)
    event.add("dtend", deadline.day + timedelta(days=1))
    event.add("summary", said_in(deadline.title, language))
    event.add("description", f"{said_in(deadline.basis, language)}\n{deadline.url}")
    event.add("url", deadline.url)
    event.add("transp", "TRANSPARENT")
    return event
