"""Fold a duplicate into the incident that is kept."""

import click

from domain.errors import ConfigError
from lagebild.incidents import by_option, line_of
from lagebild.opening import archive_of, settings_of
from lagebild.triage import merge
from lagebild.workshop import utc_now


@click.command(help=__doc__ + "\n\nExample: lagebild triage merge KEPT DUPLICATE")
@click.argument("kept_id")
@click.argument("duplicate_id")
@by_option
@click.pass_context
def command(context: click.Context, kept_id: str, duplicate_id: str, by: str) -> None:
    archive, now = archive_of(settings_of(context)), utc_now()
    kept, duplicate = archive.incident(kept_id), archive.incident(duplicate_id)
    if kept is None or duplicate is None:
        missing = kept_id if kept is None else duplicate_id
        raise ConfigError(
            f"there is no incident {missing!r}", remedy="`lagebild triage list` shows the open ones"
        )
    for incident, event in merge(kept, duplicate, by=by, now=now):
        click.echo(line_of(archive.change_incident(incident, event), now))
