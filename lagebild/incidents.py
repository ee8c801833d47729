"""What the triage commands share: who acts, and how an incident is shown."""

import getpass
from collections.abc import Callable
from datetime import UTC, datetime

import click

from domain.model import Incident, TriageEvent
from lagebild.opening import archive_of, settings_of
from lagebild.triage import Change, change, is_overdue

by_option = click.option(
    "--by", default=getpass.getuser, show_default="your login name", help="Who does this."
)


def changed(context: click.Context, incident_id: str, decide: Callable[[Incident], Change]) -> Incident:
    """The incident after the decision was kept. Raises TriageRefused or Conflict."""
    return change(archive_of(settings_of(context)), incident_id, decide)


def line_of(incident: Incident, now: datetime) -> str:
    """One incident on one line."""
    due = f"due {incident.due_at:%Y-%m-%d %H:%M}Z" if incident.due_at else "no due time"
    late = " OVERDUE" if is_overdue(incident, now) else ""
    owner = incident.owner or "nobody"
    return f"{incident.id}  S{incident.severity} {incident.state.value:10} {due}{late}  {owner}: {incident.title}"


def log_line(event: TriageEvent) -> str:
    """One line of the log."""
    step = f" {event.before} -> {event.after}" if event.before or event.after else ""
    reason = f": {event.reason}" if event.reason else ""
    return f"{event.at.astimezone(UTC):%Y-%m-%d %H:%M}Z {event.by} {event.action}{step}{reason}"
