"""The whole job on a bundled, invented news world, without the internet."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from urllib.parse import urlsplit

import click

from domain.model import Source
from lagebild.demo.clock import evening_before, last_morning
from lagebild.demo.real_pages import pages_world
from lagebild.demo.server import ServedWorld, serve
from lagebild.demo.world import World, world
from lagebild.job import Done, collect_due, enrich_all, summary, whole_job
from lagebild.lock import writing
from lagebild.opening import archive_of
from lagebild.settings import Collect, Publish, Settings
from lagebild.sources.schema import SourceEntry
from lagebild.workshop import Workshop, utc_now

PER_HOST_DELAY_SECONDS = 0.02
CONCURRENCY = 32
PORT = 8320
"""Only a wish for the first run; another demo may be using it."""


@click.command(help=__doc__ + "\n\nExample: lagebild demo --folder /tmp/demo")
@click.option(
    "--folder",
    type=click.Path(path_type=Path, file_okay=False),
    default=Path("lagebild-demo"),
    show_default=True,
    help="Where archive and briefings go.",
)
@click.option(
    "--seed",
    type=int,
    default=7,
    show_default=True,
    help="Another seed, another mixture of copies and times.",
)
@click.option(
    "--pages",
    type=click.Path(path_type=Path, file_okay=False, exists=True),
    help="Serve this folder of real pages (truth.jsonl, html/) instead.",
)
@click.option("-q", "--quiet", is_flag=True, help="Only the summary.")
def command(folder: Path, seed: int, pages: Path | None, quiet: bool) -> None:
    morning = last_morning(utc_now())
    news = pages_world(pages, morning) if pages else world(seed, morning)
    settings = demo_settings(folder, "pages.db" if pages else "demo.db")
    with writing(settings.archive), opened(news, settings) as (served, sources):
        if not pages and not was_visited(settings, morning):
            # The evening before comes first, so that the morning has something to differ from.
            visit(served, sources, settings, evening_before(morning), quiet, publish=False)
        done = visit(served, sources, settings, morning, quiet)
    click.echo(summary(done))


def was_visited(settings: Settings, morning: datetime) -> bool:
    """Whether a run had come as far as this morning before; one that was killed on the way there starts again."""
    return settings.archive.exists() and bool(archive_of(settings).visits(morning))


def demo_settings(folder: Path, archive: str) -> Settings:
    """Settings for a world on this machine."""
    return Settings(
        archive=folder / archive,
        collect=Collect(
            contact="https://lagebild.example/contact",
            per_host_delay_seconds=PER_HOST_DELAY_SECONDS,
            concurrency=CONCURRENCY,
            allow_hosts=("127.*",),
        ),
        publish=Publish(folder=folder / "briefings"),
    )


@contextmanager
def opened(news: World, settings: Settings) -> Iterator[tuple[ServedWorld, tuple[Source, ...]]]:
    """The world, served, and its outlets as sources; at the same port as last time, since an address is an identity."""
    settings.archive.parent.mkdir(parents=True, exist_ok=True)
    remembered = settings.archive.with_suffix(".port")
    wish = int(remembered.read_text()) if remembered.exists() else PORT
    with serve(news, port=wish) as served:
        remembered.write_text(str(urlsplit(next(iter(served.addresses.values()))).port))
        yield served, tuple(SourceEntry.model_validate(row).source() for row in served.sources)


def visit(
    served: ServedWorld,
    sources: tuple[Source, ...],
    settings: Settings,
    moment: datetime,
    quiet: bool,
    *,
    publish: bool = True,
) -> Done:
    """The whole job as of one moment of the world."""
    served.move_to(moment)
    if not quiet:
        click.echo(f"{moment:%A %d %B, %H:%M} UTC", err=True)
    with Workshop(settings, sources, archive_of(settings, create=True), clock=lambda: moment) as workshop:
        if publish:
            return whole_job(workshop, quiet=quiet)
        return Done(collect_due(workshop, everything=True, quiet=quiet), enrich_all(workshop, quiet=quiet))
