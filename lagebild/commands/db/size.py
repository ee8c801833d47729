"""Tell how much room each table takes."""

import click

from lagebild.opening import archive_of, json_option, print_json, settings_of


@click.command(help=__doc__ + "\n\nExample: lagebild db size")
@json_option
@click.pass_context
def command(context: click.Context, as_json: bool) -> None:
    size = archive_of(settings_of(context)).size()
    if as_json:
        print_json({"octets": dict(size)})
        return
    for name, octets in sorted(size.items(), key=lambda row: -row[1]):
        click.echo(f"{octets / 1e6:10.2f} MB  {name}")
