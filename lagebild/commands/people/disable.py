"""Shut an account out, with its sessions and tokens; `--undo` lets it in again."""

from dataclasses import replace

import click

from lagebild.accounts import named, told
from lagebild.opening import archive_of, settings_of


@click.command(help=__doc__ + "\n\nExample: lagebild people disable anna")
@click.argument("name")
@click.option("--undo", is_flag=True, help="Let the account in again.")
@click.pass_context
def command(context: click.Context, name: str, undo: bool) -> None:
    archive = archive_of(settings_of(context))
    account = replace(named(archive, name), disabled=not undo)
    told(archive, account, "account let in" if undo else "account disabled")
    archive.close_sessions(name=account.name)
