"""Give the jobs of lost workers to others, now."""

import asyncio

import click

from lagebild.opening import fleet_of


@click.command(help=__doc__ + "\n\nExample: lagebild fleet sweep --failed")
@click.option("--failed", is_flag=True, help="Those that were set aside too.")
@click.pass_context
def command(context: click.Context, failed: bool) -> None:
    with fleet_of(context) as fleet:
        from lagebild.fleet import swept

        count = asyncio.run(swept(fleet, failed=failed))
    click.echo(f"{count} jobs wait again")
