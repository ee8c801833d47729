"""Run one scheduled job now, by the rules it has in the service: collect, digest-MARKET, catch-up, outbox, alerts, upkeep."""

import click

from crawler.crawl import reactor_loop
from domain.errors import ConfigError
from lagebild.lock import writing
from lagebild.opening import archive_of, settings_of, sources_of
from lagebild.service import Service
from lagebild.workshop import Workshop


@click.command(help=__doc__ + "\n\nExample: lagebild schedule run digest-DE")
@click.argument("job")
@click.pass_context
def command(context: click.Context, job: str) -> None:
    settings = settings_of(context)

    def workshop() -> Workshop:
        return Workshop(settings, sources_of(settings), archive_of(settings, create=True))

    with writing(settings.archive), workshop() as opened:
        opened.archive.sync_sources(opened.sources, opened.clock())
        jobs = {one.name: one for one in Service(opened, workshop).jobs()}
        if job not in jobs:
            raise ConfigError(f"there is no job {job!r}", remedy=f"use one of: {', '.join(jobs)}")
        reactor_loop().run_until_complete(jobs[job].run())
    click.echo(f"{job}: done", err=True)
