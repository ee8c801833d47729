"""A fleet does what one process does: the demo world through PostgreSQL and worker processes, whatever is killed."""

import contextlib
import itertools
import os
import random
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import pytest

from domain.errors import StorageError
from lagebild.commands.demo import demo_settings, visit
from lagebild.demo.clock import evening_before, last_morning
from lagebild.demo.server import ServedWorld, serve
from lagebild.demo.world import world
from lagebild.opening import archive_of
from lagebild.sources.schema import SourceEntry
from lagebild.workshop import utc_now
from storage.postgres.archive import PostgresArchive, open_archive
from storage.postgres.fleet import FleetState
from tests.fixtures.fleet_demo import (
    Workers,
    fleet,
    held,
    issues,
    one_round,
    started_round,
    workers,
    write_files,
    write_settings,
)
from tests.fixtures.postgres_server import OwnPostgres, is_installed
from tests.integration.site import Answer, Site

pytestmark = [
    pytest.mark.fleet,
    pytest.mark.slow,
    pytest.mark.skipif(
        not os.environ.get("LAGEBILD_TEST_POSTGRES"), reason="LAGEBILD_TEST_POSTGRES is not set"
    ),
    pytest.mark.skipif(not is_installed(), reason="no PostgreSQL is installed"),
    pytest.mark.timeout(1500),
]
KILLS = int(os.environ.get("LAGEBILD_FLEET_KILLS", "5"))
SWEPT_WITHIN_SECONDS = 60 * max(1.0, os.getloadavg()[0] / (os.cpu_count() or 1))
"""On free cores a minute; where others compute, as much longer as they take."""


@dataclass
class Embedded:
    """The demo as one process does it, and the world it read."""

    served: ServedWorld
    folder: Path
    morning: datetime
    holds: dict[str, list[str]]
    printed: dict[str, bytes]


@pytest.fixture(scope="module")
def embedded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Embedded]:
    folder = tmp_path_factory.mktemp("embedded")
    morning = last_morning(utc_now())
    settings = demo_settings(folder, "demo.db")
    with serve(world(7, morning), port=8700 + os.getpid() % 90) as served:
        sources = tuple(SourceEntry.model_validate(row).source() for row in served.sources)
        visit(served, sources, settings, evening_before(morning), True, publish=False)
        visit(served, sources, settings, morning, True)
        archive = archive_of(settings)
        yield Embedded(served, folder, morning, held(archive), issues(folder / "briefings"))


@pytest.fixture
def server() -> Iterator[OwnPostgres]:
    running = OwnPostgres()
    yield running
    running.close()


@pytest.fixture
def config(tmp_path: Path, embedded: Embedded, server: OwnPostgres) -> Path:
    """A fleet's folder; the keys of the pseudonyms are those of the embedded run, so that authors compare."""
    (tmp_path / "state.db.keys").write_bytes((embedded.folder / "demo.db.keys").read_bytes())
    return write_settings(tmp_path, embedded.served, server.dsn)


def assert_same(archive: PostgresArchive, folder: Path, embedded: Embedded) -> None:
    found = held(archive)
    for name, rows in embedded.holds.items():
        missing, more = set(rows) - set(found[name]), set(found[name]) - set(rows)
        assert (len(found[name]), sorted(missing)[:2], sorted(more)[:2]) == (len(rows), [], []), name
    assert issues(folder / "briefings") == embedded.printed


def test_two_workers_leave_what_one_process_leaves(
    config: Path, embedded: Embedded, server: OwnPostgres
) -> None:
    with workers(config, 2):
        embedded.served.move_to(evening_before(embedded.morning))
        one_round(config, evening_before(embedded.morning), "--no-publish")
        embedded.served.move_to(embedded.morning)
        one_round(config, embedded.morning)
    assert_same(open_archive(server.dsn), config.parent, embedded)


def finish(crew: Workers, running: subprocess.Popen[bytes]) -> float:
    """Sweeps, as the timetable does every minute, until nothing is left; seconds it took from the first sweep on."""
    began = time.monotonic()
    while running.poll() is None:
        fleet(crew.config, "sweep")
        crew.revive()
        time.sleep(3)
    return time.monotonic() - began


def await_jobs(dsn: str) -> None:
    """Returns once the round has begun."""
    state, begun = FleetState(dsn), False
    while not begun:
        time.sleep(0.1)
        with contextlib.suppress(StorageError):  # the first of them all makes the queue
            begun = state.waiting() > 0
    state.close()


def assert_nothing_left(dsn: str) -> None:
    state = FleetState(dsn)
    assert state.waiting() == 0
    assert state.failed() == []
    state.close()


def kill_some(crew: Workers, running: subprocess.Popen[bytes], kills: int, chance: random.Random) -> int:
    """Kills workers at any moment while a round runs, each time with a sweep and a new worker; how many were killed."""
    killed = 0
    while running.poll() is None and killed < kills:
        time.sleep(chance.uniform(0.5, 6.0))
        crew.kill(chance.choice(crew.running))
        crew.start()
        killed += 1
        fleet(crew.config, "sweep")
    return killed


def test_killed_workers_cost_time_and_nothing_else(
    config: Path, embedded: Embedded, server: OwnPostgres
) -> None:
    chance, killed = random.Random(5), 0
    beat = 1.0
    with workers(config, 2) as crew:
        for moment, words in ((evening_before(embedded.morning), ["--no-publish"]), (embedded.morning, [])):
            embedded.served.move_to(moment)
            running = started_round(config, moment, *words)
            killed += kill_some(crew, running, -(-KILLS // 2), chance)
            time.sleep(3 * beat)
            assert finish(crew, running) < SWEPT_WITHIN_SECONDS
    assert killed
    assert_nothing_left(server.dsn)
    assert_same(open_archive(server.dsn), config.parent, embedded)


@pytest.mark.skipif(
    not os.environ.get("LAGEBILD_FLEET_RESTARTS"),
    reason="a crawl that lost the server was once seen not to let go; set LAGEBILD_FLEET_RESTARTS=1 to try",
)
def test_a_restarted_server_costs_time_and_nothing_else(
    config: Path, embedded: Embedded, server: OwnPostgres
) -> None:
    with workers(config, 2) as crew:
        for moment, words in ((evening_before(embedded.morning), ["--no-publish"]), (embedded.morning, [])):
            embedded.served.move_to(moment)
            running = started_round(config, moment, *words)
            await_jobs(server.dsn)
            for _ in range(2):
                time.sleep(3)
                server.restart()
            time.sleep(8)
            finish(crew, running)
    assert_nothing_left(server.dsn)
    assert_same(open_archive(server.dsn), config.parent, embedded)


PAGES_EACH = 30
DELAY_SECONDS = float(os.environ.get("LAGEBILD_FLEET_DELAY", "0.2"))


def feed(host: str, name: str) -> str:
    """A feed whose entries lie at another host."""
    entries = "".join(
        f"<item><title>Meldung {name} {n} aus der Stadt</title><link>{host}/{name}/{n}</link><guid>{name}{n}</guid>"
        "<pubDate>Sat, 28 Nov 2026 05:00:00 GMT</pubDate></item>"
        for n in range(PAGES_EACH)
    )
    return f'<?xml version="1.0"?><rss version="2.0"><channel><title>{name}</title>{entries}</channel></rss>'


def test_two_workers_are_one_guest_at_a_host(tmp_path: Path, server: OwnPostgres) -> None:
    names = ("eins", "zwei")
    with Site() as site:
        guest = site.url("", "gast.localhost")
        site.routes["*"] = Answer(
            "<html><body><article><p>" + "Ein Absatz der Meldung. " * 20 + "</p></article></body></html>"
        )
        for name in names:
            headers = {"Content-Type": "application/rss+xml"}
            site.routes[f"/{name}.xml"] = Answer(feed(guest, name), headers=headers)
        site.routes["/robots.txt"] = Answer("", 404)
        sources = [
            {"id": name, "name": name.title(), "kind": "rss", "url": site.url(f"/{name}.xml", f"{name}.localhost"),
             "language": "de", "market": "DE", "lens": "media", "category": "news"}
            for name in names
        ]  # fmt: skip
        config = write_files(
            tmp_path, sources, server.dsn, beat=1.0, delay=DELAY_SECONDS, hosts=f"*.localhost:{site.port}"
        )
        with workers(config, 2, "--queue", "collect") as crew:
            fleet(config, "run", "--all", "--collect-only")
            assert len(crew.running) == 2
        at_guest = sorted(asked.at for asked in site.asked if asked.host.startswith("gast.localhost"))
    gaps = [later - sooner for sooner, later in itertools.pairwise(at_guest)]
    assert len(at_guest) >= 2 * PAGES_EACH
    assert [gap for gap in gaps if gap < DELAY_SECONDS] == []
