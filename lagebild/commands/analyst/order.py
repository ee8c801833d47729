"""Put stories before the printed order, the first named first; the issue marks them and says how many."""

from datetime import datetime

import click

from domain.model import RemarkKind
from lagebild.remarks import about_options, say


@click.command(help=__doc__ + "\n\nExample: lagebild analyst order STORY-B STORY-A --by 'Ute Kern'")
@click.argument("story_ids", nargs=-1, required=True)
@click.option("--undo", is_flag=True, help="Put them back to where the rule has them.")
@about_options
@click.pass_context
def command(
    context: click.Context, story_ids: tuple[str, ...], undo: bool, market: str, day: datetime | None, by: str
) -> None:
    said = [(story, "" if undo else str(place)) for place, story in enumerate(story_ids, start=1)]
    say(context, RemarkKind.ORDER, said, market=market, day=day, by=by)
