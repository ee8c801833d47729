"""Write a decision or remark into an incident's log."""

import click

from lagebild.incidents import by_option, changed, line_of
from lagebild.triage import note
from lagebild.workshop import utc_now


@click.command(help=__doc__ + "\n\nExample: lagebild triage note DE-20261128-a1b2c3 'Legal informed'")
@click.argument("incident_id")
@click.argument("text")
@by_option
@click.pass_context
def command(context: click.Context, incident_id: str, text: str, by: str) -> None:
    now = utc_now()
    click.echo(line_of(changed(context, incident_id, lambda i: note(i, text, by=by, now=now)), now))
