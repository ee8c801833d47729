"""The folder is the registry: `crawler/connectors/KIND.py` holds the connector of `kind: KIND`."""

import pkgutil
from difflib import get_close_matches
from functools import cache
from importlib import import_module

import crawler.connectors as folder
from domain.errors import ConfigError
from domain.ports import Connector


@cache
def known_kinds() -> tuple[str, ...]:
    """Kinds that have a file, in order of the alphabet."""
    return tuple(sorted(m.name for m in pkgutil.iter_modules(folder.__path__) if not m.name.startswith("_")))


@cache
def connector_for(kind: str) -> Connector:
    """The connector of a kind. Raises ConfigError with the closest kinds when there is none."""
    if kind not in known_kinds():
        near = get_close_matches(kind, known_kinds(), n=1)
        hint = f"did you mean {near[0]}? " if near else ""
        raise ConfigError(
            f"no connector of kind {kind!r}", remedy=f"{hint}use one of: {', '.join(known_kinds())}"
        )
    connector: Connector = import_module(f"crawler.connectors.{kind}").CONNECTOR
    return connector
