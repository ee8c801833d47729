"""Ask again for what is held and due (days 1, 3, 7, 14, 28): what is gone at its source goes here too."""

from dataclasses import asdict

import click

from lagebild.belts.recheck import AT_ONCE
from lagebild.job import recheck_due
from lagebild.lock import writing
from lagebild.opening import archive_of, json_option, print_json, settings_of, sources_of
from lagebild.workshop import Workshop


@click.command(help=__doc__ + "\n\nExample: lagebild recheck --limit 500 --json")
@click.option(
    "--limit", type=click.IntRange(1), default=AT_ONCE, show_default=True, help="So many items at most."
)
@json_option
@click.pass_context
def command(context: click.Context, limit: int, as_json: bool) -> None:
    settings = settings_of(context)
    with (
        writing(settings.archive),
        Workshop(settings, sources_of(settings), archive_of(settings)) as workshop,
    ):
        done = recheck_due(workshop, limit=limit, quiet=as_json)
    if as_json:
        print_json(asdict(done))
        return
    click.echo(
        f"{done.due} due: {done.there} still there, {done.changed} changed, {done.gone} gone, "
        f"{done.missing} missing for the first time, {done.unclear} without an answer"
    )
