"""Finds what a person named."""

from collections.abc import Iterable
from difflib import get_close_matches

from domain.errors import ConfigError
from domain.model import Source


def named(sources: Iterable[Source], source_id: str) -> Source:
    """The source with this id. Raises ConfigError that offers the closest ones."""
    by_id = {source.id: source for source in sources}
    if source_id in by_id:
        return by_id[source_id]
    close = get_close_matches(source_id, by_id, n=3)
    remedy = f"did you mean {', '.join(close)}?" if close else "`lagebild sources list` shows the ids"
    raise ConfigError(f"there is no source {source_id!r}", remedy=remedy)
