"""The belts as jobs of a queue in PostgreSQL (Procrastinate), for as many worker processes as are wanted.

A job holds ids and a moment, never a text, and may run twice: whatever it does again changes nothing. So a worker
may be killed at any time; the sweep gives its jobs to another.
"""

import asyncio
import logging
import os
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, fields
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any, TypeVar

from procrastinate import App, PsycopgConnector, RetryStrategy
from procrastinate.exceptions import AlreadyEnqueued, ConnectorException, UniqueViolation
from procrastinate.jobs import Job, Status
from procrastinate.manager import JobManager
from procrastinate.schema import SchemaManager

from domain.errors import StorageError
from domain.model import Harvest, Source, Tally, Visit
from lagebild.alerting import Ward
from lagebild.belts.collect import CollectRun, Desk, collect_async
from lagebild.belts.enrich import place_everything, read_items
from lagebild.belts.watch import watch
from lagebild.job import desk_of, recheck_due_async
from lagebild.prints import Prints
from lagebild.secrets import secrets_of
from lagebild.sharding import by_shard
from lagebild.upkeep import is_owed, issue, look_after, send_waiting
from lagebild.workshop import Workshop
from storage.postgres.connection import PgConnections
from storage.postgres.fleet import FleetState, options, prepare

logger = logging.getLogger(__name__)
Answer = TypeVar("Answer")

COLLECTING, READING, TIMETABLE = "collect", "read", "timetable"
"""Queues. Collecting waits for the network and runs many at once; reading keeps a core busy and runs one at a time."""
BATCHES_AHEAD = 40
"""Batches of unread items that wait at most; enough for a minute of a dozen workers."""
BATCHES_LOW = 10
STALLED_AFTER_BEATS = 3
DEATHS = 5
"""A job that took its worker with it so often is set aside."""
LOST = (StorageError, ConnectorException, asyncio.CancelledError)
RETRY = RetryStrategy(max_attempts=10, linear_wait=2, retry_exceptions=LOST)  # type: ignore[arg-type]
DRAINING = "fleet_draining"
PERIODIC = ("tick", "sweep", "digests", "outbox", "watchman", "hourly", "upkeep")
KEPT_HOURS = 72
NOW_OR_NEVER = timedelta(0)


@dataclass(frozen=True)
class SharedDesk(Desk):
    """A desk among others: one harvest at a time is judged and filed in the whole fleet."""

    prints: Prints | None = None

    def receive(self, harvest: Harvest) -> tuple[Visit, Tally]:
        with self.archive.transaction():
            if self.prints is not None:
                self.prints.catch_up()
            return Desk.receive(self, harvest)

    def settle(self) -> int:
        """Not after each shard: before reading begins, in `plan_reading`."""
        return 0

    def _learn(self, filed: Any) -> None:
        """Comes back from the archive with the next `catch_up`, once it is committed."""


class Jobs(JobManager):
    """The queue's own manager, but that a job is not put back beside its twin."""

    async def retry_job(self, job: Job, *place: Any, **changes: Any) -> None:
        """What a worker does with a job that failed."""
        await self.put_back(job, *place, **changes)

    async def put_back(self, job: Job, *place: Any, **changes: Any) -> bool:
        """Whether the job waits again; one whose twin waits already is over.

        Two of them would break the rule that each waits once, and the job would stay in the hands of a worker that has
        dropped it: nobody would sweep it up, and its lock would hold up the twin for ever.
        """
        try:
            await super().retry_job(job, *place, **changes)
        except UniqueViolation:
            await self.finish_job(job, Status.ABORTED, delete_job=True)
            return False
        return True


@dataclass
class Fleet:
    """What a worker works with, and the jobs. It keeps nothing that another worker would miss."""

    workshop: Workshop
    dsn: str
    timetable: bool = True
    app: App = field(init=False)
    jobs: Jobs = field(init=False)
    state: FleetState = field(init=False)
    one_at_a_time: ThreadPoolExecutor = field(
        default_factory=lambda: ThreadPoolExecutor(1, thread_name_prefix="belt")
    )

    def __post_init__(self) -> None:
        prepare(self.dsn, SchemaManager.get_schema)
        self.state = FleetState(self.dsn)
        self.ward = Ward(self.workshop.clock())
        self.shards = by_shard(self.workshop.sources)
        self._prints: Prints | None = None
        self._synced = False
        self._pages = self.workshop.pages  # made here, so that jobs at other times share it
        self.app = self.new_app()

    def new_app(self) -> App:
        """The queue's door with all jobs known; made anew after the server was away."""
        connector = PsycopgConnector(
            conninfo=self.dsn, kwargs={"options": options()}, min_size=1, max_size=10, timeout=10
        )
        self.app = App(connector=connector)
        self.app.job_manager = self.jobs = Jobs(self.app.connector)
        for name, queue, priority, job in self._jobs():
            self.app.task(name=name, queue=queue, priority=priority, retry=RETRY)(job)
        for cron, name, job in self._timed():
            task = self.app.task(name=name, queue=TIMETABLE, queueing_lock=name)(job)
            if self.timetable:
                self.app.periodic(cron=cron)(task)
        return self.app

    def _jobs(self) -> list[tuple[str, str, int, Callable[..., Any]]]:
        """Name, queue, priority: an issue goes before a backlog."""
        return [
            ("collect", COLLECTING, 0, self.collect),
            ("recheck", COLLECTING, 0, self.recheck),
            ("plan-reading", READING, 1, self.plan_reading),
            ("read", READING, 0, self.read),
            ("place", READING, 1, self.place),
            ("watch", READING, 1, self.watch),
            ("publish", READING, 2, self.publish),
            ("send", READING, 2, self.send),
            ("look-after", READING, 1, self.look_after),
            ("alarms", READING, 2, self.alarms),
        ]

    def _timed(self) -> list[tuple[str, str, Callable[..., Any]]]:
        return [
            ("* * * * *", "tick", self.tick),
            ("* * * * *", "sweep", self.sweep_timed),
            ("* * * * *", "digests", self.digests),
            ("*/5 * * * *", "outbox", self.outbox),
            ("2-59/5 * * * *", "watchman", self.watchman),
            ("25 * * * *", "hourly", self.hourly),
            ("10 4 * * *", "upkeep", self.upkeep),
        ]

    # --- the belts ---------------------------------------------------------------------------------

    async def collect(
        self, shard: int, as_of: str | None = None, everything: bool = False, then_read: bool = True
    ) -> None:
        """Visits the due sources of one shard; holds the shard's lock while it does."""
        workshop = self._at(as_of)
        due = self._due(workshop, shard, everything)
        run = CollectRun(self._desk(workshop), due, secrets=secrets_of(os.environ))
        collected = await collect_async(run, workshop.crawl_settings)
        if then_read and (collected.tally.new or collected.tally.updated):
            await self.defer("plan-reading", as_of=as_of)

    async def recheck(self, as_of: str | None = None) -> None:
        """Asks again for what is held and due."""
        await recheck_due_async(self._at(as_of))

    async def alarms(self, as_of: str | None = None) -> None:
        """Looks whether somebody has to be called."""
        await self._alone("alarms", self.ward.look, self._at(as_of))

    async def plan_reading(self, as_of: str | None = None) -> None:
        """Cuts what is unread into batches; once nothing is, stories are placed."""
        batches = await self._alone("plan-reading", self._unread, self._at(as_of))
        if batches:
            jobs: list[dict[str, Any]] = [{"item_ids": ids, "as_of": as_of} for ids in batches]
            await self.app.tasks["read"].batch_defer_async(*jobs)
        elif not self.state.waiting("read"):
            await self.defer("place", as_of=as_of)

    async def read(self, item_ids: Sequence[str], as_of: str | None = None) -> None:
        """Every annotator reads these items."""
        workshop = await self._loaded(as_of)
        await self._in_turn(self._read, workshop, item_ids)
        if self.state.waiting("read") <= BATCHES_LOW:
            await self.defer("plan-reading", as_of=as_of)

    async def place(self, as_of: str | None = None) -> None:
        """Places what is read; one placer in the whole fleet, since stories depend on each other."""
        workshop = await self._loaded(as_of)
        kind, memory = workshop.story_encoder.kind, self.workshop.story_memory
        await self._alone("place", place_everything, workshop.archive, kind, workshop.clock, memory)
        await self.defer("watch", as_of=as_of)

    async def watch(self, as_of: str | None = None) -> None:
        """Looks for signals in every market."""
        workshop = self._at(as_of)
        editions = workshop.settings.publish.editions
        await self._alone("watch", watch, workshop.archive, editions, workshop.clock())

    async def publish(self, market: str, as_of: str | None = None) -> None:
        """Writes one market's issue and sends it. A run that was killed left a mark; the lock says that it is over."""
        workshop = await self._loaded(as_of)
        for edition in workshop.settings.publish.editions:
            if edition.market == market:
                await self._alone("publish", issue, workshop, edition, NOW_OR_NEVER)

    async def send(self, as_of: str | None = None) -> None:
        """Tries the outbox again."""
        await self._alone("send", send_waiting, self._at(as_of))

    async def look_after(self, as_of: str | None = None) -> None:
        """The nightly round; old jobs go too."""
        await self._alone("look-after", look_after, self._at(as_of))
        await self.jobs.delete_old_jobs(
            nb_hours=KEPT_HOURS, include_failed=True, include_cancelled=True, include_aborted=True
        )

    @property
    def is_draining(self) -> bool:
        """Whether nothing new may begin."""
        return self.workshop.archive.setting(DRAINING) == "1"

    # --- the timetable -----------------------------------------------------------------------------

    async def tick(self, timestamp: int) -> None:
        """Every minute: the shards with due sources, and what is unread."""
        if self.is_draining:
            return
        if not self._synced:
            self.workshop.archive.sync_sources(self.workshop.sources, self.workshop.clock())
            self._synced = True
        due = set(self.workshop.archive.due_sources(self.workshop.clock()))
        for shard, sources in self.shards.items():
            if any(source.id in due for source in sources):
                await self.defer("collect", shard=shard)
        await self.defer("plan-reading")

    async def digests(self, timestamp: int) -> None:
        """Issues whose local time has come; asked every minute, so clocks that change matter to nobody."""
        for edition in self.workshop.settings.publish.editions:
            if is_owed(self.workshop, edition):
                await self.defer("publish", market=edition.market)

    async def outbox(self, timestamp: int) -> None:
        await self.defer("send")

    async def watchman(self, timestamp: int) -> None:
        await self.defer("alarms")

    async def hourly(self, timestamp: int) -> None:
        await self.defer("recheck")

    async def upkeep(self, timestamp: int) -> None:
        await self.defer("look-after")

    async def sweep_timed(self, timestamp: int) -> None:
        await self.sweep()

    async def sweep(self) -> int:
        """Gives the jobs of lost workers to others; prunes those workers first. Takes no lock, so nothing can hold it up.

        Returns how many jobs were given away.
        """
        silent = self.workshop.settings.fleet.heartbeat_seconds * STALLED_AFTER_BEATS
        await self.jobs.prune_stalled_workers(silent)
        stalled = await self.jobs.get_stalled_jobs(seconds_since_heartbeat=silent)
        return sum([await self._again(job) for job in stalled])

    async def _again(self, job: Job) -> bool:
        """Whether the job waits again. One whose twin waits already, or that has killed too often, does not."""
        if job.attempts >= DEATHS:
            logger.error("job set aside id=%s task=%s attempts=%d", job.id, job.task_name, job.attempts)
            await self.jobs.finish_job(job, Status.FAILED, delete_job=False)
            return False
        if not await self.jobs.put_back(job):
            return False
        logger.warning("job retried id=%s task=%s attempts=%d", job.id, job.task_name, job.attempts)
        return True

    async def retry_failed(self, job_id: int) -> bool:
        """Whether a job that was set aside waits again; not when its twin does."""
        try:
            await self.jobs.retry_job_by_id_async(job_id, datetime.now(UTC))
        except UniqueViolation:
            return False
        return True

    # --- deferring ---------------------------------------------------------------------------------

    async def defer(self, task: str, **arguments: Any) -> None:
        """Puts a job into the queue, unless the same one waits already."""
        lock = lock_of(task, arguments)
        given = {name: value for name, value in arguments.items() if value is not None}
        once = f"{task} {arguments.get('market', lock)}"
        job = self.app.tasks[task].configure(lock=lock, queueing_lock=once)
        try:
            await job.defer_async(**given)
        except AlreadyEnqueued:
            logger.debug("waits already task=%s lock=%s", task, lock)

    # --- what the jobs are made of -----------------------------------------------------------------

    def _at(self, as_of: str | None) -> Workshop:
        if as_of is None:
            return self.workshop
        moment = datetime.fromisoformat(as_of).astimezone(UTC)
        return self.workshop.at(lambda: moment)

    async def _loaded(self, as_of: str | None) -> Workshop:
        """With the annotators in memory, for all further jobs of this process."""
        await self._in_turn(lambda: self.workshop.press)
        return self._at(as_of)

    async def _in_turn(self, work: Callable[..., Answer], *arguments: Any) -> Answer:
        """In this process's one thread for belts, so that the loop goes on beating."""
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self.one_at_a_time, partial(work, *arguments))

    async def _alone(self, task: str, work: Callable[..., Answer], *arguments: Any) -> Answer:
        """The same under the task's lock, held on the connection that the work goes over.

        The queue's own lock ends when the sweep takes a worker for lost that only lost the server or did not come to beat;
        then its work waits for nobody, and must not change what its successor is changing.
        """
        archive, lock = self.workshop.archive, lock_of(task, {})
        assert isinstance(archive, PgConnections)

        def held() -> Answer:
            with archive.holding(lock):
                return work(*arguments)

        return await self._in_turn(held)

    def _desk(self, workshop: Workshop) -> SharedDesk:
        self._prints = self._prints or workshop.prints
        plain = desk_of(workshop, self._prints.index)
        return SharedDesk(
            **{part.name: getattr(plain, part.name) for part in fields(plain)}, prints=self._prints
        )

    def _settle(self, workshop: Workshop) -> None:
        """What nobody has read is looked at once more; the filing of others waits meanwhile."""
        desk = self._desk(workshop)
        with workshop.archive.transaction():
            if desk.prints is not None:
                desk.prints.catch_up()
            Desk.settle(desk)

    def _due(self, workshop: Workshop, shard: int, everything: bool) -> list[Source]:
        sources = self.shards.get(shard, ())
        if everything:
            return list(sources)
        due = set(workshop.archive.due_sources(workshop.clock()))
        return [source for source in sources if source.id in due]

    def _unread(self, workshop: Workshop) -> list[list[str]]:
        """Ids of unread items that no job holds, in batches, oldest first."""
        archive, size = workshop.archive, workshop.settings.fleet.items_at_once
        self._settle(workshop)
        held = {item_id for job in self.state.held_arguments("read") for item_id in job["item_ids"]}
        limit = len(held) + BATCHES_AHEAD * size
        names = workshop.annotator_names
        found = dict.fromkeys(item.id for name in names for item in archive.unread(name, limit))
        free = [item_id for item_id in found if item_id not in held][: BATCHES_AHEAD * size]
        return [free[at : at + size] for at in range(0, len(free), size)]

    def _read(self, workshop: Workshop, item_ids: Sequence[str]) -> None:
        items = workshop.archive.items(item_ids)
        read_items(workshop.archive, workshop.annotators, items, workshop.clock)

    def close(self) -> None:
        self.one_at_a_time.shutdown(wait=True)
        self.state.close()
        self.workshop.close()


LOCKS = {
    "plan-reading": "reading",
    "place": "stories",
    "watch": "signals",
    "publish": "outbox",
    "send": "outbox",
}
"""Tasks that run one at a time in the whole fleet. Issues and the outbox share one, since a sender that finds a parcel
begun takes its sender for dead."""


def lock_of(task: str, arguments: dict[str, Any]) -> str:
    """The lock a job holds while it runs."""
    if task == "collect":
        return f"shard-{arguments['shard']}"
    return LOCKS.get(task, task)
