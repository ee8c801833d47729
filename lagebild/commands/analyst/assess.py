"""Write the headline assessment of a day: what happened, why it matters, what you ask; at most 60 words."""

from datetime import datetime

import click

from domain.model import RemarkKind
from lagebild.remarks import about_options, language_option, say


@click.command(
    help=__doc__ + "\n\nExample: lagebild analyst assess 'Der Bescheid kommt heute.' --by 'Ute Kern'"
)
@click.argument("text")
@language_option
@about_options
@click.pass_context
def command(
    context: click.Context, text: str, language: str, market: str, day: datetime | None, by: str
) -> None:
    say(context, RemarkKind.ASSESSMENT, [("", text)], market=market, day=day, by=by, language=language)
