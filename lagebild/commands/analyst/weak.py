"""Choose reports for the weak signals of section 9, in place of the program's choice."""

from datetime import datetime

import click

from domain.model import RemarkKind
from lagebild.remarks import about_options, say


@click.command(help=__doc__ + "\n\nExample: lagebild analyst weak ITEM --by 'Ute Kern'")
@click.argument("item_ids", nargs=-1, required=True)
@click.option("--undo", is_flag=True, help="Take them out again.")
@about_options
@click.pass_context
def command(
    context: click.Context, item_ids: tuple[str, ...], undo: bool, market: str, day: datetime | None, by: str
) -> None:
    said = [(item, "" if undo else "chosen") for item in item_ids]
    say(context, RemarkKind.WEAK, said, market=market, day=day, by=by)
