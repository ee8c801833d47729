"""List the watched sources."""

import click

from domain.model import Source
from lagebild.opening import json_option, print_json, settings_of, sources_of


@click.command(help=__doc__ + "\n\nExample: lagebild sources list --market AT")
@click.option("--market", help="Only sources of this market.")
@click.option(
    "--lens", type=click.Choice(["user", "media", "regulator"]), help="Only sources with this lens."
)
@json_option
@click.pass_context
def command(context: click.Context, market: str | None, lens: str | None, as_json: bool) -> None:
    found = [
        source
        for source in sources_of(settings_of(context))
        if (not market or market in source.markets) and (not lens or source.lens == lens)
    ]
    if as_json:
        print_json({"sources": [_row(source) for source in found]})
        return
    for source in found:
        markets = ",".join(source.markets)
        click.echo(f"{source.id:34} {markets:6} {source.lens:9} {source.kind:13} {source.url}")


def _row(source: Source) -> dict[str, object]:
    return {
        "id": source.id,
        "name": source.name,
        "kind": source.kind,
        "url": source.url,
        "markets": source.markets,
        "lens": source.lens.value,
        "category": source.category,
        "tier": source.tier,
        "interval_minutes": source.interval.total_seconds() / 60,
        "enabled": source.enabled,
    }
