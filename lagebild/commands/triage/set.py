"""Move an incident to another state."""

import click

from domain.model import IncidentState
from lagebild.incidents import by_option, changed, line_of
from lagebild.triage import set_state
from lagebild.workshop import utc_now


@click.command(
    help=__doc__ + "\n\nExample: lagebild triage set DE-20261128-a1b2c3 dismissed --reason 'old story'"
)
@click.argument("incident_id")
@click.argument("state", type=click.Choice([state.value for state in IncidentState]))
@click.option("--reason", default="", help="Needed for dismissing, closing and reopening.")
@by_option
@click.pass_context
def command(context: click.Context, incident_id: str, state: str, reason: str, by: str) -> None:
    now = utc_now()
    incident = changed(
        context, incident_id, lambda i: set_state(i, IncidentState(state), by=by, now=now, reason=reason)
    )
    click.echo(line_of(incident, now))
