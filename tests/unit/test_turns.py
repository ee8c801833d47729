"""Jobs run together; an erasure runs alone."""

import asyncio
from collections.abc import Awaitable, Callable

import pytest

from lagebild.turns import Turns


def told(turns: Turns, said: list[str]) -> Callable[[str, bool], Awaitable[None]]:
    async def work(name: str, alone: bool) -> None:
        async with turns.alone() if alone else turns.together():
            said.append(f"{name} begins")
            await asyncio.sleep(0.02)
            said.append(f"{name} ends")

    return work


def run(*jobs: tuple[str, bool]) -> list[str]:
    said: list[str] = []

    async def all_of_them() -> None:
        work = told(Turns(), said)
        async with asyncio.TaskGroup() as group:
            for name, alone in jobs:
                group.create_task(work(name, alone))
                await asyncio.sleep(0.002)

    asyncio.run(asyncio.wait_for(all_of_them(), 10))
    return said


def test_jobs_run_side_by_side() -> None:
    assert run(("a", False), ("b", False)) == ["a begins", "b begins", "a ends", "b ends"]


def test_an_erasure_waits_for_jobs_under_way_and_later_ones_wait_for_it() -> None:
    assert run(("a", False), ("erasure", True), ("b", False)) == [
        "a begins", "a ends", "erasure begins", "erasure ends", "b begins", "b ends",
    ]  # fmt: skip


def test_erasures_come_one_after_the_other() -> None:
    assert run(("a", True), ("b", True)) == ["a begins", "a ends", "b begins", "b ends"]


def test_a_job_that_is_stopped_holds_nobody_up() -> None:
    async def stopped() -> None:
        turns = Turns()

        async def job() -> None:
            async with turns.together():
                await asyncio.sleep(60)

        running = asyncio.ensure_future(job())
        await asyncio.sleep(0)
        running.cancel()
        with pytest.raises(asyncio.CancelledError):
            await running
        async with turns.alone():
            pass

    asyncio.run(asyncio.wait_for(stopped(), 10))
