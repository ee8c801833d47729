"""Read dead letters again after an upgrade; what makes sense now is kept, and its letter dropped."""

import click

from domain.errors import ItemError, ParseError
from domain.model import Letter, Source
from lagebild.belts.collect import CollectRun
from lagebild.cli import PARTIAL
from lagebild.job import collect_run
from lagebild.opening import archive_of, settings_of, sources_of
from lagebild.workshop import Workshop


@click.command(help=__doc__ + "\n\nExample: lagebild sources retry --source bote")
@click.option("--source", "source_id", default="", help="Only letters of this source.")
@click.pass_context
def command(context: click.Context, source_id: str) -> int:
    settings = settings_of(context)
    sources = {source.id: source for source in sources_of(settings)}
    with Workshop(settings, tuple(sources.values()), archive_of(settings)) as workshop:
        letters = [one for one in workshop.archive.letters(source_id) if one.source_id in sources]
        run = collect_run(workshop, [])
        read = [one for one in letters if _reread(one, sources[one.source_id], run, workshop)]
        workshop.archive.drop_letters(read)
    click.echo(f"{len(read)} of {len(letters)} letters read, {run.collected.tally.new} new items")
    return 0 if len(read) == len(letters) else PARTIAL


def _reread(letter: Letter, source: Source, run: CollectRun, workshop: Workshop) -> bool:
    """Whether the letter makes sense now; its harvest is delivered like any other."""
    from crawler.letters import reread

    extract = workshop.crawl_settings.extract
    if extract is None:
        return False
    checkpoint = workshop.archive.checkpoint(source.id)
    try:
        run.deliver(reread(letter, source, checkpoint, extract, workshop.clock()))
    except (ParseError, ItemError) as error:
        click.echo(f"{letter.source_id} {letter.url}: {error.message}", err=True)
        return False
    return True
