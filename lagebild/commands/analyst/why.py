"""Write why a story matters, in at most 40 words; it stands on the story's card, beside the automatic reasons."""

from datetime import datetime

import click

from domain.model import RemarkKind
from lagebild.remarks import about_options, language_option, say


@click.command(
    help=__doc__ + "\n\nExample: lagebild analyst why STORY 'Trifft unser Kernprodukt.' --by 'Ute Kern'"
)
@click.argument("story_id")
@click.argument("text")
@language_option
@about_options
@click.pass_context
def command(
    context: click.Context,
    story_id: str,
    text: str,
    language: str,
    market: str,
    day: datetime | None,
    by: str,
) -> None:
    say(context, RemarkKind.WHY, [(story_id, text)], market=market, day=day, by=by, language=language)
