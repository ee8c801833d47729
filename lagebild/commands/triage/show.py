"""Show one incident with its log and its detection lags."""

import click

from domain.errors import ConfigError
from lagebild.commands.triage.list import row_of
from lagebild.incidents import line_of, log_line
from lagebild.opening import archive_of, json_option, print_json, settings_of
from lagebild.triage import lags
from lagebild.workshop import utc_now


@click.command(help=__doc__ + "\n\nExample: lagebild triage show DE-20261128-a1b2c3")
@click.argument("incident_id")
@json_option
@click.pass_context
def command(context: click.Context, incident_id: str, as_json: bool) -> None:
    archive = archive_of(settings_of(context))
    incident = archive.incident(incident_id)
    if incident is None:
        raise ConfigError(
            f"there is no incident {incident_id!r}", remedy="`lagebild triage list` shows the open ones"
        )
    log = archive.incident_log(incident_id)
    lag = lags(archive.items(incident.item_ids), log)
    if as_json:
        seen = {
            "seen_after": lag.seen_after,
            "triaged_after": lag.triaged_after,
            "escalated_after": lag.escalated_after,
        }
        print_json({"incident": row_of(incident), "log": [log_line(event) for event in log], "lags": seen})
        return
    click.echo(line_of(incident, utc_now()))
    for name, value in (
        ("seen", lag.seen_after),
        ("triaged", lag.triaged_after),
        ("escalated", lag.escalated_after),
    ):
        click.echo(f"  {name} after {value if value is not None else 'unknown'}")
    for event in log:
        click.echo(f"  {log_line(event)}")
