"""Copy the archive while others write; the copy is checked before it counts."""

from pathlib import Path

import click

from domain.errors import StorageError
from lagebild.opening import archive_of, settings_of
from storage.sqlite import open_archive


@click.command(help=__doc__ + "\n\nExample: lagebild db backup backups/2026-11-28.db")
@click.argument("target", type=click.Path(path_type=Path, dir_okay=False))
@click.pass_context
def command(context: click.Context, target: Path) -> None:
    if target.exists():
        raise StorageError(
            f"{target} is there already", remedy="choose another name; backups are never overwritten"
        )
    target.parent.mkdir(parents=True, exist_ok=True)
    archive_of(settings_of(context)).backup(target)
    faults = open_archive(target, create=False).verify()
    if faults:
        raise StorageError(
            f"the copy is faulty: {faults[0]}", remedy="run `lagebild db verify` on the archive"
        )
    click.echo(f"{target}  {target.stat().st_size} octets, verified")
