"""A fleet does what one process does: the demo world through PostgreSQL and worker processes, whatever is killed."""

import itertools
import os
import random
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import pytest

from bench.faults.fleet import Ground, ground, killed, restarted
from lagebild.commands.demo import demo_settings, visit
from lagebild.demo.clock import evening_before, last_morning
from lagebild.demo.server import ServedWorld, serve
from lagebild.demo.world import world
from lagebild.opening import archive_of
from lagebild.sources.schema import SourceEntry
from lagebild.workshop import utc_now
from storage.postgres.archive import PostgresArchive, open_archive
from tests.fixtures.fleet_demo import (
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
from tests.integration.site import Answer, Asked, Site

KILLS = int(os.environ.get("LAGEBILD_FLEET_KILLS", "8"))
RESTARTS = int(os.environ.get("LAGEBILD_FLEET_RESTARTS", "2"))
pytestmark = [
    pytest.mark.fleet,
    pytest.mark.slow,
    pytest.mark.skipif(
        not os.environ.get("LAGEBILD_TEST_POSTGRES"), reason="LAGEBILD_TEST_POSTGRES is not set"
    ),
    pytest.mark.skipif(not is_installed(), reason="no PostgreSQL is installed"),
    pytest.mark.timeout(max(1500, 60 * KILLS)),
]
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


@pytest.fixture(scope="module")
def small() -> Iterator[Ground]:
    """A smaller world, and workers that start in a moment; see `bench/faults/fleet.py`."""
    with ground() as shared:
        yield shared


def test_killed_workers_cost_time_and_nothing_else(small: Ground) -> None:
    found = killed(small, KILLS, random.Random(5))
    assert found.faults == []
    assert found.struck.total() >= KILLS
    assert max(found.seconds, default=0.0) < SWEPT_WITHIN_SECONDS


def test_a_restarted_server_costs_time_and_nothing_else(small: Ground) -> None:
    found = restarted(small, RESTARTS, random.Random(5))
    assert found.faults == []
    assert found.struck.total() == RESTARTS


PAGES_EACH = 30
NAMES = ("eins", "zwei")
SWEEP_SECONDS = 3
DELAY_SECONDS = float(os.environ.get("LAGEBILD_FLEET_DELAY", "0.2"))


def feed(host: str, name: str) -> str:
    """A feed whose entries lie at another host."""
    entries = "".join(
        f"<item><title>Meldung {name} {n} aus der Stadt</title><link>{host}/{name}/{n}</link><guid>{name}{n}</guid>"
        "<pubDate>Sat, 28 Nov 2026 05:00:00 GMT</pubDate></item>"
        for n in range(PAGES_EACH)
    )
    return f'<?xml version="1.0"?><rss version="2.0"><channel><title>{name}</title>{entries}</channel></rss>'


def two_feeds(site: Site) -> list[dict[str, str]]:
    """Two sources of two shards, whose articles all lie at one host."""
    guest = site.url("", "gast.localhost")
    site.routes["*"] = Answer(
        "<html><body><article><p>" + "Ein Absatz der Meldung. " * 20 + "</p></article></body></html>"
    )
    site.routes["/robots.txt"] = Answer("", 404)
    for name in NAMES:
        headers = {"Content-Type": "application/rss+xml"}
        site.routes[f"/{name}.xml"] = Answer(feed(guest, name), headers=headers)
    return [
        {"id": name, "name": name.title(), "kind": "rss", "url": site.url(f"/{name}.xml", f"{name}.localhost"),
         "language": "de", "market": "DE", "lens": "media", "category": "news"}
        for name in NAMES
    ]  # fmt: skip


def at_guest(site: Site) -> list[Asked]:
    return sorted(
        (asked for asked in site.asked if asked.host.startswith("gast.localhost")), key=lambda asked: asked.at
    )


def assert_one_guest(site: Site) -> None:
    """Both workers asked, in turns, and never too soon after each other."""
    asked = at_guest(site)
    assert [(a.path, b.path) for a, b in itertools.pairwise(asked) if b.at - a.at < DELAY_SECONDS] == []
    pages = [one.path.split("/")[1] for one in asked if one.path.startswith(tuple(f"/{n}/" for n in NAMES))]
    assert len(pages) >= len(NAMES) * PAGES_EACH
    assert all(pages.index(name) < PAGES_EACH for name in NAMES), "one worker came after the other"


@pytest.mark.parametrize("killed_after", [0, 20], ids=["undisturbed", "one killed"])
def test_two_workers_are_one_guest_at_a_host(tmp_path: Path, server: OwnPostgres, killed_after: int) -> None:
    with Site() as site:
        config = write_files(
            tmp_path, two_feeds(site), server.dsn, beat=1.0, delay=DELAY_SECONDS, hosts=f"*.localhost:{site.port}"
        )  # fmt: skip
        config.write_text(config.read_text() + "shards_at_once = 1\n")
        with workers(config, 2, "--queue", "collect") as crew:
            running = started_round(config, "--all", "--collect-only")
            while killed_after and len(at_guest(site)) < killed_after:
                time.sleep(0.05)
            if killed_after:
                crew.kill(crew.running[0])
                crew.start()
            while running.poll() is None:
                time.sleep(SWEEP_SECONDS)
                if killed_after:
                    fleet(config, "sweep")
            assert running.returncode == 0
        assert_one_guest(site)
