"""Workers, and what waits, runs or was set aside."""

import click

from lagebild.cli import PARTIAL
from lagebild.opening import fleet_of, json_option, print_json


@click.command(
    help=__doc__ + "\n\nExample: lagebild fleet status --json\n\nExit code 4 when a job was set aside."
)
@json_option
@click.pass_context
def command(context: click.Context, as_json: bool) -> int:
    with fleet_of(context) as fleet:
        workers, jobs = fleet.state.workers(), fleet.state.jobs()
        draining = fleet.is_draining
    if as_json:
        print_json(
            {
                "draining": draining,
                "workers": [
                    {"id": w.id, "silent_seconds": round(w.silent_seconds, 1), "doing": w.doing}
                    for w in workers
                ],
                "jobs": [
                    {
                        "queue": j.queue,
                        "task": j.task,
                        "status": j.status,
                        "jobs": j.jobs,
                        "oldest_seconds": round(j.oldest_seconds, 1),
                    }
                    for j in jobs
                ],
            }
        )
    else:
        click.echo("draining: nothing new begins" if draining else "running")
        for w in workers:
            click.echo(f"lane {w.id}: {w.doing} jobs in hand, heard of {w.silent_seconds:.0f} s ago")
        for j in jobs:
            click.echo(f"{j.queue:10} {j.task:14} {j.status:10} {j.jobs}")
    return PARTIAL if any(j.status == "failed" for j in jobs) else 0
