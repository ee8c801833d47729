"""Judge yesterday and today in every market and keep what stands out."""

import click

from lagebild.belts.watch import watch
from lagebild.lock import writing
from lagebild.opening import archive_of, settings_of
from lagebild.workshop import utc_now


@click.command(help=__doc__ + "\n\nExample: lagebild signals run")
@click.pass_context
def command(context: click.Context) -> None:
    settings = settings_of(context)
    with writing(settings.archive):
        raised = watch(archive_of(settings), settings.publish.editions, utc_now())
    click.echo(f"{raised} signals")
