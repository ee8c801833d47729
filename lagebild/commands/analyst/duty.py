"""Sign an issue as the analyst on duty: it then says who looked at it."""

from datetime import datetime

import click

from domain.model import RemarkKind
from lagebild.remarks import about_options, say


@click.command(help=__doc__ + "\n\nExample: lagebild analyst duty --market AT --by 'Ute Kern'")
@click.option("--undo", is_flag=True, help="Take the signature back.")
@about_options
@click.pass_context
def command(context: click.Context, undo: bool, market: str, day: datetime | None, by: str) -> None:
    say(context, RemarkKind.DUTY, [("", "" if undo else "on duty")], market=market, day=day, by=by)
