"""Make a token for a program; its secret is printed once and kept nowhere. `--drop ID` ends one, `--list` names them."""

import click

from domain.errors import ConfigError
from lagebild.accounts import BY, named
from lagebild.opening import archive_of, settings_of
from lagebild.workshop import utc_now
from web.people import role_of
from web.scopes import SCOPES, scopes_of
from web.tokens import new_token


@click.command(help=__doc__ + "\n\nExample: lagebild people token anna --scope items:read --days 90")
@click.argument("name")
@click.option(
    "--scope", "scopes", multiple=True, type=click.Choice(list(SCOPES)), help="May be given more than once."
)
@click.option("--title", default="command line", show_default=True, help="What it is for.")
@click.option("--days", type=click.IntRange(1, 366), default=90, show_default=True)
@click.option("--list", "listed", is_flag=True, help="Name the account's tokens.")
@click.option("--drop", default="", help="The id of a token to end.")
@click.pass_context
def command(
    context: click.Context, name: str, scopes: tuple[str, ...], title: str, days: int, listed: bool, drop: str
) -> None:
    archive = archive_of(settings_of(context))
    account = named(archive, name)
    kept = archive.tokens(account.name)
    if listed:
        for token in kept:
            click.echo(f"{token.id}  {token.name:24} {' '.join(token.scopes):40} {token.expires_at or ''}")
        return
    if drop:
        if drop not in {token.id for token in kept}:
            raise ConfigError(f"{name} has no token {drop!r}", remedy="`--list` names them")
        archive.drop_token(drop)
        archive.note(BY, "token dropped", account.name, {"token": drop}, utc_now())
        return
    beyond = set(scopes) - set(scopes_of(role_of(account)))
    if beyond or not scopes:
        allowed = ", ".join(scopes_of(role_of(account)))
        raise ConfigError(
            f"a token of {name} needs scopes within their role", remedy=f"use --scope with: {allowed}"
        )
    token, secret = new_token(account.name, title, scopes, utc_now(), days)
    archive.keep_token(token)
    archive.note(BY, "token made", account.name, {"token": token.id, "scopes": list(scopes)}, utc_now())
    click.echo(secret)
