"""Run collecting, reading, briefings and the reading room on their timetable, in the foreground."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

import click

from crawler.crawl import reactor_loop
from domain.errors import ConfigError
from lagebild.lock import writing
from lagebild.memory import settle_allocator
from lagebild.opening import archive_of, settings_of, sources_of
from lagebild.reading_room import greeting, server_of
from lagebild.service import Service, serve
from lagebild.workshop import Workshop


@click.command(help=__doc__ + "\n\nExample: lagebild serve --port 8321")
@click.option(
    "--port", type=click.IntRange(1, 65535), help="The reading room's; wins over the configuration."
)
@click.option("--no-web", is_flag=True, help="Without the reading room.")
@click.pass_context
def command(context: click.Context, port: int | None, no_web: bool) -> None:
    def workshop() -> Workshop:
        settings = settings_of(context)
        return Workshop(settings, sources_of(settings), archive_of(settings, create=True), apart=True)

    settle_allocator()
    first, loop = workshop(), reactor_loop()
    service = Service(first, workshop)
    service.listen(loop)
    with writing(first.settings.archive), first, reading_room(first, port, wanted=not no_web):
        click.echo(
            f"serving {len(first.sources)} sources into {first.settings.archive}; stop with Ctrl-C", err=True
        )
        loop.run_until_complete(serve(service))


@contextmanager
def reading_room(workshop: Workshop, port: int | None, *, wanted: bool) -> Iterator[None]:
    """The reading room in a thread of its own, so that a long page never holds the timetable up; it listens when this enters.

    Raises ConfigError when its address is taken.
    """
    if not wanted:
        yield
        return
    server = server_of(workshop, port)
    thread = threading.Thread(target=server.run, name="reading-room", daemon=True)
    thread.start()
    while thread.is_alive() and not server.started:
        time.sleep(0.05)
    if not server.started:
        raise ConfigError(
            f"the reading room cannot listen on {server.config.host}:{server.config.port}",
            remedy="give another port with --port or web.port, or end what listens there",
        )
    click.echo(greeting(workshop, port), err=True)
    try:
        yield
    finally:
        server.should_exit = True
        thread.join(timeout=5)
