"""Stop visiting a source until it is resumed; the reason is kept."""

import click

from lagebild.naming import named
from lagebild.opening import archive_of, settings_of, sources_of
from lagebild.workshop import utc_now


@click.command(help=__doc__ + "\n\nExample: lagebild sources pause bote --reason 'relaunch, feed is broken'")
@click.argument("source_id")
@click.option("--reason", required=True, help="Why, for those who wonder later.")
@click.pass_context
def command(context: click.Context, source_id: str, reason: str) -> None:
    settings = settings_of(context)
    source = named(sources_of(settings), source_id)
    archive = archive_of(settings, create=True)
    archive.sync_sources(sources_of(settings), utc_now())
    archive.pause(source.id, reason, utc_now())
    click.echo(f"{source.id} is paused: {reason}")
