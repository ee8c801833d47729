"""Set an account's password; it is asked for, or read from standard input. Its sessions end."""

from dataclasses import replace

import click

from lagebild.accounts import asked_password, named, told
from lagebild.opening import archive_of, settings_of
from web.passwords import hashed


@click.command(help=__doc__ + "\n\nExample: lagebild people password anna")
@click.argument("name")
@click.pass_context
def command(context: click.Context, name: str) -> None:
    archive = archive_of(settings_of(context))
    account = named(archive, name)
    kept = hashed(asked_password(), account.name)
    told(archive, replace(account, password_hash=kept), "password set")
    archive.close_sessions(name=account.name)
