"""When things run; knows no job's content.

A job runs every so often, or at a local time of a zone. Runs of one job never overlap, and missed runs
are made up once, not one by one.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

from apscheduler.schedulers.asyncio import AsyncIOScheduler
from apscheduler.triggers.base import BaseTrigger
from apscheduler.triggers.cron import CronTrigger
from apscheduler.triggers.interval import IntervalTrigger

logger = logging.getLogger(__name__)
ENDED_WITHIN_SECONDS = 12.0
"""For crawlers, which end what they have begun; whoever runs the schedule is told twenty for everything."""
GRACE = timedelta(hours=12)
"""How late a missed run may still be made up."""


@dataclass(frozen=True, slots=True)
class Every:
    """Again and again, first at once."""

    interval: timedelta
    jitter_seconds: int = 0


@dataclass(frozen=True, slots=True)
class Daily:
    """At a local time; `weekday` restricts it to one day of the week (mon .. sun)."""

    at: time
    zone: str
    weekday: str | None = None


@dataclass(frozen=True, slots=True)
class Job:
    """`run` is awaited; what it raises is logged and does not stop the others."""

    name: str
    when: Every | Daily
    run: Callable[[], Awaitable[None]]


def trigger_of(when: Every | Daily) -> BaseTrigger:
    """The APScheduler trigger of a rule. Intervals run in UTC, daily jobs in their zone."""
    if isinstance(when, Every):
        return IntervalTrigger(
            seconds=int(when.interval.total_seconds()), jitter=when.jitter_seconds or None, timezone=UTC
        )
    return CronTrigger(
        hour=when.at.hour, minute=when.at.minute, day_of_week=when.weekday, timezone=ZoneInfo(when.zone)
    )


def next_run(when: Every | Daily, now: datetime) -> datetime:
    """When the rule fires next after now, in UTC."""
    if isinstance(when, Every):
        return (now + when.interval).astimezone(UTC)
    fires: datetime = trigger_of(when).get_next_fire_time(None, now.astimezone(ZoneInfo(when.zone)))
    return fires.astimezone(UTC)


async def keep_time(
    jobs: Sequence[Job], stop: asyncio.Event, *, before_leaving: Callable[[], Awaitable[None]]
) -> None:
    """Runs the jobs until `stop` is set, then ends those under way, then the schedule itself."""
    schedule, running = AsyncIOScheduler(timezone=UTC), set[asyncio.Task[None]]()
    for job in jobs:
        schedule.add_job(
            _guarded(job, running),
            trigger_of(job.when),
            id=job.name,
            max_instances=1,
            coalesce=True,
            misfire_grace_time=int(GRACE.total_seconds()),
            **({"next_run_time": datetime.now(UTC)} if isinstance(job.when, Every) else {}),
        )
    schedule.start()
    try:
        await stop.wait()
    finally:
        schedule.pause()
        await before_leaving()
        await _ended(running)
        schedule.shutdown(wait=False)


async def _ended(running: set[asyncio.Task[None]]) -> None:
    """Cancels what still runs and lets it note that; a thread that it waited for goes on alone."""
    for task in running:
        task.cancel()
    if running:
        await asyncio.wait(running, timeout=ENDED_WITHIN_SECONDS)


def _guarded(job: Job, running: set[asyncio.Task[None]]) -> Callable[[], Awaitable[None]]:
    async def run() -> None:
        task = asyncio.ensure_future(job.run())
        running.add(task)
        try:
            await asyncio.wait({task})
        finally:
            running.discard(task)
        if task.cancelled():
            logger.info("job stopped name=%s", job.name)
        elif error := task.exception():
            logger.error("job failed name=%s", job.name, exc_info=error)

    return run
