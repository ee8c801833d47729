"""Make anew what is made of the texts and tags: the full-text indexes and the counts of days."""

from datetime import timedelta
from zoneinfo import ZoneInfo

import click

from domain.ports import Archive
from lagebild.belts.watch import HISTORY_DAYS
from lagebild.lock import writing
from lagebild.opening import archive_of, settings_of
from lagebild.workshop import utc_now


@click.command(help=__doc__ + "\n\nExample: lagebild db rebuild")
@click.pass_context
def command(context: click.Context) -> None:
    settings = settings_of(context)
    archive = archive_of(settings)
    zones = {edition.zone for edition in settings.publish.editions}
    with writing(settings.archive):
        archive.rebuild_index()
        days = sum(_counted(archive, zone) for zone in sorted(zones))
    click.echo(f"both full-text indexes made anew, {days} days counted")


def _counted(archive: Archive, zone: str) -> int:
    """The days that signals and dashboards look back over."""
    today = utc_now().astimezone(ZoneInfo(zone)).date()
    return archive.count_days(today - timedelta(days=HISTORY_DAYS), today, zone)
