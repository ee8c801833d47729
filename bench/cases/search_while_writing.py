"""The same searches while a belt writes into the archive from another process."""

import subprocess
import sys
import tempfile
import time
from datetime import timedelta
from pathlib import Path

from bench.articles import START, Articles, batches
from bench.pairs import Result
from bench.store import BATCH, frequent_terms
from domain.errors import StorageError
from domain.model import Search
from storage.sqlite.archive import SqliteArchive, open_archive

QUERIES = 300
PAUSE_SECONDS = 0.05
WRITER = """
import sys, time
from pathlib import Path
from bench.articles import Articles, batches
from storage.sqlite.archive import open_archive
archive, articles = open_archive(Path(sys.argv[1])), Articles(seed=2, total=10_000_000)
first = int(sys.argv[2])
for at in range(first, first + 1_000_000, 50):
    for one in batches([articles.filed(n) for n in range(at, at + 50)], 50):
        archive.commit(one)
    time.sleep(0.1)
"""
"""500 articles a second at most: fifty times what a thousand busy sources bring."""


def searches(archive: SqliteArchive, terms: list[str]) -> tuple[list[float], int]:
    """Seconds of each, in order of size, and how many failed."""
    seconds, errors = [], 0
    for n in range(QUERIES):
        wanted = Search(
            text=terms[n % len(terms)],
            markets=("DE",),
            since=START + timedelta(days=20),
            until=START + timedelta(days=30),
        )
        began = time.thread_time()
        try:
            archive.search(wanted)
        except StorageError:
            errors += 1
        seconds.append(time.thread_time() - began)
        time.sleep(PAUSE_SECONDS / 10)
    return sorted(seconds), errors


def measure(quick: bool) -> list[Result]:
    items = 10_000 if quick else 100_000
    with tempfile.TemporaryDirectory() as folder:
        path, articles = Path(folder) / "a.db", Articles(total=items)
        archive = open_archive(path)
        for at in range(0, items, 10_000):
            for one in batches([articles.filed(n) for n in range(at, at + 10_000)], BATCH):
                archive.commit(one)
        terms = frequent_terms(articles, items)
        searches(archive, terms)
        idle, _ = searches(archive, terms)
        writer = subprocess.Popen([sys.executable, "-c", WRITER, str(path), str(items)])
        try:
            time.sleep(5)
            busy, errors = searches(archive, terms)
        finally:
            writer.kill()
            writer.wait()
        archive.close()
    at95 = int(QUERIES * 0.95)
    ratio = busy[at95] / idle[at95]
    work = f"{items:,} items, a writer of 500 items a second beside; p95 (CPU) ÷ p95 without"
    more = {"errors": errors, "idle_ms": idle[at95] * 1000, "busy_ms": busy[at95] * 1000}
    return [
        Result(
            "search-while-writing",
            work,
            "itself, idle",
            ratio,
            (ratio, ratio),
            1.5,
            at_least=False,
            more=more,
        ),
        Result(
            "search-errors", work, "none", float(errors), (float(errors), float(errors)), 0, at_least=False
        ),
    ]
