"""Say what another sources.yaml would change: sources and their share of each market's usual volume."""

from collections import Counter
from datetime import timedelta
from pathlib import Path

import click

from domain.model import Source
from domain.ports import Archive
from lagebild.opening import archive_of, has_archive, settings_of, sources_of
from lagebild.sources.load import load
from lagebild.workshop import utc_now

WEEKS = 4


@click.command(help=__doc__ + "\n\nExample: lagebild sources diff draft.yaml")
@click.argument("draft", type=click.Path(path_type=Path, dir_okay=False, exists=True))
@click.pass_context
def command(context: click.Context, draft: Path) -> None:
    settings = settings_of(context)
    today = {source.id: source for source in sources_of(settings)}
    wanted = {source.id: source for source in load(draft)}
    volume = volume_of(archive_of(settings)) if has_archive(settings) else Counter[str]()
    for source_id in sorted(today.keys() | wanted.keys()):
        line = change(today.get(source_id), wanted.get(source_id))
        if line:
            click.echo(line)
    for market, lost in sorted(lost_share(today, wanted, volume).items()):
        click.echo(f"{market}: {lost:.0%} of the last {WEEKS} weeks' entries would no longer be read")


def volume_of(archive: Archive) -> Counter[str]:
    """New entries of the last weeks by source."""
    volume: Counter[str] = Counter()
    for visit in archive.visits(utc_now() - timedelta(weeks=WEEKS)):
        volume[visit.source_id] += visit.fresh or 0
    return volume


def change(old: Source | None, new: Source | None) -> str:
    """One line for what differs; "" when nothing does."""
    if old is None and new is not None:
        return f"+ {new.id} ({new.market}, {new.kind})"
    if new is None and old is not None:
        return f"- {old.id} ({old.market}, {old.kind})"
    fields = [name for name in Source.__slots__ if getattr(old, name) != getattr(new, name)]
    return f"~ {new.id}: {', '.join(fields)}" if fields and new else ""


def lost_share(today: dict[str, Source], wanted: dict[str, Source], volume: Counter[str]) -> dict[str, float]:
    """By market, the share of its entries that came from sources that would go."""
    whole: Counter[str] = Counter()
    lost: Counter[str] = Counter()
    for source in today.values():
        whole[source.market] += volume[source.id]
        lost[source.market] += volume[source.id] if source.id not in wanted else 0
    return {market: lost[market] / whole[market] for market in lost if lost[market]}
