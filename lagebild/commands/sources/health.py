"""Tell how each source is, by its own rhythm: state, since when, stale or dead, share of pages without text."""

from collections import defaultdict
from datetime import timedelta

import click

from crawler.rhythm import SourceHealth, health
from domain.model import Source, Visit
from domain.ports import Archive
from lagebild.cli import GATE
from lagebild.opening import archive_of, json_option, print_json, settings_of, sources_of
from lagebild.workshop import utc_now

HISTORY = timedelta(days=100)
"""A little longer than the silence after which a source counts as dead."""


@click.command(help=__doc__ + "\n\nExample: lagebild sources health --faulty --market AT")
@click.option("--faulty", is_flag=True, help="Only sources that need a look; exit code 5 if there are any.")
@click.option("--market", default="", help="Only sources of this market.")
@json_option
@click.pass_context
def command(context: click.Context, faulty: bool, market: str, as_json: bool) -> int:
    settings = settings_of(context)
    wanted = [source for source in sources_of(settings) if not market or market in source.markets]
    told = health_of(archive_of(settings), wanted)
    shown = [one for one in told if not faulty or not one.is_well]
    if as_json:
        print_json({"sources": [row_of(one) for one in shown]})
    else:
        for one in shown:
            click.echo(line_of(one))
        click.echo(f"{sum(one.is_well for one in told)} of {len(told)} visited sources are well", err=True)
    return GATE if faulty and shown else 0


def health_of(archive: Archive, sources: list[Source]) -> list[SourceHealth]:
    """The health of every source that was ever visited, worst first."""
    visits: defaultdict[str, list[Visit]] = defaultdict(list)
    for visit in archive.visits(utc_now() - HISTORY):
        visits[visit.source_id].append(visit)
    known = (health(visits[source.id], utc_now()) for source in sources)
    return sorted((one for one in known if one), key=lambda one: (one.is_well, not one.dead, one.source_id))


def line_of(one: SourceHealth) -> str:
    """One source on one line."""
    marks = "".join(f" {name}" for name, holds in (("DEAD", one.dead), ("STALE", one.stale)) if holds)
    since = f" since {one.since:%d %b %H:%M}Z" if one.since else ""
    unread = f", {one.unread:.0%} of pages without text" if one.unread else ""
    reason = f": {one.reason}" if one.reason else ""
    return f"{one.source_id:32} {one.state.value}{marks}{since}, {one.fresh_today} new today (usual {one.usual:.1f}){unread}{reason}"


def row_of(one: SourceHealth) -> dict[str, object]:
    """One source as plain values."""
    return {
        "id": one.source_id,
        "state": one.state.value,
        "since": one.since.isoformat() if one.since else None,
        "reason": one.reason,
        "last_reported": one.last_reported.isoformat() if one.last_reported else None,
        "last_fresh": one.last_fresh.isoformat() if one.last_fresh else None,
        "stale": one.stale,
        "dead": one.dead,
        "failures": one.failures,
        "fresh_today": one.fresh_today,
        "usual": one.usual,
        "unread": one.unread,
        "well": one.is_well,
    }
