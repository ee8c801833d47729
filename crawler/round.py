"""One run over many sources: who is under way, who is done, what goes to the article pages."""

import asyncio
import logging
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import date

from crawler.faults import Fault
from crawler.listen import is_stream
from crawler.permission import Clearance, clearance, refusal
from crawler.registry import connector_for, known_kinds
from crawler.settings import CrawlSettings
from crawler.visit import CrawlJob, Visiting
from domain.errors import LagebildError
from domain.model import Entry, Harvest, Outcome, Request, Visit

logger = logging.getLogger("crawler")

MEGABYTE = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a run is: `done` of `total` sources, the last of them with its visit."""

    done: int
    total: int
    visit: Visit


Listen = Callable[[Visiting], Awaitable[list[Request]]]
"""Hears a source that pushes; see `crawler.listen`."""


class Round:
    """Hands out visits as room allows and delivers exactly one harvest per job, in order of completion."""

    def __init__(
        self,
        jobs: Sequence[CrawlJob],
        settings: CrawlSettings,
        deliver: Callable[[Harvest], None],
        on_progress: Callable[[Progress], None] | None = None,
    ) -> None:
        self._jobs, self._settings = jobs, settings
        self._deliver, self._on_progress = deliver, on_progress
        self._room = asyncio.Semaphore(settings.open_visits)
        self._under_way: dict[int, Visiting] = {}
        self._done = 0
        self._told: set[str] = set()
        self._closed = False
        self.pages: asyncio.Queue[tuple[Visiting, Entry] | None] = asyncio.Queue()
        self.failure: Exception | None = None
        self.broken = asyncio.Event()

    async def visits(self, listen: Listen) -> AsyncIterator[tuple[Visiting, list[Request]]]:
        """Visits to begin, each with its first requests; waits while too many are under way.

        Streams are listened to beside all this, and come last, with the requests that follow from what they said.
        """
        streams = [
            asyncio.ensure_future(self._heard(job, listen)) for job in self._jobs if is_stream(job.source)
        ]
        try:
            for job in self._jobs:
                if is_stream(job.source):
                    continue
                await self._room.acquire()
                if self._closed or self.failure is not None:
                    return
                visiting = self._begin(job)
                if visiting is not None:
                    yield visiting, self._first_requests(visiting)
            for stream in asyncio.as_completed(streams):
                heard = await stream
                if heard is not None:
                    yield heard
        finally:
            for stream_task in streams:
                stream_task.cancel()

    async def _heard(self, job: CrawlJob, listen: Listen) -> tuple[Visiting, list[Request]] | None:
        await self._room.acquire()
        if self._closed or self.failure is not None:
            return None
        visiting = self._begin(job)
        if visiting is None:
            return None
        try:
            return visiting, await listen(visiting)
        except Exception as error:
            logger.exception("listening failed source=%s", job.source.id)
            visiting.faults.append(Fault(Outcome.UNREACHABLE, f"the connector failed: {error!r}"[:300]))
            return visiting, []

    def _begin(self, job: CrawlJob) -> Visiting | None:
        now = self._settings.clock()
        cleared = cleared_for(job, now.date())
        if not cleared.may_run:
            self._hand_over(unvisited(job, Outcome.SKIPPED, cleared.why, self._settings))
            self._room.release()
            return None
        if cleared.why:
            logger.warning("terms source=%s %s", job.source.id, cleared.why)
        if why := job.source.options.get("ignore_robots_because"):
            logger.info("robots.txt is not asked source=%s because=%r", job.source.id, why)
        megabytes = job.source.limits.megabytes
        visiting = Visiting(
            job,
            started_at=now,
            deadline=time.monotonic() + self._settings.source_seconds,
            max_octets=None if megabytes is None else megabytes * MEGABYTE,
        )
        self._under_way[id(visiting)] = visiting
        return visiting

    def _first_requests(self, visiting: Visiting) -> list[Request]:
        source = visiting.source.id
        try:
            return visiting.first_requests()
        except LagebildError as error:
            visiting.faults.append(Fault(Outcome.UNREACHABLE, str(error)[:300]))
        except Exception as error:
            logger.exception("planning failed source=%s", source)
            visiting.faults.append(Fault(Outcome.UNREACHABLE, f"the connector failed: {error!r}"[:300]))
        return []

    def listed(self, visiting: Visiting) -> None:
        """Called after each answer; once none is awaited, the visit's pages are queued."""
        if visiting.waiting or id(visiting) not in self._under_way:
            return
        try:
            pages = visiting.choose(self._settings.fetch_pages and self._settings.extract is not None)
        except Exception as error:  # noqa: BLE001 - raised again at the end of the run
            self._fail(error, visiting.source.id)
            pages = []
        for entry in pages:
            self.pages.put_nowait((visiting, entry))
        self.finish_if_done(visiting)

    def finish_if_done(self, visiting: Visiting) -> None:
        """Delivers the visit's harvest once nothing of it is awaited."""
        if visiting.waiting or self._under_way.pop(id(visiting), None) is None:
            return
        self._hand_over(self._harvest(visiting))
        self._room.release()

    def _harvest(self, visiting: Visiting) -> Harvest:
        try:
            return visiting.harvest(self._settings.clock())
        except Exception as error:
            logger.exception("harvesting failed source=%s", visiting.source.id)
            why = f"the connector failed: {error!r}"[:300]
            return unvisited(visiting.job, Outcome.UNREACHABLE, why, self._settings)

    def finish_all(self) -> None:
        """Delivers what a crawl that ended early left behind, so that each source has its visit."""
        for visiting in list(self._under_way.values()):
            visiting.waiting = 0
            self.finish_if_done(visiting)
        for job in self._jobs:
            if job.source.id not in self._told:
                why = "the run ended before its turn"
                self._hand_over(unvisited(job, Outcome.UNREACHABLE, why, self._settings))

    def close(self) -> None:
        """From now on nothing is delivered and no visit begins."""
        self._closed = True
        self._room.release()

    def _hand_over(self, harvest: Harvest) -> None:
        if self._closed or self.failure is not None:
            return
        try:
            self._deliver(harvest)
        except Exception as error:  # noqa: BLE001 - raised again at the end of the run
            self._fail(error, harvest.source.id)
            return
        self._told.add(harvest.source.id)
        self._done += 1
        if self._on_progress:
            self._on_progress(Progress(self._done, len(self._jobs), harvest.visit))

    def _fail(self, error: Exception, source_id: str) -> None:
        """The archive failed us. Scrapy swallows what its callbacks raise, so the run's end raises it again."""
        logger.error("the archive failed source=%s", source_id, exc_info=error)
        self.failure = self.failure or error
        self.broken.set()


def cleared_for(job: CrawlJob, today: date) -> Clearance:
    """Whether terms, kind and keys let the source run today."""
    if job.source.kind not in known_kinds():
        return Clearance(False, f"no connector of kind {job.source.kind!r}")
    why = refusal(connector_for(job.source.kind), job.source) or job.refused
    return Clearance(False, why) if why else clearance(job.source, today)


def unvisited(job: CrawlJob, outcome: Outcome, why: str, settings: CrawlSettings) -> Harvest:
    """The harvest of a source that was not asked."""
    now = settings.clock()
    visit = Visit(source_id=job.source.id, started_at=now, finished_at=now, outcome=outcome, reason=why)
    return Harvest(job.source, visit, job.checkpoint)
