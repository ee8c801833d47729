"""Put a backup in the archive's place; the old file is kept beside it."""

import shutil
from datetime import UTC, datetime
from pathlib import Path

import click

from domain.errors import StorageError
from lagebild.lock import writing
from lagebild.opening import settings_of
from storage.sqlite import open_archive


@click.command(help=__doc__ + "\n\nExample: lagebild db restore backups/2026-11-28.db --dry-run")
@click.argument("backup", type=click.Path(path_type=Path, dir_okay=False, exists=True))
@click.option("--dry-run", is_flag=True, help="Check the backup and say what would be done.")
@click.pass_context
def command(context: click.Context, backup: Path, dry_run: bool) -> None:
    archive = settings_of(context).archive
    checked(backup)
    aside = archive.with_name(f"{archive.name}.before-{datetime.now(UTC):%Y%m%dT%H%M%SZ}")
    if dry_run:
        click.echo(f"{backup} is sound; it would replace {archive}, which would be kept as {aside}")
        return
    with writing(archive):
        put_in_place(backup, archive, aside)
    click.echo(f"{archive} restored from {backup}" + (f"; the old one is {aside}" if aside.exists() else ""))


def checked(backup: Path) -> None:
    """Raises StorageError when the backup is not whole."""
    faults = open_archive(backup, create=False).verify()
    if faults:
        raise StorageError(f"{backup}: {faults[0]}", remedy="use another backup")


def put_in_place(backup: Path, archive: Path, aside: Path) -> None:
    """The copy is complete before the old file moves."""
    draft = archive.with_name(archive.name + ".restoring")
    shutil.copyfile(backup, draft)
    for part in ("-wal", "-shm", ""):  # what is not yet in the file itself goes with it
        old = archive.with_name(archive.name + part)
        if old.exists():
            old.rename(aside.with_name(aside.name + part))
    draft.rename(archive)
