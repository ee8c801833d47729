"""Triage: incidents opened, acknowledged and left open by day; how soon somebody looked; how old the backlog is."""

from collections import Counter
from collections.abc import Sequence
from datetime import date, datetime, timedelta
from itertools import pairwise
from statistics import median, quantiles
from zoneinfo import ZoneInfo

from domain.briefing import DayPoint, Panel, SmallMultiples
from domain.model import Incident, IncidentState
from web.charts.board import Asked, Cell, Shown, alt_of

ENDED = (IncidentState.CLOSED, IncidentState.DISMISSED)
AGES = (timedelta(days=1), timedelta(days=3), timedelta(days=7))


def made(asked: Asked) -> Shown:
    incidents = [i for i in asked.desk.archive.incidents() if i.market in (asked.market, *asked.markets)]
    ended = {incident.id: ended_at(asked, incident) for incident in incidents}
    zone = ZoneInfo(asked.zone)

    def days_of(moments: Sequence[datetime | None]) -> Counter[date]:
        return Counter(moment.astimezone(zone).date() for moment in moments if moment)

    opened = days_of([incident.opened_at for incident in incidents])
    acknowledged = days_of([incident.acknowledged_at for incident in incidents])
    closed = days_of(list(ended.values()))
    panels = (
        _panel(asked, "opened", [opened[day] for day in asked.shown_days()]),
        _panel(asked, "acknowledged", [acknowledged[day] for day in asked.shown_days()]),
        _panel(asked, "backlog", [_open_on(day, opened, closed) for day in asked.shown_days()]),
    )
    labels = {"count": asked.words["incidents"], "band": "", "loss": ""}
    chart = SmallMultiples((asked.words["throughput"],), alt_of(panels), panels, labels)
    recent = [i for i in incidents if i.opened_at.astimezone(zone).date() >= asked.first]
    return Shown(
        chart,
        (asked.words["measure"], asked.words["value"]),
        (*speed(asked, recent), *ages(asked, incidents)),
        {},
        asked.words["throughput_note"],
    )


def ended_at(asked: Asked, incident: Incident) -> datetime | None:
    """When it was closed or dismissed for the last time; None while it is open."""
    if incident.state not in ENDED:
        return None
    log = asked.desk.archive.incident_log(incident.id)
    return next((e.at for e in reversed(log) if e.after == incident.state.value), None)


def _panel(asked: Asked, name: str, counts: Sequence[int]) -> Panel:
    points = tuple(DayPoint(day, count) for day, count in zip(asked.shown_days(), counts, strict=True))
    return Panel(asked.words[f"triage_{name}"], points)


def _open_on(day: date, opened: Counter[date], closed: Counter[date]) -> int:
    """How many were open at the day's end."""
    return sum(n for at, n in opened.items() if at <= day) - sum(n for at, n in closed.items() if at <= day)


def speed(asked: Asked, incidents: Sequence[Incident]) -> list[tuple[Cell, ...]]:
    """How soon somebody looked at the incidents of the period."""
    waits = sorted((i.acknowledged_at - i.opened_at for i in incidents if i.acknowledged_at), key=abs)
    minutes = [wait.total_seconds() / 60 for wait in waits]
    in_time = [i for i in incidents if i.acknowledged_at and i.due_at and i.acknowledged_at <= i.due_at]
    ninth = quantiles(minutes, n=10)[-1] if len(minutes) > 1 else (minutes or [None])[0]  # type: ignore[list-item]
    words = asked.words
    return [
        (words["triage_opened"], len(incidents)),
        (words["triage_acknowledged"], len(waits)),
        (words["triage_in_time"], f"{len(in_time)} / {len(incidents)}"),
        (words["triage_median"], duration(median(minutes) if minutes else None)),
        (words["triage_ninth"], duration(ninth)),
        (words["triage_overdue"], sum(_is_overdue(asked, incident) for incident in incidents)),
    ]


def _is_overdue(asked: Asked, incident: Incident) -> bool:
    waiting = incident.acknowledged_at is None and incident.state not in ENDED
    return waiting and incident.due_at is not None and incident.due_at < asked.desk.clock()


def ages(asked: Asked, incidents: Sequence[Incident]) -> list[tuple[Cell, ...]]:
    """The open ones by how long they have been open."""
    old = [asked.desk.clock() - i.opened_at for i in incidents if i.state not in ENDED]
    edges = (timedelta(), *AGES, timedelta(days=100_000))
    return [
        (asked.words[f"backlog_{n}"], sum(low <= age < high for age in old))
        for n, (low, high) in enumerate(pairwise(edges))
    ]


def duration(minutes: float | None) -> str:
    """Hours and minutes; a dash where there is nothing to tell."""
    if minutes is None:
        return "–"
    return f"{int(minutes // 60)} h {round(minutes % 60)} min"
