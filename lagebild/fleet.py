"""Workers of a fleet: how they run until told to stop, and how a person sees and stills the queue."""

import asyncio
import contextlib
import logging
import os
import signal
from collections.abc import Awaitable, Sequence
from datetime import datetime
from typing import Any

from procrastinate.exceptions import ConnectorException

from domain.errors import StorageError
from lagebild.engine.procrastinate import COLLECTING, DRAINING, PERIODIC, READING, TIMETABLE, Fleet

logger = logging.getLogger(__name__)
QUEUES = (COLLECTING, READING)
AWAY_SECONDS = 2.0
"""How long a worker waits for a server that is away before it asks again."""
FINISH_WITHIN_SECONDS = 20.0
LET_GO_SECONDS = 2 * FINISH_WITHIN_SECONDS
LEFT = 75
POLL_SECONDS = 0.2
WAKE_SECONDS = 1.0
"""How often a worker looks for jobs that nobody told it of: retried ones, and those whose lock came free."""


async def work(fleet: Fleet, queues: Sequence[str] = QUEUES, stop: asyncio.Event | None = None) -> None:
    """Runs jobs until SIGTERM or SIGINT; finishes what it has in hand, or gives it back."""
    stop = stop or asyncio.Event()
    for name in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(name, stop.set)
    while not stop.is_set():
        try:
            await _while_connected(fleet, queues, stop)
        except (ConnectorException, StorageError, OSError) as error:
            logger.warning("database away, asking again in %.0f s: %s", AWAY_SECONDS, error)
        if not stop.is_set():
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(stop.wait(), AWAY_SECONDS)


async def _while_connected(fleet: Fleet, queues: Sequence[str], stop: asyncio.Event) -> None:
    """Returns when told to stop, or when a lane has lost the server."""
    async with fleet.new_app().open_async():
        lanes = [asyncio.ensure_future(lane) for lane in _lanes(fleet, queues)]
        stopping = asyncio.ensure_future(stop.wait())
        await asyncio.wait({*lanes, stopping}, return_when=asyncio.FIRST_COMPLETED)
        for task in (*lanes, stopping):
            task.cancel()
        ended, stuck = await asyncio.wait(lanes, timeout=LET_GO_SECONDS)
        if stuck:
            # Its heart would beat on, and nobody would get its jobs. Whoever runs us starts us again.
            logger.error("a job does not let go, leaving so that the sweep gives it to others")
            os._exit(LEFT)
        for lane in ended:
            if not lane.cancelled() and (error := lane.exception()):
                raise error


def _lanes(fleet: Fleet, queues: Sequence[str]) -> list[Awaitable[None]]:
    """One for each queue, so that reading never holds collecting up; the timetable has one of its own."""
    at_once = {COLLECTING: fleet.workshop.settings.fleet.shards_at_once}
    beat = fleet.workshop.settings.fleet.heartbeat_seconds
    return [
        fleet.app.run_worker_async(
            queues=[queue],
            name=queue,
            concurrency=at_once.get(queue, 1),
            fetch_job_polling_interval=WAKE_SECONDS,
            shutdown_graceful_timeout=FINISH_WITHIN_SECONDS,
            delete_jobs="successful",
            install_signal_handlers=False,
            update_heartbeat_interval=beat,
            stalled_worker_timeout=beat * 3,
        )
        for queue in (*queues, TIMETABLE)
    ]


# --- from outside --------------------------------------------------------------------------------


async def one_round(
    fleet: Fleet, as_of: datetime | None, *, everything: bool, publish: bool, read: bool = True
) -> None:
    """What `lagebild run` does, by the fleet's workers: collect, read, place, watch, publish, each when the last is done."""
    moment = as_of.isoformat() if as_of else None
    fleet.workshop.archive.sync_sources(fleet.workshop.sources, as_of or fleet.workshop.clock())
    async with fleet.app.open_async():
        for shard in fleet.shards:
            await _put(
                fleet, "collect", shard=shard, as_of=moment, everything=everything or None, then_read=False
            )
        await idle(fleet)
        if read:
            await _put(fleet, "plan-reading", as_of=moment)
            await idle(fleet)
        if read and publish:
            for edition in fleet.workshop.settings.publish.editions:
                await _put(fleet, "publish", market=edition.market, as_of=moment)
            await idle(fleet)


async def _put(fleet: Fleet, task: str, **arguments: Any) -> None:
    """Puts a job into the queue, if need be once the server is back: a job that is put twice does no harm."""
    while True:
        try:
            return await fleet.defer(task, **arguments)
        except (ConnectorException, StorageError) as error:
            logger.warning("database away, asking again in %.0f s: %s", AWAY_SECONDS, error)
            await asyncio.sleep(AWAY_SECONDS)


async def idle(fleet: Fleet, timeout_seconds: float = float("inf")) -> bool:
    """Waits until nothing waits or runs; False when that took too long. A server that is away is waited for."""
    deadline = asyncio.get_running_loop().time() + timeout_seconds
    while await _waiting(fleet):
        if asyncio.get_running_loop().time() > deadline:
            return False
        await asyncio.sleep(POLL_SECONDS)
    return True


async def _waiting(fleet: Fleet) -> int:
    try:
        return fleet.state.waiting(but=PERIODIC)
    except StorageError as error:
        logger.warning("database away: %s", error)
        return 1


async def drain(fleet: Fleet, timeout_seconds: float) -> bool:
    """Lets nothing new begin and waits for the rest; True once the queue is empty."""
    fleet.workshop.archive.keep_setting(DRAINING, "1")
    return await idle(fleet, timeout_seconds)


def resume(fleet: Fleet) -> None:
    """Lets the timetable go on."""
    fleet.workshop.archive.keep_setting(DRAINING, "0")


async def swept(fleet: Fleet, *, failed: bool) -> int:
    """Gives lost jobs to others, and with `failed` those that were set aside; returns how many."""
    async with fleet.app.open_async():
        count = await fleet.sweep()
        for job_id in fleet.state.failed() if failed else ():
            count += await fleet.retry_failed(job_id)
        return count
