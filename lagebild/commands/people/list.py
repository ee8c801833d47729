"""Show who has an account."""

import click

from lagebild.opening import archive_of, json_option, print_json, settings_of


@click.command(help=__doc__ + "\n\nExample: lagebild people list")
@json_option
@click.pass_context
def command(context: click.Context, as_json: bool) -> None:
    accounts = archive_of(settings_of(context)).accounts()
    if as_json:
        rows = [
            {
                "name": a.name,
                "role": a.role,
                "display": a.display,
                "disabled": a.disabled,
                "since": a.created_at,
            }
            for a in accounts
        ]
        print_json({"people": rows})
        return
    for account in accounts:
        state = "disabled" if account.disabled else "" if account.password_hash else "without password"
        click.echo(f"{account.name:24} {account.role:10} {account.display:24} {state}".rstrip())
