"""Visit a paused source again."""

import click

from lagebild.naming import named
from lagebild.opening import archive_of, settings_of, sources_of
from lagebild.workshop import utc_now


@click.command(help=__doc__ + "\n\nExample: lagebild sources resume bote")
@click.argument("source_id")
@click.pass_context
def command(context: click.Context, source_id: str) -> None:
    settings = settings_of(context)
    source = named(sources_of(settings), source_id)
    archive_of(settings).resume(source.id, utc_now())
    click.echo(f"{source.id} is visited again")
