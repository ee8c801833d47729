"""Make an account; the password is asked for, or read from standard input."""

import click

from domain.errors import ConfigError
from domain.model import Account
from lagebild.accounts import asked_password, told
from lagebild.opening import archive_of, settings_of
from lagebild.workshop import utc_now
from web.passwords import hashed
from web.people import NAME
from web.roles import ROLES


@click.command(help=__doc__ + "\n\nExample: lagebild people add anna --role analyst --display 'Anna Keller'")
@click.argument("name")
@click.option("--role", type=click.Choice(ROLES), default="reader", show_default=True)
@click.option("--display", default="", help="How others see the name.")
@click.option("--no-password", is_flag=True, help="For those whom a proxy or a provider signs in.")
@click.pass_context
def command(context: click.Context, name: str, role: str, display: str, no_password: bool) -> None:
    archive = archive_of(settings_of(context), create=True)
    name = name.lower()
    if not NAME.fullmatch(name):
        raise ConfigError(
            f"{name!r} is no account name", remedy="use a-z, 0-9 and . _ @ + -, up to 64 of them"
        )
    if archive.account(name):
        raise ConfigError(
            f"{name!r} has an account already", remedy="`lagebild people role` or `password` changes it"
        )
    kept = "" if no_password else hashed(asked_password(), name)
    account = Account(name=name, role=role, created_at=utc_now(), display=display, password_hash=kept)
    told(archive, account, "account made", role=role)
