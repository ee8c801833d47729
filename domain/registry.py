"""The registry is the folder: a plug's file name is its key."""

from importlib import import_module
from importlib.resources import files
from types import ModuleType

from domain.errors import ConfigError


def names_in(package: str) -> tuple[str, ...]:
    """The keys a package offers, sorted: its modules without those that begin with an underscore."""
    stems = (
        entry.name.removesuffix(".py") for entry in files(package).iterdir() if entry.name.endswith(".py")
    )
    return tuple(sorted(stem for stem in stems if not stem.startswith("_")))


def plug(package: str, name: str) -> ModuleType:
    """The module behind a key. Raises ConfigError naming the allowed ones."""
    known = names_in(package)
    if name not in known:
        raise ConfigError(f"there is no {name!r} in {package}", remedy=f"use one of: {', '.join(known)}")
    return import_module(f"{package}.{name}")
