"""The whole job on sources.yaml: collect, enrich, publish."""

import click

from domain.model import Outcome
from lagebild.cli import PARTIAL
from lagebild.job import Done, summary, whole_job
from lagebild.lock import writing
from lagebild.opening import archive_of, settings_of, sources_of
from lagebild.workshop import Workshop

NO_NETWORK = (
    "No source could be reached: there seems to be no network; what the archive holds is kept, "
    "and `lagebild demo` shows the job without one."
)


@click.command(help=__doc__ + "\n\nExample: lagebild --sources my.yaml run --all")
@click.option("--all", "everything", is_flag=True, help="All enabled sources, due or not.")
@click.pass_context
def command(context: click.Context, everything: bool) -> int:
    settings = settings_of(context)
    sources = sources_of(settings)
    with writing(settings.archive):
        done = whole_job(
            Workshop(settings, sources, archive_of(settings, create=True)), everything=everything
        )
    click.echo(NO_NETWORK if unreached(done) else summary(done))
    return PARTIAL if done.collected.faults else 0


def unreached(done: Done) -> bool:
    """Whether every visited source was out of reach."""
    outcomes = done.collected.outcomes
    return done.collected.sources > 0 and outcomes[Outcome.UNREACHABLE.value] == done.collected.sources
