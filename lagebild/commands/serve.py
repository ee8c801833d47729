"""Run collecting, reading and briefings on their timetable, in the foreground."""

import click

from crawler.crawl import reactor_loop
from lagebild.lock import writing
from lagebild.opening import archive_of, settings_of, sources_of
from lagebild.service import Service, serve
from lagebild.workshop import Workshop


@click.command(help=__doc__ + "\n\nExample: lagebild serve")
@click.pass_context
def command(context: click.Context) -> None:
    def workshop() -> Workshop:
        settings = settings_of(context)
        return Workshop(settings, sources_of(settings), archive_of(settings, create=True))

    first = workshop()
    with writing(first.settings.archive):
        click.echo(
            f"serving {len(first.sources)} sources into {first.settings.archive}; stop with Ctrl-C", err=True
        )
        reactor_loop().run_until_complete(serve(Service(first, workshop)))
