"""Give room that nothing uses any more back to the disk."""

import click

from lagebild.lock import writing
from lagebild.opening import archive_of, settings_of


@click.command(help=__doc__ + "\n\nExample: lagebild db vacuum")
@click.pass_context
def command(context: click.Context) -> None:
    settings = settings_of(context)
    archive = archive_of(settings)
    before = archive.size()["total"]
    with writing(settings.archive):
        archive.vacuum()
    click.echo(f"{before} octets before, {archive.size()['total']} after")
