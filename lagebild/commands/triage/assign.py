"""Give an incident to somebody; having an owner counts as acknowledged."""

import click

from lagebild.incidents import by_option, changed, line_of
from lagebild.triage import assign
from lagebild.workshop import utc_now


@click.command(help=__doc__ + "\n\nExample: lagebild triage assign DE-20261128-a1b2c3 'A. Keller'")
@click.argument("incident_id")
@click.argument("owner")
@by_option
@click.pass_context
def command(context: click.Context, incident_id: str, owner: str, by: str) -> None:
    now = utc_now()
    click.echo(line_of(changed(context, incident_id, lambda i: assign(i, owner, by=by, now=now)), now))
