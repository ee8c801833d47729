"""Write the weekly report of a market: Friday 14:00 to Friday 14:00, five numbers, strips, escalations."""

import sys
from datetime import date, datetime, timedelta

import click

from digest.gather import Order
from digest.weekly import brief_weekly, gather_weekly, week_of
from domain.registry import plug
from lagebild.labels import names
from lagebild.opening import archive_of, settings_of
from lagebild.room.reasons import spoken
from lagebild.workshop import utc_now
from nlp.shield import cut_slurs

FRIDAY = 4


@click.command(help=__doc__ + "\n\nExample: lagebild report weekly --market DE --format pdf > woche.pdf")
@click.option("--market", default="DE", show_default=True)
@click.option(
    "--day", type=click.DateTime(["%Y-%m-%d"]), help="The day the week closes; default: the last Friday."
)
@click.option("--language", type=click.Choice(["de", "en"]), default="de", show_default=True)
@click.option(
    "--format", "form", default="text", show_default=True, help="One of the forms of docs/plugs/formats.md."
)
@click.pass_context
def command(context: click.Context, market: str, day: datetime | None, language: str, form: str) -> None:
    settings = settings_of(context)
    order = Order(
        market=market,
        period=week_of(market, day.date() if day else last_friday(utc_now().date())),
        edition="weekly",
        names=names(),
        base_url=settings.web.base_url,
        mask=cut_slurs,
        speak=spoken,
    )
    digest = brief_weekly(gather_weekly(archive_of(settings), order), language)
    sys.stdout.buffer.write(plug("digest.formats", form).render(digest))


def last_friday(today: date) -> date:
    """Today, if it is a Friday."""
    return today - timedelta(days=(today.weekday() - FRIDAY) % 7)
