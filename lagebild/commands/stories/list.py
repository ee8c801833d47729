"""List the stories that changed lately, latest first."""

from datetime import timedelta

import click

from lagebild.opening import archive_of, json_option, print_json, settings_of
from lagebild.storytelling import line_of, members_of
from lagebild.workshop import utc_now


@click.command(help=__doc__ + "\n\nExample: lagebild stories list --days 3 --least 3")
@click.option("--days", type=click.IntRange(1, 366), default=7, show_default=True)
@click.option(
    "--least", type=click.IntRange(1), default=2, show_default=True, help="Only stories of so many items."
)
@json_option
@click.pass_context
def command(context: click.Context, days: int, least: int, as_json: bool) -> None:
    archive = archive_of(settings_of(context))
    stories = [s for s in archive.stories(utc_now() - timedelta(days=days)) if not s.merged_into]
    large = [story for story in stories if len(members_of(archive, story)) >= least]
    large.sort(key=lambda story: story.changed_at, reverse=True)
    if as_json:
        print_json(
            {
                "stories": [
                    {"id": s.id, "title": s.title, "state": s.state.value, "pinned": s.pinned} for s in large
                ]
            }
        )
        return
    for story in large:
        click.echo(line_of(archive, story))
