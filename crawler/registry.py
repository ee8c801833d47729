"""The folder is the registry: `crawler/connectors/KIND.py` holds the `CONNECTOR` of `kind: KIND`."""

from functools import cache

from domain.ports import Connector
from domain.registry import names_in, plug

FOLDER = "crawler.connectors"


@cache
def known_kinds() -> tuple[str, ...]:
    """Kinds that have a file, in order of the alphabet."""
    return names_in(FOLDER)


@cache
def connector_for(kind: str) -> Connector:
    """The connector of a kind. Raises ConfigError naming the known kinds."""
    connector: Connector = plug(FOLDER, kind).CONNECTOR
    return connector
