"""Write the briefing of each market from what the archive holds."""

from datetime import datetime

import click

from lagebild.job import publish_edition
from lagebild.lock import writing
from lagebild.opening import archive_of, json_option, print_json, settings_of, sources_of
from lagebild.workshop import Workshop


@click.command(help=__doc__ + "\n\nExample: lagebild brief --market AT --day 2026-11-27")
@click.option("--market", "markets", multiple=True, help="Only this market; may be given again.")
@click.option(
    "--day",
    type=click.DateTime(["%Y-%m-%d"]),
    help="The issue of this local day; default: the latest closed one.",
)
@json_option
@click.pass_context
def command(context: click.Context, markets: tuple[str, ...], day: datetime | None, as_json: bool) -> None:
    settings = settings_of(context)
    wanted = [edition for edition in settings.publish.editions if not markets or edition.market in markets]
    with (
        writing(settings.archive),
        Workshop(settings, sources_of(settings), archive_of(settings)) as workshop,
    ):
        issues = [
            issue
            for edition in wanted
            for issue in publish_edition(workshop, edition, day.date() if day else None)
        ]
    paths = [str(path) for issue in issues for path in issue.paths]
    if as_json:
        print_json(
            {
                "issues": [
                    {"id": i.digest.id, "first": i.is_first, "paths": [str(p) for p in i.paths]}
                    for i in issues
                ]
            }
        )
    else:
        click.echo("\n".join(paths))
