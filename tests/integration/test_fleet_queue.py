"""The queue of a fleet: what is waiting once, what is lost, what is set aside, what nobody knows."""

import asyncio
import os
from collections.abc import Awaitable, Callable, Iterator
from concurrent.futures import ThreadPoolExecutor, wait
from pathlib import Path

import pytest

from domain.errors import StorageError
from domain.model import Lens, Source
from lagebild.engine.procrastinate import DEATHS, Fleet, lock_of
from lagebild.fleet import drain, resume
from lagebild.settings import Fleet as FleetSettings
from lagebild.settings import Settings
from lagebild.workshop import Workshop
from storage.postgres.archive import open_archive
from storage.postgres.connection import STATEMENTS_AT_ONCE
from storage.postgres.fleet import HostTurns
from tests.fixtures.postgres_server import OwnPostgres, is_installed

pytestmark = [
    pytest.mark.fleet,
    pytest.mark.skipif(
        not os.environ.get("LAGEBILD_TEST_POSTGRES"), reason="LAGEBILD_TEST_POSTGRES is not set"
    ),
    pytest.mark.skipif(not is_installed(), reason="no PostgreSQL is installed"),
]
OLD = "UPDATE fleet.procrastinate_workers SET last_heartbeat = now() - interval '1 hour'"


@pytest.fixture(scope="module")
def server() -> Iterator[OwnPostgres]:
    running = OwnPostgres()
    yield running
    running.close()


@pytest.fixture
def fleet(server: OwnPostgres, tmp_path: Path) -> Iterator[Fleet]:
    settings = Settings(
        archive=tmp_path / "state.db", fleet=FleetSettings(database=server.dsn, heartbeat_seconds=1)
    )
    source = Source(
        id="a", name="A", kind="rss", url="https://a.example/feed", language="de", markets=("DE",), lens=Lens.MEDIA, publisher="A"
    )  # fmt: skip
    archive = open_archive(server.dsn)
    made = Fleet(Workshop(settings, [source], archive), server.dsn, timetable=False)
    archive.run("TRUNCATE fleet.procrastinate_jobs, fleet.procrastinate_workers CASCADE")
    yield made
    made.close()
    archive.close()


def connected(fleet: Fleet, work: Callable[[], Awaitable[None]]) -> None:
    async def run() -> None:
        async with fleet.app.open_async():
            await work()

    asyncio.run(run())


def states(fleet: Fleet) -> dict[str, int]:
    return {f"{job.task} {job.status}": job.jobs for job in fleet.state.jobs()}


async def taken_by_a_worker_that_dies(fleet: Fleet) -> None:
    manager = fleet.app.job_manager
    worker = await manager.register_worker()
    assert await manager.fetch_job(queues=None, worker_id=worker)
    fleet.workshop.archive.run(OLD)  # type: ignore[attr-defined]


def test_a_job_waits_once(fleet: Fleet) -> None:
    async def work() -> None:
        for market in ("DE", "DE", "AT"):
            await fleet.defer("publish", market=market)
        for shard in (7, 7, 8):
            await fleet.defer("collect", shard=shard)

    connected(fleet, work)
    assert states(fleet) == {"collect todo": 2, "publish todo": 2}


def test_the_sweep_gives_a_lost_job_to_others(fleet: Fleet) -> None:
    async def work() -> None:
        await fleet.defer("watch")
        await taken_by_a_worker_that_dies(fleet)
        assert states(fleet) == {"watch doing": 1}
        assert await fleet.sweep() == 1

    connected(fleet, work)
    assert states(fleet) == {"watch todo": 1}
    assert fleet.state.workers() == []


def test_a_lost_job_whose_twin_waits_is_dropped(fleet: Fleet) -> None:
    async def work() -> None:
        await fleet.defer("watch")
        await taken_by_a_worker_that_dies(fleet)
        await fleet.defer("watch")
        assert await fleet.sweep() == 0

    connected(fleet, work)
    assert states(fleet) == {"watch todo": 1}


def test_a_job_that_fails_while_its_twin_waits_leaves_the_work_to_it(
    fleet: Fleet, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A watch that loses the server after the next one was deferred: both would wait, and neither would run."""
    runs: list[str] = []

    def fails_once(*_: object) -> None:
        runs.append("watch")
        if len(runs) == 1:
            asyncio.run_coroutine_threadsafe(fleet.defer("watch"), loop[0]).result()
            raise StorageError("the server went away", remedy="")

    loop: list[asyncio.AbstractEventLoop] = []
    monkeypatch.setattr("lagebild.engine.procrastinate.watch", fails_once)

    async def work() -> None:
        loop.append(asyncio.get_running_loop())
        await fleet.defer("watch")
        await fleet.app.run_worker_async(queues=["read"], wait=False, install_signal_handlers=False)

    connected(fleet, work)
    assert runs == ["watch", "watch"]
    assert states(fleet) == {"watch succeeded": 1}


def test_a_job_that_kills_its_workers_is_set_aside_and_may_be_tried_again(fleet: Fleet) -> None:
    async def work() -> None:
        await fleet.defer("watch")
        for _ in range(DEATHS + 1):
            await taken_by_a_worker_that_dies(fleet)
            await fleet.sweep()
        assert states(fleet) == {"watch failed": 1}
        (job_id,) = fleet.state.failed()
        assert await fleet.retry_failed(job_id)

    connected(fleet, work)
    assert states(fleet) == {"watch todo": 1}


def test_a_job_of_an_unknown_name_fails_at_once(fleet: Fleet) -> None:
    async def work() -> None:
        await fleet.app.configure_task("from-a-newer-version", queue="read").defer_async()
        await fleet.app.run_worker_async(queues=["read"], wait=False, install_signal_handlers=False)

    connected(fleet, work)
    assert states(fleet) == {"from-a-newer-version failed": 1}


def test_nothing_begins_while_the_fleet_is_drained(fleet: Fleet) -> None:
    async def work() -> None:
        assert await drain(fleet, 1)
        await fleet.tick(0)
        assert states(fleet) == {}
        resume(fleet)
        await fleet.tick(0)

    connected(fleet, work)
    assert states(fleet) == {"collect todo": 1, "plan-reading todo": 1}


def test_a_host_has_one_turn_at_a_time(server: OwnPostgres, fleet: Fleet) -> None:
    async def work() -> None:
        one, other = HostTurns(server.dsn), HostTurns(server.dsn)
        assert await one.take("a.example", 60, 0.2) == 0
        assert 0.2 < await other.take("a.example", 60, 0.2) <= 60
        assert await other.take("b.example", 60, 0.2) == 0
        await one.give_back("a.example", 0.2)
        assert 0 < await other.take("a.example", 60, 0.2) <= 0.2
        await asyncio.sleep(0.25)
        assert await other.take("a.example", 60, 0.2) == 0
        await one.close()
        await other.close()

    asyncio.run(work())


def test_the_turn_of_a_killed_worker_is_free_a_delay_after_that_was_noticed(
    server: OwnPostgres, fleet: Fleet
) -> None:
    async def work() -> None:
        killed, other = HostTurns(server.dsn), HostTurns(server.dsn)
        assert await killed.take("c.example", 60, 0.3) == 0
        await killed.close()  # as the kernel closes the sockets of a killed process
        await asyncio.sleep(0.2)
        assert await other.take("c.example", 60, 0.3) == 0.3
        assert 0 < await other.take("c.example", 60, 0.3) <= 0.3
        await asyncio.sleep(0.35)
        assert await other.take("c.example", 60, 0.3) == 0
        await other.close()

    asyncio.run(work())


def test_a_host_that_rests_goes_on_resting_when_its_worker_is_gone(server: OwnPostgres, fleet: Fleet) -> None:
    async def work() -> None:
        asked, other = HostTurns(server.dsn), HostTurns(server.dsn)
        assert await asked.take("d.example", 60, 0.1) == 0
        await asked.give_back("d.example", 3600)
        await asked.close()
        await asyncio.sleep(0.2)
        assert await other.take("d.example", 60, 0.1) > 3000
        await other.close()

    asyncio.run(work())


def test_who_lost_the_server_in_the_middle_changes_nothing_more(server: OwnPostgres, fleet: Fleet) -> None:
    archive = open_archive(server.dsn)
    with pytest.raises(StorageError, match="'stories' is lost"), archive.holding("stories"):
        with pytest.raises(StorageError):
            archive.run("SELECT pg_terminate_backend(pg_backend_pid())")
        archive.keep_setting("placed", "late")
    assert archive.setting("placed") is None  # and the next job has a connection again
    archive.close()


def test_many_statements_in_one_message_do_what_they_do_one_by_one(server: OwnPostgres, fleet: Fleet) -> None:
    archive = open_archive(server.dsn)
    archive.run("CREATE TABLE many (id integer PRIMARY KEY, said text, share double precision)")
    plain = "INSERT INTO many (id, said, share) VALUES (?, ?, ?)"
    rows = [(n, f"100 % 'gesagt' {n} ?", None if n % 2 else 0.5) for n in range(STATEMENTS_AT_ONCE + 3)]
    assert archive.run_many(plain, rows) == len(rows)
    again = (
        plain + " ON CONFLICT (id) DO UPDATE SET said = excluded.said WHERE many.said IS NOT excluded.said"
    )
    assert archive.run_many(again, [(1, "eins", 1), (1, "zwei", 1), (1, "zwei", 1)]) == 2
    assert (
        archive.run_many(
            "UPDATE many SET share = :share WHERE id < :id", ({"share": s, "id": 3} for s in (1, 2))
        )
        == 6
    )
    assert archive.rows("SELECT id, said, share FROM many WHERE id < 4 ORDER BY id") == [
        (0, rows[0][1], 2.0), (1, "zwei", 2.0), (2, rows[2][1], 2.0), (3, rows[3][1], None),
    ]  # fmt: skip
    assert archive.run_many(plain, []) == 0
    archive.run("DROP TABLE many")
    archive.close()


def test_a_second_placer_waits_for_the_first(server: OwnPostgres, fleet: Fleet) -> None:
    archive, seen = open_archive(server.dsn), []

    def second() -> None:
        with archive.holding("stories"):
            seen.append("second")

    with ThreadPoolExecutor(1) as thread, archive.holding("stories"):
        waiting = thread.submit(second)
        wait([waiting], timeout=0.5)
        seen.append("first")
    assert seen == ["first", "second"]
    archive.close()


def test_issues_and_the_outbox_share_a_lock() -> None:
    assert lock_of("publish", {"market": "DE"}) == lock_of("send", {})
    assert lock_of("collect", {"shard": 3}) == "shard-3"
