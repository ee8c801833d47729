"""Open the reading room over an archive: search, stories, signals, incidents, sources."""

from pathlib import Path

import click

from lagebild.opening import archive_of, settings_of, sources_of
from lagebild.reading_room import greeting, server_of
from lagebild.workshop import Workshop


@click.command(help=__doc__ + "\n\nExample: lagebild --archive lagebild-demo/demo.db web")
@click.option("--port", type=click.IntRange(1, 65535), help="Wins over the configuration.")
@click.pass_context
def command(context: click.Context, port: int | None) -> None:
    settings = settings_of(context)
    sources = sources_of(settings) if Path(settings.sources).exists() else ()
    with Workshop(settings, sources, archive_of(settings)) as workshop:
        server = server_of(workshop, port)
        click.echo(f"{greeting(workshop, port)}; stop with Ctrl-C", err=True)
        server.run()
