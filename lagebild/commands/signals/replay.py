"""Run the present rules over stored history: how often would they have called, and on what?"""

from datetime import date, datetime, timedelta

import click

from domain.model import Level
from domain.ports import Archive
from lagebild.belts.watch import DIMENSIONS, HISTORY_DAYS
from lagebild.commands.signals.list import line_of, row_of
from lagebild.opening import archive_of, json_option, print_json, settings_of
from lagebild.settings import Edition
from lagebild.workshop import utc_now
from nlp.signals import Replay, replay

DAY = click.DateTime(["%Y-%m-%d"])


@click.command(help=__doc__ + "\n\nExample: lagebild signals replay --market DE --from 2026-10-01")
@click.option("--market", "markets", multiple=True, help="Only this market; may be given again.")
@click.option("--from", "first", type=DAY, help="First day; default: 28 days ago.")
@click.option("--to", "last", type=DAY, help="Last day; default: yesterday.")
@json_option
@click.pass_context
def command(
    context: click.Context,
    markets: tuple[str, ...],
    first: datetime | None,
    last: datetime | None,
    as_json: bool,
) -> None:
    settings = settings_of(context)
    archive, today = archive_of(settings), utc_now().date()
    begin = first.date() if first else today - timedelta(days=28)
    end = last.date() if last else today - timedelta(days=1)
    wanted = [edition for edition in settings.publish.editions if not markets or edition.market in markets]
    replays = [(e.market, d, replayed(archive, e, d, begin, end)) for e in wanted for d in DIMENSIONS]
    if as_json:
        print_json({"replays": [_row(market, dimension, run) for market, dimension, run in replays]})
        return
    for market, dimension, run in replays:
        _print(market, dimension, run)


def replayed(archive: Archive, edition: Edition, dimension: str, first: date, last: date) -> Replay:
    """One dimension of one market, from first to last."""
    begin = first - timedelta(days=HISTORY_DAYS)
    series = archive.series(dimension, begin, last, edition.zone, edition.market)
    coverage = archive.coverage(begin, last, edition.zone, edition.market)
    return replay(series, edition.market, first, last, coverage, dimension=dimension, history_from=begin)


def _row(market: str, dimension: str, run: Replay) -> dict[str, object]:
    rates = {level.value: round(run.weekly(level), 2) for level in Level}
    return {
        "market": market,
        "dimension": dimension,
        "series": run.series,
        "weekly": rates,
        "signals": [row_of(s) for s in run.signals],
    }


def _print(market: str, dimension: str, run: Replay) -> None:
    rates = ", ".join(f"{level.value} {run.weekly(level):.2f}" for level in Level)
    click.echo(
        f"{market} {dimension}: {run.series} series over {run.weeks:.1f} weeks; a week (this level or above): {rates}"
    )
    for signal in run.signals:
        click.echo(f"  {line_of(signal)}")
