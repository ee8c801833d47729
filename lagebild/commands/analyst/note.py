"""Write a note under the bottom line, such as who has been told; at most 60 words."""

from datetime import datetime

import click

from domain.model import RemarkKind
from lagebild.remarks import about_options, language_option, say


@click.command(
    help=__doc__ + "\n\nExample: lagebild analyst note 'Rechtsabteilung ist informiert.' --by 'Ute Kern'"
)
@click.argument("text")
@language_option
@about_options
@click.pass_context
def command(
    context: click.Context, text: str, language: str, market: str, day: datetime | None, by: str
) -> None:
    say(context, RemarkKind.NOTE, [("", text)], market=market, day=day, by=by, language=language)
