"""Set an item's severity by hand, or take that back; the reason is kept and shown, and new versions respect it."""

import click

from domain.model import Annotation
from lagebild.incidents import by_option
from lagebild.opening import archive_of, settings_of
from lagebild.overrides import set_severity, severity_tag, take_back
from lagebild.workshop import utc_now


@click.command(
    help=__doc__ + "\n\nExample: lagebild severity 9f2c61ab 4 --reason 'a pupil of our town' --by anna"
)
@click.argument("item_id")
@click.argument("level", type=click.IntRange(0, 5), required=False)
@click.option("--reason", default="", help="Why; needed with a level.")
@click.option("--undo", is_flag=True, help="Back to the automatic level.")
@by_option
@click.pass_context
def command(
    context: click.Context, item_id: str, level: int | None, reason: str, undo: bool, by: str
) -> None:
    archive = archive_of(settings_of(context))
    if undo:
        tag = take_back(archive, item_id, reason, by=by, now=utc_now())
    elif level is not None:
        tag = set_severity(archive, item_id, level, reason, by=by, now=utc_now())
    else:
        tag = severity_tag(archive, item_id)
    click.echo(told(tag))


def told(tag: Annotation) -> str:
    """The level, who set it, and the reasons, one a line."""
    head = f"severity {tag.label}" + (f", set by {tag.text}" if tag.text else "")
    return "\n".join([head, *(f"  {evidence.text}" for evidence in tag.evidence)])
