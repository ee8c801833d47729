"""Print the JSON Schema of sources.yaml, for editors."""

import json

import click

from domain.registry import names_in
from lagebild.sources.schema import json_schema


@click.command(help=__doc__ + "\n\nExample: lagebild sources schema > docs/sources.schema.json")
def command() -> None:
    click.echo(json.dumps(json_schema(names_in("crawler.connectors")), ensure_ascii=False, indent=2))
