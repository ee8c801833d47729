"""Which sources are visited together: those of one registered domain, so that a host has one visitor at a time."""

import hashlib
from collections import defaultdict
from collections.abc import Iterable, Mapping
from urllib.parse import urlsplit

from crawler.links import registered_domain
from domain.model import Source

SHARDS = 256


def shard_of(url: str) -> int:
    """0 .. 255 by the registered domain of the address; the same for ever."""
    domain = registered_domain(url) or (urlsplit(url).hostname or url)
    return hashlib.blake2b(domain.encode("utf-8", "replace"), digest_size=1).digest()[0]


def by_shard(sources: Iterable[Source]) -> Mapping[int, tuple[Source, ...]]:
    """The enabled sources of each shard that has any."""
    found: defaultdict[int, list[Source]] = defaultdict(list)
    for source in sources:
        if source.enabled:
            found[shard_of(source.url)].append(source)
    return {shard: tuple(some) for shard, some in sorted(found.items())}
