"""Tell what is wrong with the service itself, and what to do; the same that watchers are told."""

from datetime import datetime

import click

from domain.model import Alarm
from lagebild.cli import GATE
from lagebild.opening import archive_of, json_option, print_json, settings_of


@click.command(help=__doc__ + "\n\nExample: lagebild alerts --all --json")
@click.option("--all", "everything", is_flag=True, help="Those that are over too.")
@click.option("--limit", type=click.IntRange(1), default=50, show_default=True)
@click.option("--fail", is_flag=True, help="Exit code 5 while an urgent alarm stands.")
@json_option
@click.pass_context
def command(context: click.Context, everything: bool, limit: int, fail: bool, as_json: bool) -> int:
    alarms = archive_of(settings_of(context)).alarms(standing=not everything, limit=limit)
    if as_json:
        print_json({"alarms": [_row(alarm) for alarm in alarms]})
    else:
        click.echo("\n".join(map(_line, alarms)) or "no alarm stands")
    urgent = any(alarm.level == "urgent" and not alarm.cleared_at for alarm in alarms)
    return GATE if fail and urgent else 0


def _row(alarm: Alarm) -> dict[str, object]:
    return {
        "alarm": alarm.key,
        "level": alarm.level,
        "message": alarm.message,
        "remedy": alarm.remedy,
        "raised": alarm.raised_at,
        "cleared": alarm.cleared_at,
    }


def _line(alarm: Alarm) -> str:
    state = f"over since {_time(alarm.cleared_at)}" if alarm.cleared_at else alarm.level
    return f"{_time(alarm.raised_at)}  {alarm.key:24} {state}\n    {alarm.message}\n    what to do: {alarm.remedy}"


def _time(moment: datetime | None) -> str:
    return f"{moment:%Y-%m-%d %H:%M}Z" if moment else "?"
