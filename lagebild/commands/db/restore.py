"""Put a backup in the archive's place; what was removed since stays removed, and the old file is kept beside it."""

from pathlib import Path

import click

from lagebild.lock import writing
from lagebild.opening import json_option, print_json, settings_of
from storage.sqlite.restore import Restored, restore


@click.command(help=__doc__ + "\n\nExample: lagebild db restore backups/2026-11-28.db --dry-run")
@click.argument("backup", type=click.Path(path_type=Path, dir_okay=False, exists=True))
@click.option("--dry-run", is_flag=True, help="Try the whole restore on a copy and say what would be done.")
@json_option
@click.pass_context
def command(context: click.Context, backup: Path, dry_run: bool, as_json: bool) -> None:
    archive = settings_of(context).archive
    with writing(archive):
        done = restore(backup, archive, dry_run=dry_run)
    if as_json:
        print_json(
            {
                "archive": str(archive),
                "items": done.items,
                "removed_again": done.removed_again,
                "dry_run": dry_run,
            }
        )
        return
    click.echo(_told(done, backup, archive))


def _told(done: Restored, backup: Path, archive: Path) -> str:
    again = f", {done.removed_again} removed again" if done.removed_again else ""
    if done.dry_run:
        return f"{backup} is sound: {done.items} items{again}; it would replace {archive}"
    before = archive.with_name(archive.name + ".before")
    aside = f"; the old one is {before}" if before.exists() else ""
    return f"{archive} restored from {backup}: {done.items} items{again}{aside}"
