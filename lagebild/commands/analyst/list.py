"""List what was said for a day's issue: who wrote what when, what was taken back included."""

from datetime import datetime

import click

from lagebild.belts.publish import closed_day
from lagebild.opening import archive_of, json_option, print_json, settings_of
from lagebild.remarks import edition_of
from lagebild.workshop import utc_now


@click.command(help=__doc__ + "\n\nExample: lagebild analyst list --market DE --day 2026-11-28")
@click.option("--market", default="DE", show_default=True, help="Whose issue.")
@click.option(
    "--day", type=click.DateTime(["%Y-%m-%d"]), help="The issue of this local day; default: the latest."
)
@json_option
@click.pass_context
def command(context: click.Context, market: str, day: datetime | None, as_json: bool) -> None:
    settings = settings_of(context)
    local = day.date() if day else closed_day(edition_of(settings, market), utc_now())
    said = archive_of(settings).remarks(market, local)
    if as_json:
        rows = [
            {"kind": r.kind.value, "subject": r.subject, "language": r.language, "text": r.text, "by": r.by, "at": r.at}
            for r in said
        ]  # fmt: skip
        print_json({"remarks": rows})
        return
    for one in said:
        about = " ".join(filter(None, (one.kind.value, one.subject, one.language)))
        click.echo(f"{one.at:%Y-%m-%d %H:%M}Z  {one.by}  {about}: {one.text or '(taken back)'}")
