"""Benchmarks of the archive: store, replay, size and search.

    python -m bench.store [--items 100000] [--batch 500] [--pairs 3] [store|search]

The baseline of `store` is raw sqlite3: one table of the same columns, `executemany` per batch, then one `rebuild` of an
FTS5 index over title and text (unicode61). `same_indexes` also rebuilds the trigram index that we keep.
"""

import argparse
import gc
import json
import sqlite3
import statistics
import tempfile
import time
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

from bench.articles import START, Articles, batches, octets
from domain.model import Filed, Search
from storage.rows import ITEM_COLUMNS, item_values
from storage.sqlite.archive import open_archive

BATCH = 500
QUERIES = 200


def cpu(work: Callable[..., object], *arguments: object) -> float:
    """CPU seconds of the call."""
    gc.collect()
    begin = time.process_time()
    work(*arguments)
    return time.process_time() - begin


def ours(path: Path, filed: list[Filed], batch: int) -> None:
    archive = open_archive(path)
    for one in batches(filed, batch):
        archive.commit(one)
    archive.close()


def raw(path: Path, filed: list[Filed], batch: int, letters: bool) -> None:
    """What one would write by hand: the same columns, `executemany`, one rebuild at the end."""
    db = sqlite3.connect(path)
    db.execute("PRAGMA journal_mode = WAL")
    db.execute("PRAGMA synchronous = NORMAL")
    names = ITEM_COLUMNS.split(", ")
    db.execute(
        f"CREATE TABLE item (id INTEGER PRIMARY KEY, {', '.join(names)}, title, lead, body, signature)"
    )
    db.execute("CREATE UNIQUE INDEX item_item_id ON item (item_id)")
    db.execute("CREATE INDEX item_published ON item (published_at)")
    marks = ", ".join("?" * (len(names) + 4))
    sql = f"INSERT INTO item ({ITEM_COLUMNS}, title, lead, body, signature) VALUES ({marks})"
    for at in range(0, len(filed), batch):
        rows = [
            (*item_values(f.item), f.item.title, f.item.lead, f.item.text, f.fingerprint.signature)
            for f in filed[at : at + batch]
        ]
        with db:
            db.executemany(sql, rows)
    with db:
        db.execute(
            "CREATE VIRTUAL TABLE words USING fts5(title, lead, body, content=item, content_rowid=id,"
            " tokenize='unicode61 remove_diacritics 2')"
        )
        db.execute("INSERT INTO words (words) VALUES ('rebuild')")
        if letters:
            db.execute(
                "CREATE VIRTUAL TABLE letters USING fts5(title, lead, content=item, content_rowid=id, tokenize='trigram')"
            )
            db.execute("INSERT INTO letters (letters) VALUES ('rebuild')")
    db.close()


def store(items: int, batch: int, pairs: int) -> dict[str, object]:
    """Ours and the baselines in turn, a fresh file each."""
    articles = Articles(total=items)
    filed = [articles.filed(n) for n in range(items)]
    text = octets(filed)
    figures: dict[str, list[float]] = {
        "ours": [],
        "raw": [],
        "same_indexes": [],
        "replay": [],
        "growth": [],
        "size": [],
    }
    for _ in range(pairs):
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "ours.db"
            figures["ours"].append(cpu(ours, path, filed, batch))
            before = path.stat().st_size
            figures["size"].append(before / text)
            figures["replay"].append(cpu(ours, path, filed, batch))
            figures["growth"].append(path.stat().st_size / before - 1)
            figures["raw"].append(cpu(raw, Path(folder) / "raw.db", filed, batch, False))
            figures["same_indexes"].append(cpu(raw, Path(folder) / "two.db", filed, batch, True))
        print(
            json.dumps({name: [round(v, 3) for v in values] for name, values in figures.items()}), flush=True
        )
    middle = {name: statistics.median(values) for name, values in figures.items()}
    return {
        "store": middle["raw"] / middle["ours"],
        "store_same_indexes": middle["same_indexes"] / middle["ours"],
        "replay": middle["replay"] / middle["ours"],
        "replay_growth": middle["growth"],
        "size": middle["size"],
    }


def search(sizes: list[int], batch: int) -> dict[str, object]:
    """p95 (CPU milliseconds) of newest-first searches for words of 1 to 5 % of the items, with market and time filter."""
    found: dict[str, object] = {}
    with tempfile.TemporaryDirectory() as folder:
        archive = open_archive(Path(folder) / "search.db")
        articles, held = Articles(total=max(sizes)), 0
        for size in sizes:
            while held < size:
                count = min(20_000, size - held)
                for one in batches([articles.filed(n) for n in range(held, held + count)], batch):
                    archive.commit(one)
                held += count
            newest = START + timedelta(days=30) * (held / max(sizes))
            terms = frequent_terms(articles, held)
            times = []
            for n in range(QUERIES + 20):
                wanted = Search(
                    text=terms[n % len(terms)],
                    markets=("DE",),
                    since=newest - timedelta(days=7),
                    until=newest,
                )
                begin = time.process_time()
                hits = archive.search(wanted).hits
                times.append(time.process_time() - begin)
                assert hits
            times = sorted(times[20:])
            found[str(size)] = {
                "p50": times[len(times) // 2] * 1000,
                "p95": times[int(len(times) * 0.95)] * 1000,
            }
            print(json.dumps({size: found[str(size)]}), flush=True)
        archive.close()
    first, last = found[str(sizes[0])], found[str(sizes[-1])]
    assert isinstance(first, dict) and isinstance(last, dict)
    return {**found, "growth": last["p95"] / first["p95"]}


def frequent_terms(articles: Articles, held: int) -> list[str]:
    """Words that 1 to 5 % of the articles hold, by their place in Zipf's law."""
    whole = articles.weights[-1]
    shares = [(word, 1 - (1 - 1 / (n + 3.7) / whole) ** 330) for n, word in enumerate(articles.words)]
    return [word for word, share in shares if 0.01 <= share <= 0.05 and len(word) >= 5][:40]


def main() -> None:
    options = argparse.ArgumentParser()
    options.add_argument("what", nargs="?", default="store", choices=("store", "search"))
    options.add_argument("--items", type=int, default=100_000)
    options.add_argument("--batch", type=int, default=BATCH)
    options.add_argument("--pairs", type=int, default=3)
    options.add_argument("--sizes", type=int, nargs="+", default=[100_000, 300_000, 1_000_000])
    given = options.parse_args()
    if given.what == "store":
        print(json.dumps(store(given.items, given.batch, given.pairs), indent=1))
    else:
        print(json.dumps(search(given.sizes, given.batch), indent=1))


if __name__ == "__main__":
    main()
