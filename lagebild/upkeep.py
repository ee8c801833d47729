"""What the service does besides collecting and reading: issues, the outbox, retention, backups. Plain functions.

Each is safe to run twice: an issue is kept once, a delivery has its key, a day's backup its name.
"""

import logging
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from domain.briefing import Digest
from domain.errors import LagebildError
from lagebild.belts.deliver import send
from lagebild.belts.publish import WEEKLY, Issue, closed_day, closed_friday, issues_of, kept_of
from lagebild.belts.watch import watch_for_silence
from lagebild.job import publish_edition, publish_news, publish_report
from lagebild.privacy import copies_aside, retain
from lagebild.settings import Edition
from lagebild.subscriptions import queue_news
from lagebild.workshop import Workshop
from storage.sqlite.restore import check_backup, cleanse, memory_of

logger = logging.getLogger(__name__)
DAY_SECONDS = 86_400
RUNS_KEPT = timedelta(days=90)
LAST_BACKUP = "last_backup"
STALE_AFTER = timedelta(hours=1)
BETWEEN_UPDATES = timedelta(minutes=45)
"""Sooner, an update would say what the one before is still being read for."""
WEEK_OWED_FOR = timedelta(days=2)
"""A week's report that is later than Sunday helps nobody."""


def is_owed(workshop: Workshop, edition: Edition) -> bool:
    """Whether the latest issue's time to be sent has passed and no one has written it in all its languages."""
    now = workshop.clock()
    day = closed_day(edition, now)
    kept = (workshop.archive.digest(edition.market, day, "daily", language) for language in edition.languages)
    return now >= owed_since(edition, now) and not all(kept)


def owed_since(edition: Edition, now: datetime) -> datetime:
    """When the latest issue is to be sent, in UTC; a moment ahead while its time has not come."""
    sent_at = datetime.combine(closed_day(edition, now), edition.send_at, ZoneInfo(edition.zone))
    return sent_at.astimezone(UTC)


def issue(workshop: Workshop, edition: Edition, stale_after: timedelta = STALE_AFTER) -> None:
    """Writes the edition's latest issue and sends it; the same local day a second time does nothing.

    A run that neither ended nor is older than `stale_after` counts as under way.
    """
    key = f"{edition.market} {closed_day(edition, workshop.clock()):%Y-%m-%d}"
    with kept_run(workshop, "digest", key, stale_after) as begun:
        if begun:
            _send(workshop, publish_edition(workshop, edition))


def may_update(edition: Edition, issues: Sequence[Digest], now: datetime) -> bool:
    """Whether another issue of the day is allowed: after the morning's time, not too late, too soon or too often."""
    local = now.astimezone(ZoneInfo(edition.zone))
    if not issues or not edition.send_at <= local.time() < edition.updates_until:
        return False
    return len(issues) <= edition.most_updates and now - issues[-1].as_of >= BETWEEN_UPDATES


def update(workshop: Workshop, edition: Edition) -> int:
    """Writes and sends the day's next update when there is news; returns how many issues that made."""
    now = workshop.clock()
    earlier = issues_of(workshop.archive, edition, closed_day(edition, now))
    if not may_update(edition, earlier, now):
        return 0
    issues = publish_news(workshop, edition)
    if issues:
        _send(workshop, issues)
    return len(issues)


def report_week(workshop: Workshop, edition: Edition) -> None:
    """Writes the week's report and sends it; the same week a second time does nothing."""
    key = f"{edition.market} {closed_friday(edition, workshop.clock()):%Y-%m-%d}"
    with kept_run(workshop, "weekly", key) as begun:
        if begun:
            _send(workshop, publish_report(workshop, edition))


def is_week_owed(workshop: Workshop, edition: Edition) -> bool:
    """Whether the last closed week, if it closed in the last two days, has no report in some language."""
    now = workshop.clock()
    friday = closed_friday(edition, now)
    closed = datetime.combine(friday, edition.weekly_at, ZoneInfo(edition.zone))
    kept = (workshop.archive.digest(edition.market, friday, WEEKLY, lang) for lang in edition.languages)
    return now - closed < WEEK_OWED_FOR and not all(kept)


def send_again(workshop: Workshop, edition: Edition) -> None:
    """Queues the day's issues for those who were left out, should a crash have come between keeping and queueing."""
    if not workshop.settings.delivery.recipients:
        return
    day = closed_day(edition, workshop.clock())
    if workshop.clock() >= owed_since(edition, workshop.clock()):
        send(
            workshop.archive,
            kept_of(workshop.archive, edition, day),
            workshop.settings.delivery,
            os.environ,
            workshop.clock,
        )


def _send(workshop: Workshop, issues: Sequence[Issue]) -> None:
    digests = [issue.digest for issue in issues]
    send(workshop.archive, digests, workshop.settings.delivery, os.environ, workshop.clock)


def send_waiting(workshop: Workshop) -> None:
    """Queues what is new for those who keep a search, and tries what was refused before and is due again."""
    if workshop.settings.delivery.smtp_host:
        queue_news(workshop.archive, workshop.clock(), workshop.settings.web.base_url)
    send(workshop.archive, (), workshop.settings.delivery, os.environ, workshop.clock)


def look_after(workshop: Workshop) -> None:
    """The nightly round: classes of sources that went quiet, retention, statistics, a checked backup of this day."""
    now = workshop.clock()
    with kept_run(workshop, "upkeep", f"{now:%Y-%m-%d}") as begun:
        if begun:
            quiet = watch_for_silence(
                workshop.archive, workshop.sources, workshop.settings.publish.editions, now
            )
            retained = retain(workshop, "nightly round")
            workshop.archive.tend()
            workshop.archive.forget_runs(now - RUNS_KEPT)
            backup = "the server's" if workshop.settings.fleet.database else back_up(workshop, now).name
            logger.info("looked after quiet=%d expired=%d backup=%s", quiet, retained.texts, backup)


def back_up(workshop: Workshop, now: datetime) -> Path:
    """A copy of the archive named by the day, beside it in `backups`; those beyond the number kept go.

    So do the copies that `db migrate` and `db restore` left behind, once they are as many days old. The copy counts once
    it was verified; what was erased since is taken out of the older ones. Raises StorageError.
    """
    archive = workshop.settings.archive
    folder = archive.parent / "backups"
    folder.mkdir(parents=True, exist_ok=True)
    target = folder / f"{archive.stem}-{now:%Y-%m-%d}.db"
    workshop.archive.backup(target)
    check_backup(target)
    workshop.archive.keep_setting(LAST_BACKUP, now.isoformat())
    most = workshop.settings.privacy.backups
    kept = sorted(folder.glob(f"{archive.stem}-*.db"))
    for old in superfluous(kept, most):
        old.unlink()
    for copy in copies_aside(archive):
        if now.timestamp() - copy.stat().st_mtime > most * DAY_SECONDS:
            copy.unlink()
    memory = memory_of(archive)
    for older in kept[-most:-1]:
        cleanse(older, memory)
    return target


def superfluous(backups: Sequence[Path], kept: int) -> Sequence[Path]:
    """Those that may go, given all by age, oldest first."""
    return backups[:-kept]


@contextmanager
def kept_run(workshop: Workshop, job: str, key: str, stale_after: timedelta = STALE_AFTER) -> Iterator[bool]:
    """Keeps that a job ran and how it ended; False when it has run for this key, or is running."""
    archive = workshop.archive
    begun = archive.begin_job(job, key, workshop.clock(), stale_after)
    try:
        yield begun
    except Exception as error:
        archive.end_job(job, key, workshop.clock(), "failed", {"error": told(error)})
        raise
    if begun:
        archive.end_job(job, key, workshop.clock(), "ok")


def told(error: Exception) -> str:
    """What may be kept of an error: our own sentence, else only its class, since a library may quote anything."""
    return error.message[:300] if isinstance(error, LagebildError) else type(error).__name__


def bury_interrupted(workshop: Workshop) -> int:
    """Marks runs that a killed process left open as failed, so that they may begin again. Hold the archive's lock."""
    open_runs = [run for run in workshop.archive.job_runs(limit=200) if run.finished_at is None]
    for run in open_runs:
        workshop.archive.end_job(run.job, run.key, workshop.clock(), "failed", {"error": "interrupted"})
    return len(open_runs)


@dataclass
class Rounds:
    """How a frequent job's runs of one hour ended, kept as one line each."""

    hours: dict[str, tuple[str, datetime, int, int]] = field(default_factory=dict)

    def keep(self, workshop: Workshop, job: str, began: datetime, error: Exception | None) -> None:
        """Adds a run. The line says failed when the latest one did, partial when an earlier one of the hour did."""
        key = f"{began:%Y-%m-%dT%H}"
        hour, first, runs, failures = self.hours.get(job, ("", began, 0, 0))
        if hour != key:
            first, runs, failures = began, 0, 0
        runs, failures = runs + 1, failures + (error is not None)
        self.hours[job] = (key, first, runs, failures)
        outcome = "failed" if error else "partial" if failures else "ok"
        facts: dict[str, object] = {"runs": runs, "failed": failures}
        if error is not None:
            facts["error"] = told(error)
        workshop.archive.note_run(job, key, first, workshop.clock(), outcome, facts)
