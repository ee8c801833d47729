"""List the last runs of scheduled jobs, newest first."""

import click

from domain.model import JobRun
from lagebild.opening import archive_of, json_option, print_json, settings_of


@click.command(help=__doc__ + "\n\nExample: lagebild schedule list --job digest")
@click.option("--job", default="", help="Only this job, such as digest or upkeep.")
@click.option("--limit", type=click.IntRange(1), default=30, show_default=True)
@json_option
@click.pass_context
def command(context: click.Context, job: str, limit: int, as_json: bool) -> None:
    runs = archive_of(settings_of(context)).job_runs(job, limit)
    if as_json:
        rows = [
            {
                "job": r.job,
                "key": r.key,
                "started": r.started_at,
                "finished": r.finished_at,
                "outcome": r.outcome,
                "facts": dict(r.facts),
            }
            for r in runs
        ]
        print_json({"runs": rows})
        return
    for run in runs:
        click.echo(
            f"{run.started_at:%Y-%m-%d %H:%M}Z  {run.job:8} {run.key:16} {run.outcome or 'running':8} {_facts(run)}".rstrip()
        )


def _facts(run: JobRun) -> str:
    return " ".join(f"{name}={value}" for name, value in run.facts.items())
