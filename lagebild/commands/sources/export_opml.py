"""Write the watched feeds as OPML, for feed readers."""

import sys

import click

from lagebild.opening import settings_of, sources_of
from lagebild.sources.opml import document


@click.command(help=__doc__ + "\n\nExample: lagebild sources export-opml > feeds.opml")
@click.pass_context
def command(context: click.Context) -> None:
    sys.stdout.buffer.write(document(sources_of(settings_of(context))))
