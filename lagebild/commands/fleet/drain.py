"""Let nothing new begin and wait until the queue is empty: before a deployment."""

import asyncio

import click

from lagebild.cli import PARTIAL
from lagebild.opening import fleet_of


@click.command(
    help=__doc__ + "\n\nExample: lagebild fleet drain --timeout 300; lagebild fleet drain --resume"
)
@click.option("--timeout", type=click.FloatRange(min=0), default=600.0, show_default=True, help="Seconds.")
@click.option("--resume", "resuming", is_flag=True, help="Let the timetable go on.")
@click.pass_context
def command(context: click.Context, timeout: float, resuming: bool) -> int:
    with fleet_of(context) as fleet:
        from lagebild.fleet import drain, resume

        if resuming:
            resume(fleet)
            click.echo("the timetable goes on")
            return 0
        empty = asyncio.run(drain(fleet, timeout))
    click.echo("drained: stop the workers now" if empty else "jobs are left; see `lagebild fleet status`")
    return 0 if empty else PARTIAL
