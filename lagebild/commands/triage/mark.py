"""Say how far an incident may be passed on, by the Traffic Light Protocol."""

import click

from domain.model import TLP
from lagebild.incidents import by_option, changed, line_of
from lagebild.triage import set_tlp
from lagebild.workshop import utc_now


@click.command(help=__doc__ + "\n\nExample: lagebild triage mark DE-20261128-a1b2c3 GREEN")
@click.argument("incident_id")
@click.argument("tlp", type=click.Choice(TLP, case_sensitive=False))
@by_option
@click.pass_context
def command(context: click.Context, incident_id: str, tlp: str, by: str) -> None:
    now = utc_now()
    incident = changed(context, incident_id, lambda i: set_tlp(i, tlp.upper(), by=by, now=now))
    click.echo(f"{line_of(incident, now)}  TLP:{incident.tlp}")
