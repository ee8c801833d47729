"""List incidents, open ones unless a state is named."""

import click

from domain.model import Incident, IncidentState
from lagebild.incidents import line_of
from lagebild.opening import archive_of, json_option, print_json, settings_of
from lagebild.triage import ENDED, is_overdue
from lagebild.workshop import utc_now

OPEN = tuple(state.value for state in IncidentState if state not in ENDED)


@click.command(help=__doc__ + "\n\nExample: lagebild triage list --market DE --state escalated")
@click.option("--state", "states", multiple=True, type=click.Choice([state.value for state in IncidentState]))
@click.option("--market", default="")
@json_option
@click.pass_context
def command(context: click.Context, states: tuple[str, ...], market: str, as_json: bool) -> None:
    incidents = archive_of(settings_of(context)).incidents(states or OPEN, market)
    if as_json:
        print_json({"incidents": [row_of(incident) for incident in incidents]})
        return
    for incident in incidents:
        click.echo(line_of(incident, utc_now()))


def row_of(incident: Incident) -> dict[str, object]:
    """One incident as plain values."""
    names = (
        "id",
        "title",
        "market",
        "severity",
        "version",
        "owner",
        "audience",
        "tlp",
        "story_ids",
        "signal_ids",
        "item_ids",
    )
    plain = {name: getattr(incident, name) for name in names}
    times = {
        name: moment.isoformat() if (moment := getattr(incident, name)) else None
        for name in ("opened_at", "due_at", "acknowledged_at")
    }
    return {**plain, **times, "state": incident.state.value, "overdue": is_overdue(incident, utc_now())}
