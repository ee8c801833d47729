"""Give a source the address it has moved to, as its own answers suggest."""

from datetime import timedelta

import click

from crawler.rhythm import moved_to
from domain.errors import ConfigError
from lagebild.opening import archive_of, settings_of
from lagebild.sources.edit import moved
from lagebild.workshop import utc_now

HISTORY = timedelta(days=30)


@click.command(help=__doc__ + "\n\nExample: lagebild sources accept bote")
@click.argument("source_id")
@click.pass_context
def command(context: click.Context, source_id: str) -> None:
    settings = settings_of(context)
    url = moved_to(archive_of(settings).visits(utc_now() - HISTORY, source_id))
    if not url:
        raise ConfigError(
            f"{source_id!r} has not consistently moved",
            remedy="three visits in a row over a day must be sent to the same valid feed",
        )
    moved(settings.sources, source_id, url)
    click.echo(f"{source_id}: {url}")
