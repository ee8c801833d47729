"""Writing articles with full text, writing them again, and what the file weighs."""

import tempfile
from pathlib import Path

from bench.articles import Articles, octets
from bench.pairs import PAIRS, Result, cpu, spread_of
from bench.store import BATCH, ours, raw


def measure(quick: bool) -> list[Result]:
    items, pairs = (10_000, 2) if quick else (100_000, PAIRS)
    articles = Articles(total=items)
    filed = [articles.filed(n) for n in range(items)]
    text = octets(filed)
    store, replay, growth, size = [], [], [], []
    for _ in range(pairs):
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "ours.db"
            first = cpu(lambda path=path: ours(path, filed, BATCH))
            before = path.stat().st_size
            again = cpu(lambda path=path: ours(path, filed, BATCH))
            by_hand = cpu(lambda folder=folder: raw(Path(folder) / "raw.db", filed, BATCH, False))
            store.append(by_hand / first)
            replay.append(again / first)
            growth.append(path.stat().st_size / before - 1)
            size.append(before / text)
    work = f"{items:,} articles of 300 words in batches of {BATCH}"
    return [
        Result("store", work, "raw sqlite3, one FTS5 rebuild", *spread_of(store), 0.80),
        Result("replay", f"{work}, again", "first load", *spread_of(replay), 0.05, at_least=False),
        Result("replay-growth", f"{work}, again", "file before", *spread_of(growth), 0.01, at_least=False),
        Result("size", work, "octets of text", *spread_of(size), 2.3, at_least=False),
    ]
