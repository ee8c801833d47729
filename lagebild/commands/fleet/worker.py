"""Run jobs of the fleet in the foreground, until SIGTERM or SIGINT."""

import click

from crawler.crawl import reactor_loop, share_hosts
from lagebild.opening import fleet_of


@click.command(help=__doc__ + "\n\nExample: lagebild fleet worker --queue read")
@click.option(
    "--queue",
    "queues",
    multiple=True,
    type=click.Choice(["collect", "read"]),
    help="Only this; default: both.",
)
@click.option("--no-timetable", is_flag=True, help="Starts nothing by the clock; another worker does.")
@click.pass_context
def command(context: click.Context, queues: tuple[str, ...], no_timetable: bool) -> None:
    with fleet_of(context, timetable=not no_timetable) as fleet:
        from lagebild.fleet import QUEUES, work
        from storage.postgres.fleet import HostTurns

        loop = reactor_loop()
        share_hosts(HostTurns(fleet.dsn))
        click.echo(
            f"working on {len(fleet.workshop.sources)} sources in {len(fleet.shards)} shards", err=True
        )
        loop.run_until_complete(work(fleet, queues or QUEUES))
