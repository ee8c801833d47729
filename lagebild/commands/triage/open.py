"""Open an incident, from a signal or from words of your own."""

from zoneinfo import ZoneInfo

import click

from domain.errors import ConfigError
from domain.model import Signal
from domain.ports import Archive
from lagebild.incidents import by_option, line_of
from lagebild.opening import archive_of, settings_of
from lagebild.settings import Settings
from lagebild.triage import AUDIENCES, due_at, from_signal, open_incident
from lagebild.workshop import utc_now


@click.command(help=__doc__ + "\n\nExample: lagebild triage open --signal SIGNAL --severity 4")
@click.option("--title", default="", help="What happened, in a few words.")
@click.option("--signal", "signal_id", default="", help="Take this signal up.")
@click.option("--market", default="DE", show_default=True)
@click.option("--severity", type=click.IntRange(0, 5), default=3, show_default=True)
@click.option("--audience", multiple=True, type=click.Choice(AUDIENCES))
@click.option("--item", "item_ids", multiple=True)
@by_option
@click.pass_context
def command(
    context: click.Context,
    title: str,
    signal_id: str,
    market: str,
    severity: int,
    audience: tuple[str, ...],
    item_ids: tuple[str, ...],
    by: str,
) -> None:
    settings, now = settings_of(context), utc_now()
    archive = archive_of(settings)
    due = due_at(severity, now, ZoneInfo(zone_of(settings, market)))
    if signal_id:
        incident, event = from_signal(signal_named(archive, signal_id), severity, by=by, now=now, due=due)
    else:
        incident, event = open_incident(
            title, market, severity, by=by, now=now, due=due, audience=audience, item_ids=item_ids
        )
    click.echo(line_of(archive.open_incident(incident, event), now))


def zone_of(settings: Settings, market: str) -> str:
    """The market's zone; Berlin's for a market without an edition."""
    return next(
        (edition.zone for edition in settings.publish.editions if edition.market == market), "Europe/Berlin"
    )


def signal_named(archive: Archive, signal_id: str) -> Signal:
    """The kept signal of that id. Raises ConfigError."""
    today = utc_now().date()
    for signal in archive.signals(today.replace(year=today.year - 1, day=1), today):
        if signal.id == signal_id:
            return signal
    raise ConfigError(
        f"there is no signal {signal_id!r}", remedy="`lagebild signals list --json` shows the ids"
    )
