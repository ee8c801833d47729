"""Feeds over HTTP: a first load, and a visit that finds nothing new, beside lemon24's `reader`.

`reader` is installed in an environment of its own (`make bench-peers`); without it these figures are left out.
Both read from a server in another process. Its time is not counted, ours and theirs are CPU seconds of whole process
trees. Ours also judges language and copies and keeps versions, checkpoints and visits; `reader` keeps entries.
"""

import sys

from bench.feed_server import FeedServer
from bench.pairs import PAIRS, QUICK_PAIRS, Result, spread_of
from bench.peers import peer_python, version_of
from bench.visits import cpu_of

ENTRIES = 30


def measure(quick: bool) -> list[Result]:
    feeds, pairs = (60, QUICK_PAIRS) if quick else (500, PAIRS)
    if peer_python() is None:
        return []
    first, again = [], []
    with FeedServer(feeds, ENTRIES) as server:
        for _ in range(pairs):
            ours, theirs = (
                cpu_of(sys.executable, "ours", server),
                cpu_of(str(peer_python()), "reader", server),
            )
            first.append(theirs.first / ours.first)
            again.append(theirs.again / ours.again)
    baseline = f"reader {version_of('reader')}"
    work = f"{feeds} feeds of {ENTRIES} entries"
    return [
        Result("collect-first", f"{work}, first load", baseline, *spread_of(first), 4),
        Result("collect-304", f"{work}, all answer 304", baseline, *spread_of(again), 1.0),
    ]
