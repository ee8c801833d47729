"""Visit the sources whose time has come and keep what is new."""

import click

from domain.model import Visit
from lagebild.belts.collect import Collected
from lagebild.cli import PARTIAL
from lagebild.job import collect_due
from lagebild.lock import writing
from lagebild.opening import archive_of, json_option, print_json, settings_of, sources_of
from lagebild.workshop import Workshop


@click.command(help=__doc__ + "\n\nExample: lagebild collect --source der-standard --json")
@click.option("--all", "everything", is_flag=True, help="All enabled sources, due or not.")
@click.option("--source", "only", multiple=True, help="Only this source; may be given again.")
@click.option("--market", help="Only sources of this market.")
@json_option
@click.pass_context
def command(
    context: click.Context, everything: bool, only: tuple[str, ...], market: str | None, as_json: bool
) -> int:
    settings = settings_of(context)
    sources = [source for source in sources_of(settings) if not market or market in source.markets]
    with (
        writing(settings.archive),
        Workshop(settings, sources, archive_of(settings, create=True)) as workshop,
    ):
        collected = collect_due(workshop, everything=everything, only=only, quiet=as_json)
    if as_json:
        print_json(_row(collected))
    else:
        _print(collected)
    return PARTIAL if collected.faults else 0


def _row(collected: Collected) -> dict[str, object]:
    tally = collected.tally
    return {
        "outcomes": dict(collected.outcomes),
        "new": tally.new,
        "updated": tally.updated,
        "copies": tally.copies,
        "known": tally.known,
        "removed": tally.removed,
        "requests": collected.requests,
        "not_modified": collected.not_modified,
        "faults": [
            {"source": v.source_id, "outcome": v.outcome.value, "reason": v.reason} for v in collected.faults
        ],
    }


def _print(collected: Collected) -> None:
    tally = collected.tally
    for visit in collected.faults:
        click.echo(_fault(visit))
    click.echo(f"{tally.new} new, {tally.copies} copies, {tally.updated} updated, {tally.known} known")


def _fault(visit: Visit) -> str:
    return f"{visit.source_id}: {visit.outcome.value.replace('_', ' ')}: {visit.reason}"
