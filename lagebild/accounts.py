"""What the `lagebild people` commands share: finding an account, reading a password, telling the audit log."""

import getpass
import sys

import click

from domain.errors import ConfigError
from domain.model import Account
from domain.ports import Archive

BY = "command line"


def named(archive: Archive, name: str) -> Account:
    """The account of that name. Raises ConfigError when there is none."""
    account = archive.account(name)
    if account is None:
        raise ConfigError(f"nobody is called {name!r}", remedy="`lagebild people list` names them")
    return account


def asked_password() -> str:
    """Twice from a prompt at a terminal, else the first line of standard input: never an argument, which others can see."""
    if not sys.stdin.isatty():
        return sys.stdin.readline().rstrip("\n")
    first = getpass.getpass("password: ")
    if getpass.getpass("again: ") != first:
        raise ConfigError("the two do not match", remedy="run the command again")
    return first


def told(archive: Archive, account: Account, action: str, **facts: str) -> None:
    """Keeps the account with a line in the audit log."""
    from lagebild.workshop import utc_now

    archive.keep_account(account)
    archive.note(BY, action, account.name, facts, utc_now())
    click.echo(f"{account.name}: {account.role}{', disabled' if account.disabled else ''}", err=True)
