"""List the pipeline in use for each language and where it comes from."""

import click

from lagebild.opening import json_option, print_json
from nlp.pipelines import describe


@click.command(help=__doc__ + "\n\nExample: lagebild models list --json")
@json_option
def command(as_json: bool) -> None:
    rows = [{"language": one.code, "pipeline": one.label, "origin": one.origin} for one in describe()]
    if as_json:
        print_json({"models": rows})
        return
    for row in rows:
        click.echo(f"{row['language']}  {row['pipeline']:40} {row['origin']}")
