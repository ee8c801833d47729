"""Open the reading room over an archive: search, stories, signals, incidents, sources."""

from pathlib import Path

import click

from lagebild.opening import archive_of, settings_of, sources_of
from lagebild.reading_room import room
from lagebild.workshop import Workshop


@click.command(help=__doc__ + "\n\nExample: lagebild --archive lagebild-demo/demo.db web")
@click.option("--port", type=click.IntRange(1, 65535), help="Wins over the configuration.")
@click.pass_context
def command(context: click.Context, port: int | None) -> None:
    import uvicorn

    settings = settings_of(context)
    sources = sources_of(settings) if Path(settings.sources).exists() else ()
    listening = port or settings.web.port
    with Workshop(settings, sources, archive_of(settings)) as workshop:
        click.echo(
            f"reading room at http://{settings.web.host}:{listening}/ (this machine only; stop with Ctrl-C)",
            err=True,
        )
        uvicorn.run(
            room(workshop), host=settings.web.host, port=listening, log_level="warning", server_header=False
        )
