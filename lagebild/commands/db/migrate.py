"""Bring the archive's schema to this version, with a backup before."""

import shutil
from datetime import UTC, datetime
from pathlib import Path

import click

from lagebild.lock import writing
from lagebild.opening import archive_of, settings_of


@click.command(help=__doc__ + "\n\nExample: lagebild db migrate")
@click.option("--no-backup", is_flag=True, help="For archives that are backed up otherwise.")
@click.pass_context
def command(context: click.Context, no_backup: bool) -> None:
    archive = settings_of(context).archive
    with writing(archive):
        if archive.exists() and not no_backup:
            copy = archive.with_name(f"{archive.name}.before-{datetime.now(UTC):%Y%m%dT%H%M%SZ}")
            copied(archive, copy)
            click.echo(f"copied to {copy}")
        archive_of(settings_of(context), create=True)
    click.echo(f"{archive} is at this version's schema")


def copied(archive: Path, copy: Path) -> None:
    """The file with its write-ahead log; nobody else writes, since we hold the lock."""
    for part in ("", "-wal"):
        old = archive.with_name(archive.name + part)
        if old.exists():
            shutil.copyfile(old, copy.with_name(copy.name + part))
