"""Give an account another role."""

from dataclasses import replace

import click

from lagebild.accounts import named, told
from lagebild.opening import archive_of, settings_of
from web.roles import ROLES


@click.command(help=__doc__ + "\n\nExample: lagebild people role anna maintainer")
@click.argument("name")
@click.argument("role", type=click.Choice(ROLES))
@click.pass_context
def command(context: click.Context, name: str, role: str) -> None:
    archive = archive_of(settings_of(context))
    account = named(archive, name)
    told(archive, replace(account, role=role), "role changed", before=account.role, after=role)
