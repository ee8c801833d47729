"""Feeds over HTTP: a first load, and a visit that finds nothing new, beside lemon24's `reader`.

`reader` is installed in an environment of its own (`make bench-peers`); without it these figures are left out.
Both read from a server in another process. Its time is not counted, ours and theirs are CPU seconds of whole process
trees. Ours also judges language and copies and keeps versions, checkpoints and visits; `reader` keeps entries.
"""

import sys
from collections.abc import Iterator

from bench.feed_server import FeedServer
from bench.pairs import PAIRS, QUICK_PAIRS, Result, spread_of
from bench.peers import peer_python, version_of
from bench.visits import Visits, cpu_of

FIRST = (31, 30), (501, 30)
"""Feeds, the first of which is not counted, and entries in each; in short and in long runs."""
AGAIN = (201, 3), (2_001, 5)


def measure(quick: bool) -> list[Result]:
    if peer_python() is None:
        return []
    pairs, baseline = QUICK_PAIRS if quick else PAIRS, f"reader {version_of('reader')}"
    (feeds, entries), (known, few) = FIRST[not quick], AGAIN[not quick]
    first = [theirs.first / ours.first for ours, theirs in visited(feeds, entries, pairs)]
    again = [theirs.again / ours.again for ours, theirs in visited(known, few, pairs)]
    return [
        Result(
            "collect-first",
            f"{feeds - 1:,} feeds of {entries} entries, first load",
            baseline,
            *spread_of(first),
            4,
        ),
        Result("collect-304", f"{known - 1:,} feeds, all answer 304", baseline, *spread_of(again), 1.0),
    ]


def visited(feeds: int, entries: int, pairs: int) -> Iterator[tuple[Visits, Visits]]:
    """Ours and theirs, in turn."""
    with FeedServer(feeds, entries) as server:
        for _ in range(pairs):
            yield cpu_of(sys.executable, "ours", server), cpu_of(str(peer_python()), "reader", server)
