"""`lagebild serve`: the belts on a timetable, in one process, until SIGTERM or SIGINT.

SIGHUP reads sources.yaml and lagebild.toml again; a bad file is told and the old one stays in force.
"""

import asyncio
import contextlib
import logging
import os
import signal
import threading
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field, replace
from datetime import datetime, time, timedelta
from functools import partial

from crawler.settings import OnAnswer
from domain.errors import ConfigError
from lagebild.alerting import Ward, ping
from lagebild.belts.collect import Collected
from lagebild.belts.enrich import Enriched
from lagebild.control import Order, answering
from lagebild.job import arrange_all, collect_due_async, read_all, recheck_due_async, waiting_items
from lagebild.log import telling
from lagebild.memory import give_back
from lagebild.notify import tell_systemd, watchdog_seconds
from lagebild.privacy import Erased, erase, would_erase
from lagebild.settings import Edition
from lagebild.turns import Turns
from lagebild.upkeep import (
    Rounds,
    bury_interrupted,
    is_owed,
    is_week_owed,
    issue,
    look_after,
    report_week,
    send_again,
    send_waiting,
    update,
)
from lagebild.workshop import Workshop
from scheduler import Daily, Every, Job, keep_time

logger = logging.getLogger(__name__)
OFTEN = {
    "collect": timedelta(minutes=1),
    "catch-up": timedelta(hours=1),
    "outbox": timedelta(minutes=5),
    "updates": timedelta(minutes=10),
    "recheck": timedelta(hours=1),
    "alerts": timedelta(minutes=5),
}
"""What is looked at again and again; what there is to do is decided by what is due."""
ARRANGED_EVERY = timedelta(minutes=5)
UPKEEP_AT = time(4, 10)
GONE_WITHIN_SECONDS = 18
"""systemd and containers are told 20."""
Reload = Callable[[], Workshop]
Collecting = Callable[[Workshop, OnAnswer], Awaitable[Collected]]


@dataclass
class Service:
    """What runs while the service is up. `reload` makes the workshop from the files as they are now."""

    workshop: Workshop
    reload: Reload
    stop: asyncio.Event = field(default_factory=asyncio.Event)
    ward: Ward = field(init=False)
    rounds: Rounds = field(default_factory=Rounds)
    turns: Turns = field(default_factory=Turns)
    collect: Collecting = collect_due_async
    read_once: bool = False
    unarranged: bool = False
    arranged_at: datetime | None = None
    enriching: asyncio.Lock = field(default_factory=asyncio.Lock)
    """Reading and placing, one at a time: what is half read has no vector yet and would be placed by its words alone."""

    def __post_init__(self) -> None:
        self.ward = Ward(self.workshop.clock())

    def jobs(self) -> list[Job]:
        """The timetable; jobs run side by side, but not beside an erasure."""
        return [replace(job, run=self._in_turn(job.run)) for job in self._timetable()]

    def _in_turn(self, work: Callable[[], Awaitable[None]]) -> Callable[[], Awaitable[None]]:
        async def run() -> None:
            async with self.turns.together():
                await work()

        return run

    async def erase(self, order: Order) -> Erased:
        """Does what a command asks for between jobs: what one of them holds in its hands would come back otherwise."""
        if order.dry_run:
            return await asyncio.to_thread(would_erase, order.asked, self.workshop)
        async with self.turns.alone():
            return await asyncio.to_thread(
                erase, order.asked, self.workshop, reason=order.reason, by=order.by
            )

    def _timetable(self) -> list[Job]:
        editions = self.workshop.settings.publish.editions
        return [
            self._often("collect", self._tick),
            *(self._digest(edition) for edition in editions),
            *(self._weekly(edition) for edition in editions),
            self._often("updates", self._update),
            self._often("catch-up", self._catch_up),
            self._often("outbox", self._send_waiting),
            self._often("alerts", self._look),
            self._often("recheck", self._recheck),
            Job("upkeep", Daily(UPKEEP_AT, "UTC"), self._upkeep),
        ]

    def _often(self, name: str, work: Callable[[], Awaitable[None]]) -> Job:
        """A frequent job; its runs of one hour are kept as one."""

        async def run() -> None:
            began, error = self.workshop.clock(), None
            try:
                with telling(job=name):
                    await work()
            except Exception as raised:
                error = raised
                raise
            finally:
                self.rounds.keep(self.workshop, name, began, error)

        return Job(name, Every(OFTEN[name]), run)

    def _digest(self, edition: Edition) -> Job:
        when = Daily(edition.send_at, edition.zone)
        return Job(f"digest-{edition.market}", when, partial(self._issue, edition))

    async def _issue(self, edition: Edition) -> None:
        """The day's issue, with the stories of what was read a minute ago; with those of earlier if they fail, or if reading is
        under way, which may take long."""
        try:
            if not self.enriching.locked():
                await self._arrange()
        except Exception:
            logger.exception("an issue is written without the latest stories market=%s", edition.market)
        await asyncio.to_thread(issue, self.workshop, edition)

    def _weekly(self, edition: Edition) -> Job:
        async def write() -> None:
            await asyncio.to_thread(report_week, self.workshop, edition)

        return Job(f"weekly-{edition.market}", Daily(edition.weekly_at, edition.zone, "fri"), write)

    async def _update(self) -> None:
        """A second issue of the day, where something came up that cannot wait."""
        for edition in self.workshop.settings.publish.editions:
            await asyncio.to_thread(update, self.workshop, edition)

    async def _catch_up(self) -> None:
        """What should have appeared while nobody was running, each market's latest issue only."""
        for edition in self.workshop.settings.publish.editions:
            if is_owed(self.workshop, edition):
                await self._issue(edition)
            if is_week_owed(self.workshop, edition):
                await asyncio.to_thread(report_week, self.workshop, edition)
            await asyncio.to_thread(send_again, self.workshop, edition)

    async def _send_waiting(self) -> None:
        await asyncio.to_thread(send_waiting, self.workshop)

    async def _upkeep(self) -> None:
        await asyncio.to_thread(look_after, self.workshop)
        await asyncio.to_thread(give_back)

    async def _recheck(self) -> None:
        """Whether what we hold still stands; an hour is often enough for days 1 to 28."""
        await recheck_due_async(self.workshop)

    async def _look(self) -> None:
        """Alarms, and the sign of life; none while nothing is collected, so that somebody outside notices too."""
        standing = await asyncio.to_thread(self.ward.look, self.workshop)
        url = self.workshop.settings.alerts.ping_url
        if url and not any(alarm.rule == "stalled" for alarm in standing):
            await asyncio.to_thread(ping, url, os.environ)

    async def _tick(self) -> None:
        """Enrich after collect, never both at once; a long backlog is read before anything more is collected."""
        new = False
        if await asyncio.to_thread(waiting_items, self.workshop) < self._most_waiting:
            collected = await self.collect(self.workshop, self.ward.skew.note)
            new = bool(collected.tally.new or collected.tally.updated)
        else:
            logger.warning("collecting waits for reading limit=%d", self._most_waiting)
        waiting: int = await asyncio.to_thread(waiting_items, self.workshop)
        if new or waiting or not self.read_once:
            async with self.enriching:
                await asyncio.to_thread(self._read)
            self.read_once = self.unarranged = True
        if not self._has_just_arranged:
            await self._arrange()

    def _read(self) -> None:
        read_all(self.workshop, quiet=True)

    @property
    def _has_just_arranged(self) -> bool:
        """Not so when the clock was turned back since."""
        now, last = self.workshop.clock(), self.arranged_at
        return last is not None and last <= now < last + ARRANGED_EVERY

    async def _arrange(self) -> None:
        """Stories and signals of what was read since the last time: both go over days of items, so not at every tick."""
        async with self.enriching:
            if not self.unarranged:
                return
            self.arranged_at, self.unarranged = self.workshop.clock(), False
            try:
                await asyncio.to_thread(arrange_all, self.workshop, Enriched(), quiet=True)
            except Exception:
                self.unarranged = True
                raise

    @property
    def _most_waiting(self) -> int:
        return self.workshop.settings.limits.backlog_pauses_collecting

    async def _before_leaving(self) -> None:
        tell_systemd("STOPPING=1")
        self.workshop.stop_reading()

    def listen(self, loop: asyncio.AbstractEventLoop) -> None:
        """Hears what it is told from now on, so that a stop during the start is a stop too."""
        for name in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(name, self.leave)
        loop.add_signal_handler(signal.SIGHUP, self.read_again)

    def leave(self) -> None:
        """Stops in order; what a thread has not ended in time (a model that loads, say) is left as by a crash."""
        self.stop.set()
        latest = threading.Timer(GONE_WITHIN_SECONDS, _gone)
        latest.daemon = True
        latest.start()

    def read_again(self) -> None:
        """Takes the files as they are now, or keeps the old ones when they are wrong."""
        try:
            fresh = self.reload()
        except ConfigError as error:
            logger.error("reload refused: %s", error)
            return
        self.workshop = fresh.succeeding(self.workshop)
        self.workshop.archive.sync_sources(self.workshop.sources, self.workshop.clock())
        logger.info("reloaded sources=%d", len(self.workshop.sources))


async def serve(service: Service) -> None:
    """Runs until told to stop."""
    service.listen(asyncio.get_running_loop())
    service.workshop.archive.sync_sources(service.workshop.sources, service.workshop.clock())
    bury_interrupted(service.workshop)
    feeding = asyncio.ensure_future(_feed_watchdog())
    try:
        async with answering(service.workshop.settings.archive, service.erase):
            tell_systemd("READY=1")
            await keep_time(service.jobs(), service.stop, before_leaving=service._before_leaving)
    finally:
        feeding.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await feeding


def _gone() -> None:
    logger.warning("stopped with a job still at work: it is told as interrupted at the next start")
    os._exit(0)


async def _feed_watchdog() -> None:
    seconds = watchdog_seconds()
    while seconds:
        tell_systemd("WATCHDOG=1")
        await asyncio.sleep(seconds)
