"""List kept signals, newest first."""

from datetime import timedelta

import click

from domain.model import Signal
from lagebild.opening import archive_of, json_option, print_json, settings_of
from lagebild.workshop import utc_now


@click.command(help=__doc__ + "\n\nExample: lagebild signals list --market DE --days 7")
@click.option("--market", default="", help="Only this market.")
@click.option("--days", type=click.IntRange(1, 366), default=7, show_default=True)
@json_option
@click.pass_context
def command(context: click.Context, market: str, days: int, as_json: bool) -> None:
    today = utc_now().date()
    signals = archive_of(settings_of(context)).signals(today - timedelta(days=days), today, market)
    if as_json:
        print_json({"signals": [row_of(signal) for signal in signals]})
        return
    for signal in reversed(signals):
        click.echo(line_of(signal))


def line_of(signal: Signal) -> str:
    """One signal on one line."""
    band = f"{signal.count} publishers, expected {signal.expected:.1f}, up to {signal.upper:.0f}"
    muted = f"; muted: {signal.muted}" if signal.muted else ""
    return f"{signal.day} {signal.market:5} {signal.level.value:9} {signal.dimension} {signal.label}: {band}{muted}"


def row_of(signal: Signal) -> dict[str, object]:
    """One signal as plain values."""
    names = (
        "id",
        "dimension",
        "label",
        "market",
        "count",
        "expected",
        "upper",
        "score",
        "p_value",
        "items",
        "outlets",
        "reasons",
        "muted",
    )
    return {
        "day": signal.day.isoformat(),
        "level": signal.level.value,
        **{name: getattr(signal, name) for name in names},
    }
