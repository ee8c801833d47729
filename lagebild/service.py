"""`lagebild serve`: the belts on a timetable, in one process, until SIGTERM or SIGINT.

SIGHUP reads sources.yaml and lagebild.toml again; a bad file is told and the old one stays in force.
"""

import asyncio
import contextlib
import logging
import signal
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import time, timedelta

from domain.errors import ConfigError
from lagebild.job import collect_due_async, enrich_all, recheck_due_async
from lagebild.notify import tell_systemd, watchdog_seconds
from lagebild.settings import Edition
from lagebild.upkeep import is_owed, issue, look_after, send_waiting
from lagebild.workshop import Workshop
from scheduler import Daily, Every, Job, keep_time

logger = logging.getLogger(__name__)
TICK = timedelta(seconds=60)
CATCH_UP = timedelta(hours=1)
OUTBOX = timedelta(minutes=5)
RECHECK = timedelta(hours=1)
UPKEEP_AT = time(4, 10)
STOP_WITHIN_SECONDS = 15
Reload = Callable[[], Workshop]


@dataclass
class Service:
    """What runs while the service is up. `reload` makes the workshop from the files as they are now."""

    workshop: Workshop
    reload: Reload
    stop: asyncio.Event = field(default_factory=asyncio.Event)
    tasks: set[asyncio.Task[None]] = field(default_factory=set)

    def jobs(self) -> list[Job]:
        """The timetable."""
        editions = self.workshop.settings.publish.editions
        return [
            Job("collect-and-enrich", Every(TICK), self._tracked(self._tick)),
            *(self._digest(edition) for edition in editions),
            Job("catch-up", Every(CATCH_UP), self._catch_up),
            Job("outbox", Every(OUTBOX), self._send_waiting),
            Job("recheck", Every(RECHECK), self._tracked(self._recheck)),
            Job("upkeep", Daily(UPKEEP_AT, "UTC"), self._upkeep),
        ]

    def _digest(self, edition: Edition) -> Job:
        async def write() -> None:
            await asyncio.to_thread(issue, self.workshop, edition)

        return Job(f"digest-{edition.market}", Daily(edition.send_at, edition.zone), write)

    async def _catch_up(self) -> None:
        """What should have appeared while nobody was running, each market's latest issue only."""
        for edition in self.workshop.settings.publish.editions:
            if is_owed(self.workshop, edition):
                await asyncio.to_thread(issue, self.workshop, edition)

    async def _send_waiting(self) -> None:
        await asyncio.to_thread(send_waiting, self.workshop)

    async def _upkeep(self) -> None:
        await asyncio.to_thread(look_after, self.workshop)

    async def _recheck(self) -> None:
        """Whether what we hold still stands; an hour is often enough for days 1 to 28."""
        await recheck_due_async(self.workshop)

    async def _tick(self) -> None:
        """Enrich after collect, never both at once: a backlog in reading holds collecting back."""
        collected = await collect_due_async(self.workshop)
        if collected.tally.new or collected.tally.updated:
            await asyncio.to_thread(enrich_all, self.workshop, quiet=True)

    def _tracked(self, work: Callable[[], Awaitable[None]]) -> Callable[[], Awaitable[None]]:
        async def run() -> None:
            task = asyncio.ensure_future(work())
            self.tasks.add(task)
            try:
                await task
            finally:
                self.tasks.discard(task)

        return run

    async def _stop_crawlers(self) -> None:
        """Crawlers stop before the schedule does; what they had delivered is kept."""
        tell_systemd("STOPPING=1")
        for task in tuple(self.tasks):
            task.cancel()
        if self.tasks:
            await asyncio.wait(self.tasks, timeout=STOP_WITHIN_SECONDS)

    def read_again(self) -> None:
        """Takes the files as they are now, or keeps the old ones when they are wrong."""
        try:
            self.workshop = self.reload()
        except ConfigError as error:
            logger.error("reload refused: %s", error)
            return
        self.workshop.archive.sync_sources(self.workshop.sources, self.workshop.clock())
        logger.info("reloaded sources=%d", len(self.workshop.sources))


async def serve(service: Service) -> None:
    """Runs until told to stop."""
    loop = asyncio.get_running_loop()
    for name in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(name, service.stop.set)
    loop.add_signal_handler(signal.SIGHUP, service.read_again)
    service.workshop.archive.sync_sources(service.workshop.sources, service.workshop.clock())
    feeding = asyncio.ensure_future(_feed_watchdog())
    tell_systemd("READY=1")
    try:
        await keep_time(service.jobs(), service.stop, before_leaving=service._stop_crawlers)
    finally:
        feeding.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await feeding


async def _feed_watchdog() -> None:
    seconds = watchdog_seconds()
    while seconds:
        tell_systemd("WATCHDOG=1")
        await asyncio.sleep(seconds)
