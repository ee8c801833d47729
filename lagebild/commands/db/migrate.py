"""Bring the archive's schema to this version, in one transaction, with a backup before."""

import click

from lagebild.lock import writing
from lagebild.opening import archive_of, settings_of
from storage.sqlite.archive import copy_before, pending_of


@click.command(help=__doc__ + "\n\nExample: lagebild db migrate")
@click.pass_context
def command(context: click.Context) -> None:
    archive = settings_of(context).archive
    with writing(archive):
        pending = pending_of(archive) if archive.exists() else []
        archive_of(settings_of(context), create=True)
    if pending:
        click.echo(
            f"{len(pending)} steps applied; the archive as it was is {copy_before(archive, pending[0])}"
        )
    click.echo(f"{archive} is at this version's schema")
