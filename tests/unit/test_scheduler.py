"""When things run: local times, clock changes, no overlap, clean leave."""

import asyncio
from datetime import UTC, datetime, time, timedelta

import pytest

from scheduler import Daily, Every, Job, keep_time, next_run

BERLIN = "Europe/Berlin"


@pytest.mark.parametrize(
    ("now", "expected"),
    [
        (
            datetime(2026, 10, 24, 12, tzinfo=UTC),
            datetime(2026, 10, 25, 6, 30, tzinfo=UTC),
        ),  # back to winter time
        (datetime(2026, 10, 23, 12, tzinfo=UTC), datetime(2026, 10, 24, 5, 30, tzinfo=UTC)),
        (
            datetime(2027, 3, 27, 12, tzinfo=UTC),
            datetime(2027, 3, 28, 5, 30, tzinfo=UTC),
        ),  # on to summer time
    ],
)
def test_a_daily_job_keeps_local_time_when_clocks_change(now: datetime, expected: datetime) -> None:
    assert next_run(Daily(time(7, 30), BERLIN), now) == expected


def test_a_weekly_job_waits_for_its_day() -> None:
    friday = next_run(Daily(time(14), BERLIN, weekday="fri"), datetime(2026, 11, 28, tzinfo=UTC))
    assert friday == datetime(2026, 12, 4, 13, tzinfo=UTC)


def test_runs_of_one_job_never_overlap_and_a_failing_one_does_not_stop_the_others() -> None:
    running = 0
    most = 0
    failed = 0

    async def slow() -> None:
        nonlocal running, most
        running += 1
        most = max(most, running)
        await asyncio.sleep(1.5)
        running -= 1

    async def failing() -> None:
        nonlocal failed
        failed += 1
        raise ValueError("once more")

    async def leave() -> None:
        pass

    async def run() -> None:
        stop = asyncio.Event()
        asyncio.get_running_loop().call_later(2.6, stop.set)
        every_second = Every(timedelta(seconds=1))
        jobs = [Job("slow", every_second, slow), Job("failing", every_second, failing)]
        await keep_time(jobs, stop, before_leaving=leave)

    asyncio.run(run())
    assert most == 1
    assert failed >= 2
