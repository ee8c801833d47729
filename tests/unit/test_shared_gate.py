"""Turns at a host that several processes share."""

import asyncio
import time
from datetime import timedelta
from itertools import pairwise

import pytest

from crawler.politeness import HostResting, OutOfTime, SharedGate
from domain.errors import StorageError


class InMemory:
    """Turns as the database gives them, for gates of one test."""

    def __init__(self) -> None:
        self.free_at: dict[str, float] = {}
        self.away = 0

    async def take(self, host: str, lease_seconds: float, delay_seconds: float) -> float:
        await asyncio.sleep(0)
        if self.away:
            self.away -= 1
            raise StorageError("away", remedy="")
        wait = self.free_at.get(host, 0.0) - time.monotonic()
        if wait <= 0:
            self.free_at[host] = time.monotonic() + lease_seconds
            return 0.0
        return wait

    async def give_back(self, host: str, delay_seconds: float) -> None:
        self.free_at[host] = time.monotonic() + delay_seconds


async def visit(gate: SharedGate, starts: list[float], deadline: float = float("inf")) -> None:
    async with gate.turn("blatt.example", 0.05, deadline):
        starts.append(time.monotonic())
        await asyncio.sleep(0.01)


def test_requests_of_two_processes_keep_the_delay() -> None:
    async def together() -> list[float]:
        turns, starts = InMemory(), []
        gates = [SharedGate(turns), SharedGate(turns)]
        await asyncio.gather(*(visit(gate, starts) for gate in gates for _ in range(4)))
        return sorted(starts)

    starts = asyncio.run(together())
    assert len(starts) == 8
    assert min(later - sooner for sooner, later in pairwise(starts)) >= 0.06


def test_a_process_that_hangs_holds_its_host_until_the_lease_is_over() -> None:
    async def after_it_hung() -> float:
        turns, began = InMemory(), time.monotonic()
        await turns.take("blatt.example", 0.3, 0.05)
        starts: list[float] = []
        await visit(SharedGate(turns, lease_seconds=0.3), starts)
        return starts[0] - began

    assert 0.3 <= asyncio.run(after_it_hung()) < 0.6


def test_a_host_that_rests_for_one_rests_for_all() -> None:
    async def asked_again() -> None:
        turns = InMemory()
        first, second = SharedGate(turns), SharedGate(turns)
        async with first.turn("blatt.example", 0.05):
            first.rest("blatt.example", timedelta(hours=1))
        await visit(second, [])

    with pytest.raises(HostResting):
        asyncio.run(asked_again())


def test_a_turn_that_comes_too_late_is_not_waited_for() -> None:
    async def late() -> None:
        turns = InMemory()
        await turns.take("blatt.example", 60.0, 0.05)
        await visit(SharedGate(turns), [], time.monotonic() + 0.1)

    with pytest.raises(OutOfTime):
        asyncio.run(late())


def test_while_nobody_keeps_the_turns_nobody_is_asked_and_nothing_is_given_up() -> None:
    async def back_after_a_while() -> float:
        turns, began = InMemory(), time.monotonic()
        turns.away = 2
        starts: list[float] = []
        await visit(SharedGate(turns), starts)
        return starts[0] - began

    assert asyncio.run(back_after_a_while()) >= 1.0
