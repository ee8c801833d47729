"""Say how one series came to its level on a day, or why it did not."""

from datetime import datetime, timedelta

import click

from domain.errors import ConfigError
from lagebild.belts.watch import DIMENSIONS, HISTORY_DAYS
from lagebild.opening import archive_of, settings_of
from lagebild.workshop import utc_now
from nlp.signals import explain


@click.command(help=__doc__ + "\n\nExample: lagebild signals explain youth_safety --market DE")
@click.argument("label")
@click.option("--market", default="DE", show_default=True)
@click.option("--dimension", type=click.Choice(DIMENSIONS), default="topic", show_default=True)
@click.option("--day", type=click.DateTime(["%Y-%m-%d"]), help="Default: today.")
@click.pass_context
def command(context: click.Context, label: str, market: str, dimension: str, day: datetime | None) -> None:
    settings = settings_of(context)
    archive = archive_of(settings)
    edition = next((e for e in settings.publish.editions if e.market == market), None)
    if edition is None:
        raise ConfigError(f"no edition for market {market!r}", remedy="add it under publish.editions")
    last = day.date() if day else utc_now().date()
    first = last - timedelta(days=HISTORY_DAYS)
    series = archive.series(dimension, first, last, edition.zone, market)
    coverage = archive.coverage(first, last, edition.zone, market)
    told = explain(series.get(label, {}), label, market, last, coverage)
    for seen in told.days:
        click.echo(
            f"{seen.date}  {seen.count:3} seen, {seen.expected:5.1f} expected, up to {seen.upper}  {'#' * seen.count}"
        )
    click.echo("\n".join(told.sentences))
