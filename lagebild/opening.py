"""Opens what commands work with: settings, sources, archive."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from domain.errors import ConfigError
from domain.model import Source
from domain.ports import Archive
from lagebild.settings import Settings, load_settings
from lagebild.sources.load import load

if TYPE_CHECKING:
    from lagebild.engine.procrastinate import Fleet

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
    if settings.fleet.database:
        return fleet_archive(database_of(settings))
    from storage.sqlite import open_archive  # not every command needs a database

    if not create and not settings.archive.exists():
        raise ConfigError(
            f"there is no archive at {settings.archive}", remedy="run `lagebild run` or `lagebild demo` first"
        )
    settings.archive.parent.mkdir(parents=True, exist_ok=True)
    return open_archive(settings.archive)


def has_archive(settings: Settings) -> bool:
    """Whether there is anything to read: a fleet's database is taken to be there."""
    return bool(settings.fleet.database) or settings.archive.exists()


def database_of(settings: Settings) -> str:
    """The address of the fleet's database. Raises ConfigError when none is set."""
    import os

    from digest.secrets import resolve

    if not settings.fleet.database:
        raise ConfigError(
            "no fleet.database is set, so there is no fleet",
            remedy='write database = "env:LAGEBILD_DATABASE" below [fleet] in lagebild.toml',
        )
    return resolve(settings.fleet.database, os.environ)


def fleet_archive(dsn: str) -> Archive:
    """The archive in PostgreSQL. Raises ConfigError when the fleet's libraries are not installed."""
    try:
        from storage.postgres.archive import open_archive
    except ImportError as error:
        raise fleet_missing(error) from error
    return open_archive(dsn)


@contextmanager
def fleet_of(context: click.Context, *, timetable: bool = False) -> Iterator["Fleet"]:
    """The fleet that the settings name. Raises ConfigError when none is set or its libraries are not installed."""
    settings = settings_of(context)
    dsn = database_of(settings)
    archive = fleet_archive(dsn)
    try:
        from lagebild.engine.procrastinate import Fleet
        from lagebild.workshop import Workshop
    except ImportError as error:
        raise fleet_missing(error) from error
    fleet = Fleet(Workshop(settings, sources_of(settings), archive), dsn, timetable)
    try:
        yield fleet
    finally:
        fleet.close()
        archive.close()


def fleet_missing(error: ImportError) -> ConfigError:
    """What to say where the extra is not installed."""
    return ConfigError(
        f"the fleet's libraries are not installed ({error.name})", remedy="pip install 'lagebild[fleet]'"
    )


def print_json(value: Any) -> None:
    """The value as one JSON document with the schema's version."""
    click.echo(json.dumps({"schema": 1, **value}, ensure_ascii=False, indent=2, default=str))
