"""One round by the fleet's workers: collect, read, place, watch, publish."""

import asyncio
from datetime import datetime

import click

from lagebild.opening import fleet_of


@click.command(help=__doc__ + "\n\nExample: lagebild fleet run --all")
@click.option("--all", "everything", is_flag=True, help="All enabled sources, due or not.")
@click.option("--collect-only", is_flag=True, help="Reads nothing and writes no issue.")
@click.option("--no-publish", is_flag=True, help="Writes no issue.")
@click.option(
    "--as-of",
    type=click.DateTime(["%Y-%m-%dT%H:%M:%S%z"]),
    help="The moment that counts as now, such as 2026-11-28T06:30:00+0100.",
)
@click.pass_context
def command(
    context: click.Context, everything: bool, collect_only: bool, no_publish: bool, as_of: datetime | None
) -> None:
    with fleet_of(context) as fleet:
        from lagebild.fleet import one_round

        asyncio.run(
            one_round(fleet, as_of, everything=everything, publish=not no_publish, read=not collect_only)
        )
        counts = fleet.workshop.archive.counts()
    click.echo(f"{counts['item']} items, {counts['story']} story states, {counts['digest_run']} issues")
