"""Reading in one process and by a fleet's workers, over the same articles; used by the fleet's benchmarks.

All who read are forked from one process that has the models in memory, so that what starts up is on neither side.
"""

import asyncio
import os
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from bench.cases.pipeline import filed
from bench.faults.fleet_forks import Forks
from bench.texts import MORNING, articles
from crawler.dedupe import NearIndex
from lagebild.engine.procrastinate import READING, Fleet
from lagebild.fleet import one_round
from lagebild.settings import Fleet as FleetSettings
from lagebild.settings import Settings
from lagebild.workshop import Workshop
from storage.postgres.archive import PostgresArchive
from storage.postgres.archive import open_archive as open_postgres
from storage.sqlite.archive import SqliteArchive, open_archive
from tests.fixtures.postgres_server import OwnPostgres

TICKS = os.sysconf("SC_CLK_TCK")
LANES = 2
"""Of a worker that only reads: reading and the timetable."""
LOOK_SECONDS = 0.2


def load(archive: SqliteArchive | PostgresArchive, count: int) -> None:
    items, index = articles(count, 99), NearIndex()
    for at in range(0, count, 50):
        archive.commit(filed(items[at : at + 50], index, at))


@dataclass(frozen=True)
class LoadedFleet:
    """A server with unread articles, and a fleet over it."""

    server: OwnPostgres
    fleet: Fleet
    forks: Forks

    @contextmanager
    def workers(self, count: int) -> Iterator[list[int]]:
        """So many, all of them in the queue and waiting for jobs."""
        settings = self.fleet.workshop.settings
        pids = [self.forks.start(settings, (), (READING,)) for _ in range(count)]
        try:
            while len(self.fleet.state.workers()) < LANES * count:
                time.sleep(LOOK_SECONDS)
            yield pids
        finally:
            for pid in pids:
                self.forks.kill(pid)

    def read(self) -> None:
        """One round: everything is read and placed."""
        asyncio.run(one_round(self.fleet, MORNING, everything=False, publish=False))
        assert not self.fleet.state.failed()


@contextmanager
def loaded_fleet(forks: Forks, count: int) -> Iterator[LoadedFleet]:
    server = OwnPostgres()
    try:
        with tempfile.TemporaryDirectory() as name:
            archive = open_postgres(server.dsn)
            load(archive, count)
            archive.run("ANALYZE")
            settings = Settings(archive=Path(name) / "state.db", fleet=FleetSettings(database=server.dsn))
            fleet = Fleet(Workshop(settings, (), archive), server.dsn, timetable=False)
            yield LoadedFleet(server, fleet, forks)
            fleet.close(), archive.close()
    finally:
        server.close()


def cpu_of(pid: int, *, children: bool = False) -> float:
    """CPU seconds of a process, with `children` of those of its children that have ended too; 0.0 when it is gone."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    except FileNotFoundError:
        return 0.0
    return sum(map(int, fields[11 : 15 if children else 13])) / TICKS


def server_cpu(server: OwnPostgres) -> float:
    """CPU seconds of the server, its ended children and its present ones."""
    first, *others = server.pids()
    return cpu_of(first, children=True) + sum(map(cpu_of, others))


def wall_by_fleet(forks: Forks, count: int, workers: int) -> float:
    """Seconds from the first job to the last."""
    with loaded_fleet(forks, count) as loaded, loaded.workers(workers):
        began = time.monotonic()
        loaded.read()
        return time.monotonic() - began


def embedded_cpu(forks: Forks, count: int) -> float:
    """CPU seconds of one process that reads and places them on SQLite."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "a.db"
        archive = open_archive(path)
        load(archive, count)
        archive.close()
        return forks.read(Settings(archive=path), MORNING)


def fleet_cpu(forks: Forks, count: int) -> dict[str, float]:
    """The same by one worker: CPU seconds of the worker, of whoever started the round, and of the server."""
    with loaded_fleet(forks, count) as loaded, loaded.workers(1) as (pid,):
        before = (cpu_of(pid), time.process_time(), server_cpu(loaded.server))
        loaded.read()
        after = (cpu_of(pid), time.process_time(), server_cpu(loaded.server))
        spent = (b - a for a, b in zip(before, after, strict=True))
        return dict(zip(("worker", "starter", "server"), spent, strict=True))
