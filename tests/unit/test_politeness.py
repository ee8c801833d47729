"""One gate per host, and what hosts ask of us."""

import asyncio
import itertools
import time
from collections import Counter
from datetime import UTC, datetime, timedelta

import pytest

from crawler.politeness import HostGate, HostResting, OutOfTime, WellKnown, fresh_for, retry_after

NOW = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)


def test_turns_at_one_host_keep_the_delay_and_hosts_do_not_wait_for_each_other() -> None:
    async def run() -> tuple[list[float], float]:
        gate, starts, began = HostGate(), [], time.monotonic()

        async def one(host: str) -> None:
            async with gate.turn(host, 0.05):
                if host == "a":
                    starts.append(time.monotonic())
                await asyncio.sleep(0.01)

        await asyncio.gather(*(one(host) for host in "abcdefgh" * 5))
        return starts, time.monotonic() - began

    starts, took = asyncio.run(run())
    assert min(b - a for a, b in itertools.pairwise(starts)) >= 0.05
    assert took < 8 * 5 * 0.05


def test_without_a_delay_only_a_few_requests_run_side_by_side() -> None:
    async def run() -> int:
        gate, now, most = HostGate(together=3), 0, 0

        async def one() -> None:
            nonlocal now, most
            async with gate.turn("a", 0.0):
                now += 1
                most = max(most, now)
                await asyncio.sleep(0.005)
                now -= 1

        await asyncio.gather(*(one() for _ in range(12)))
        return most

    assert asyncio.run(run()) == 3


def test_a_turn_that_comes_too_late_is_not_waited_for() -> None:
    async def run() -> None:
        gate = HostGate()
        async with gate.turn("a", 30.0):
            pass
        async with gate.turn("a", 30.0, time.monotonic() + 0.05):
            pytest.fail("the turn came")

    with pytest.raises(OutOfTime):
        asyncio.run(run())


def test_a_host_that_rests_is_left_alone() -> None:
    async def run() -> None:
        gate = HostGate()
        gate.rest("a", timedelta(seconds=60))
        async with gate.turn("b", 0.0):
            pass
        async with gate.turn("a", 0.0):
            pytest.fail("the turn came")

    with pytest.raises(HostResting) as told:
        asyncio.run(run())
    assert timedelta(seconds=59) < told.value.wait <= timedelta(seconds=60)


def test_a_well_known_file_is_asked_for_once_by_many() -> None:
    asked: Counter[str] = Counter()

    async def fetch(url: str) -> tuple[int | None, bytes]:
        asked[url] += 1
        await asyncio.sleep(0.01)
        return 200, url.encode()

    async def run() -> list[bytes]:
        file = WellKnown("/robots.txt", lambda status, body: body)
        urls = [f"https://blatt.example/{n}" for n in range(5)] + ["http://blatt.example/x"]
        return await asyncio.gather(*(file.of(url, fetch) for url in urls))

    found = asyncio.run(run())
    assert asked == {"https://blatt.example/robots.txt": 1, "http://blatt.example/robots.txt": 1}
    assert found[0] == b"https://blatt.example/robots.txt"


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        ("120", 120), (" 0 ", 0), ("99999999999", 86_400), ("Mon, 02 Mar 2026 08:05:00 GMT", 300),
        ("Mon, 02 Mar 2026 07:00:00 GMT", 0), ("soon", None), ("", None), ("-5", None),
    ],
)  # fmt: skip
def test_retry_after_is_read_in_seconds_and_as_a_date(value: str, seconds: int | None) -> None:
    assert retry_after(value, NOW) == (None if seconds is None else timedelta(seconds=seconds))


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({"cache-control": "public, max-age=300"}, 300),
        ({"cache-control": "max-age=300", "age": "100"}, 200),
        ({"cache-control": "s-maxage=9, max-age=60"}, 60),
        ({"cache-control": "no-cache, max-age=300"}, None),
        ({}, None),
    ],
)
def test_an_answer_says_how_long_it_is_fresh(headers: dict[str, str], seconds: int | None) -> None:
    assert fresh_for(headers) == (None if seconds is None else timedelta(seconds=seconds))
