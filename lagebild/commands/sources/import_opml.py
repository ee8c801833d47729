"""Add the feeds of an OPML list to sources.yaml; addresses already there are left out."""

from pathlib import Path

import click

from lagebild.opening import settings_of, sources_of
from lagebild.sources.edit import appended, name_of, slug
from lagebild.sources.opml import Outline, outlines


@click.command(
    help=__doc__ + "\n\nExample: lagebild sources import-opml feeds.opml --market DE --language de"
)
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False, exists=True))
@click.option("--market", required=True)
@click.option("--language", required=True)
@click.option("--lens", type=click.Choice(["user", "media", "regulator"]), default="media", show_default=True)
@click.pass_context
def command(context: click.Context, file: Path, market: str, language: str, lens: str) -> None:
    settings = settings_of(context)
    known = sources_of(settings)
    taken, addresses = {source.id for source in known}, {source.url for source in known}
    entries = []
    for outline in outlines(file.read_bytes()):
        if outline.url not in addresses:
            addresses.add(outline.url)
            entries.append(_entry(outline, taken) | {"language": language, "market": market, "lens": lens})
    appended(settings.sources, list(entries))
    click.echo(f"{len(entries)} sources added to {settings.sources}")


def _entry(outline: Outline, taken: set[str]) -> dict[str, object]:
    """The entry's own half; ids are made unique by a number."""
    name = outline.title or name_of(outline.url)
    wanted = slug(name)
    source_id = next(i for i in (wanted, *(f"{wanted}-{n}" for n in range(2, 10_000))) if i not in taken)
    taken.add(source_id)
    return {"id": source_id, "name": name, "kind": "rss", "url": outline.url}
