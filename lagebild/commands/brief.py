"""Write the briefing of each market from what the archive holds."""

from collections.abc import Sequence
from datetime import datetime

import click

from lagebild.belts.publish import Issue
from lagebild.job import publish_edition, publish_news, publish_report
from lagebild.lock import writing
from lagebild.opening import archive_of, json_option, print_json, settings_of, sources_of
from lagebild.settings import Edition
from lagebild.workshop import Workshop


@click.command(help=__doc__ + "\n\nExample: lagebild brief --market AT --day 2026-11-27")
@click.option("--market", "markets", multiple=True, help="Only this market; may be given again.")
@click.option(
    "--day",
    type=click.DateTime(["%Y-%m-%d"]),
    help="The issue of this local day; default: the latest closed one.",
)
@click.option("--update", is_flag=True, help="The day's next update, if there is news for one.")
@click.option("--whatever", is_flag=True, help="With --update: even without news.")
@click.option("--weekly", is_flag=True, help="The report of the last closed week.")
@json_option
@click.pass_context
def command(
    context: click.Context,
    markets: tuple[str, ...],
    day: datetime | None,
    update: bool,
    whatever: bool,
    weekly: bool,
    as_json: bool,
) -> None:
    settings = settings_of(context)

    def write(workshop: Workshop, edition: Edition) -> Sequence[Issue]:
        if update:
            return publish_news(workshop, edition, whatever=whatever)
        if weekly:
            return publish_report(workshop, edition)
        return publish_edition(workshop, edition, day.date() if day else None)

    wanted = [edition for edition in settings.publish.editions if not markets or edition.market in markets]
    with (
        writing(settings.archive),
        Workshop(settings, sources_of(settings), archive_of(settings)) as workshop,
    ):
        issues = [issue for edition in wanted for issue in write(workshop, edition)]
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
