"""Reading in one process and by a fleet's workers, over the same articles; used by the fleet's benchmarks."""

import asyncio
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from bench.cases.pipeline import filed
from bench.texts import articles
from crawler.dedupe import NearIndex
from storage.postgres.archive import open_archive as open_postgres
from storage.sqlite.archive import SqliteArchive, open_archive
from tests.fixtures.fleet_demo import fleet, workers, write_files
from tests.fixtures.postgres_server import OwnPostgres

SOURCE = {
    "id": "blatt-0", "name": "Blatt", "kind": "rss", "url": "https://blatt-0.example/feed", "language": "de", "market": "DE",
    "lens": "media", "category": "news",
}  # fmt: skip
TICKS = os.sysconf("SC_CLK_TCK")


def load(archive: SqliteArchive, count: int) -> None:
    items, index = articles(count, 99), NearIndex()
    for at in range(0, count, 50):
        archive.commit(filed(items[at : at + 50], index, at))


@contextmanager
def loaded_fleet(count: int, batch: int = 25) -> Iterator[tuple[Path, OwnPostgres]]:
    """A server with so many unread articles, and the settings of a fleet over it."""
    server = OwnPostgres()
    try:
        with tempfile.TemporaryDirectory() as name:
            archive = open_postgres(server.dsn)
            load(archive, count)  # type: ignore[arg-type]
            archive.run("ANALYZE")
            archive.close()
            config = write_files(Path(name), [SOURCE], server.dsn, beat=10)
            config.write_text(config.read_text() + f"items_at_once = {batch}\n")
            yield config, server
    finally:
        server.close()


def server_cpu(server: OwnPostgres) -> float:
    """CPU seconds of the server, its ended children and its present ones."""
    total = 0.0
    for place, pid in enumerate(server.pids()):
        try:
            fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
        except FileNotFoundError:
            continue
        total += sum(map(int, fields[11 : 15 if place == 0 else 13])) / TICKS
    return total


def read_by_fleet(config: Path, count: int) -> float:
    """Seconds from the first job to the last, with `count` workers that have their models in memory."""
    with workers(config, count, "--queue", "read"):
        warm(config)
        began = time.monotonic()
        fleet(config, "run", "--no-publish", timeout=3600)
        return time.monotonic() - began


def warm(config: Path) -> None:
    """Gives the workers the time to start."""
    asyncio.run(asyncio.sleep(8))


EMBEDDED = """
import sys
from pathlib import Path
from lagebild.job import enrich_all
from lagebild.settings import Settings
from lagebild.workshop import Workshop
from storage.sqlite.archive import open_archive
path = Path(sys.argv[1])
with Workshop(Settings(archive=path), (), open_archive(path)) as workshop:
    print(enrich_all(workshop, quiet=True).read)
"""


def embedded_cpu(count: int) -> float:
    """CPU seconds of one process that reads them, start-up and models included."""
    from bench.pairs import cpu

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "a.db"
        archive = open_archive(path)
        load(archive, count)
        archive.close()
        return cpu(
            lambda: subprocess.run(
                [sys.executable, "-c", EMBEDDED, str(path)], check=True, stdout=subprocess.DEVNULL
            )
        )


def fleet_cpu(count: int) -> float:
    """The same by one worker: the worker, whoever started the round, and the server."""
    from bench.pairs import cpu_now

    with loaded_fleet(count) as (config, server):
        before, began = server_cpu(server), cpu_now()
        with workers(config, 1, "--queue", "read"):
            fleet(config, "run", "--no-publish", timeout=3600)
        return cpu_now() - began + server_cpu(server) - before
