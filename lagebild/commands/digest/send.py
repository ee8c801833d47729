"""Send the kept issues of a day to their recipients, each once, and try again what was refused."""

import os
from datetime import datetime

import click

from domain.briefing import Digest
from domain.model import Delivery
from domain.ports import Archive
from lagebild.belts.deliver import parcels, send
from lagebild.belts.publish import closed_day, kept_of
from lagebild.lock import writing
from lagebild.opening import archive_of, json_option, print_json, settings_of
from lagebild.settings import Settings
from lagebild.workshop import utc_now


@click.command(help=__doc__ + "\n\nExample: lagebild digest send --market DE --dry-run")
@click.option("--market", "markets", multiple=True, help="Only this market; may be given again.")
@click.option(
    "--day", type=click.DateTime(["%Y-%m-%d"]), help="The issue of this local day; default: the latest."
)
@click.option("--dry-run", is_flag=True, help="Say what would go to whom; send nothing.")
@json_option
@click.pass_context
def command(
    context: click.Context, markets: tuple[str, ...], day: datetime | None, dry_run: bool, as_json: bool
) -> int:
    settings = settings_of(context)
    archive = archive_of(settings)
    digests = issues_of(settings, archive, markets, day)
    if dry_run:
        _tell(
            [one for digest in digests for one in parcels(digest, settings.delivery.recipients, utc_now())],
            as_json,
        )
        return 0
    with writing(settings.archive):
        done = send(archive, digests, settings.delivery, os.environ, utc_now)
    told = {"sent": done.sent, "postponed": done.postponed, "failed": done.failed}
    if as_json:
        print_json(told)
    else:
        click.echo(", ".join(f"{count} {word}" for word, count in told.items()))
    return 4 if done.failed or done.postponed else 0


def issues_of(
    settings: Settings, archive: Archive, markets: tuple[str, ...], day: datetime | None
) -> list[Digest]:
    """The kept issues of that day, in every language: the morning's, updates, the week's report."""
    found = []
    for edition in settings.publish.editions:
        if markets and edition.market not in markets:
            continue
        local = day.date() if day else closed_day(edition, utc_now())
        found += kept_of(archive, edition, local)
    return found


def _tell(waiting: list[Delivery], as_json: bool) -> None:
    rows = [
        {"channel": one.channel, "to": one.recipient, "subject": one.subject, "octets": len(one.body)}
        for one in waiting
    ]
    if as_json:
        print_json({"would_send": rows})
        return
    for row in rows:
        click.echo(f"{row['channel']:8} {row['to']:32} {row['octets']:>8} octets  {row['subject']}")
    if not rows:
        click.echo("nobody asked for these issues; see delivery.recipients in lagebild.toml", err=True)
