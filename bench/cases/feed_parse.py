"""Clean feeds of about 41 KB, beside feedparser on the same bytes."""

from io import BytesIO

import feedparser

from bench.feeds import made
from bench.pairs import PAIRS, QUICK_PAIRS, Result, paired
from crawler.dates import parse_date
from crawler.feeds import parse_feed

OURS_AT_ONCE = 20
"""So many of ours for one of theirs, since one of ours is too short to be measured."""


def measure(quick: bool) -> list[Result]:
    results = []
    for name, body in made():

        def ours(body: bytes = body) -> None:
            for _ in range(OURS_AT_ONCE):
                parse_date.cache_clear()
                parse_feed(body)

        def theirs(body: bytes = body) -> None:
            parse_date.cache_clear()
            feedparser.parse(BytesIO(body))

        ratio, spread = paired(ours, theirs, QUICK_PAIRS if quick else 2 * PAIRS)
        low, high = (side * OURS_AT_ONCE for side in spread)
        label = f"feed-parse {name.replace(', ', '-')}"
        baseline = f"feedparser {feedparser.__version__}"
        results.append(
            Result(label, f"{len(body) // 1024} KB, {name}", baseline, ratio * OURS_AT_ONCE, (low, high), 25)
        )
    return results
