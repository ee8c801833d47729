"""Say what is wrong with sources.yaml, by line and column."""

from pathlib import Path

import click

from lagebild.opening import json_option, print_json, settings_of
from lagebild.sources.load import Problem, read

EXIT_INVALID = 3


@click.command(help=__doc__ + "\n\nExample: lagebild sources check my-sources.yaml --json")
@click.argument("file", type=click.Path(path_type=Path), required=False)
@json_option
@click.pass_context
def command(context: click.Context, file: Path | None, as_json: bool) -> int:
    path = file or settings_of(context).sources
    loaded = read(path)
    if as_json:
        print_json(
            {
                "file": str(path),
                "sources": len(loaded.sources),
                "problems": [_row(p) for p in loaded.problems],
            }
        )
    else:
        for problem in loaded.problems:
            click.echo(str(problem))
        click.echo(f"{path}: {len(loaded.sources)} sources, {len(loaded.problems)} problems", err=True)
    return EXIT_INVALID if loaded.errors else 0


def _row(problem: Problem) -> dict[str, str | int]:
    return {name: getattr(problem, name) for name in Problem.__slots__}
