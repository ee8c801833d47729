"""Opens what commands work with: settings, sources, archive."""

import json
from pathlib import Path
from typing import Any

import click

from domain.errors import ConfigError
from domain.model import Source
from domain.ports import Archive
from lagebild.settings import Settings, load_settings
from lagebild.sources.load import load

json_option = click.option("--json", "as_json", is_flag=True, help="One JSON document on standard output.")


def settings_of(context: click.Context) -> Settings:
    """The settings that the root's options ask for. Raises ConfigError."""
    given: dict[str, str | None] = context.find_root().obj
    config = given["config"]
    return load_settings(Path(config) if config else None, archive=given["archive"], sources=given["sources"])


def sources_of(settings: Settings) -> tuple[Source, ...]:
    """The watched sources. Raises ConfigError that quotes every problem of the file."""
    return load(settings.sources)


def archive_of(settings: Settings, *, create: bool = False) -> Archive:
    """The archive. Raises ConfigError when there is none and `create` is off."""
    from storage.sqlite import open_archive  # not every command needs a database

    if not create and not settings.archive.exists():
        raise ConfigError(
            f"there is no archive at {settings.archive}", remedy="run `lagebild run` or `lagebild demo` first"
        )
    settings.archive.parent.mkdir(parents=True, exist_ok=True)
    return open_archive(settings.archive)


def print_json(value: Any) -> None:
    """The value as one JSON document with the schema's version."""
    click.echo(json.dumps({"schema": 1, **value}, ensure_ascii=False, indent=2, default=str))
