"""Write a starter lagebild.toml and sources.yaml into a folder."""

from importlib.resources import files
from pathlib import Path

import click

from domain.errors import ConfigError

STARTERS = ("lagebild.toml", "sources.yaml")


@click.command(help=__doc__ + "\n\nExample: lagebild init watch && cd watch && lagebild sources check")
@click.argument("folder", type=click.Path(path_type=Path, file_okay=False), default=Path())
def command(folder: Path) -> None:
    taken = [name for name in STARTERS if (folder / name).exists()]
    if taken:
        raise ConfigError(
            f"{folder / taken[0]} is there already", remedy="choose another folder, or move the file away"
        )
    folder.mkdir(parents=True, exist_ok=True)
    for name in STARTERS:
        text = files("lagebild.starter").joinpath(name).read_text(encoding="utf-8")
        (folder / name).write_text(text, encoding="utf-8")
        click.echo(f"wrote {folder / name}")
