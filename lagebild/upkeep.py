"""What the service does besides collecting and reading: issues, the outbox, retention, backups. Plain functions.

Each is safe to run twice: an issue is kept once, a delivery has its key, a day's backup its name.
"""

import logging
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from lagebild.belts.deliver import send
from lagebild.belts.publish import closed_day
from lagebild.belts.watch import watch_for_silence
from lagebild.job import publish_edition
from lagebild.settings import Edition
from lagebild.workshop import Workshop

logger = logging.getLogger(__name__)
BACKUPS_KEPT = 7
STALE_AFTER = timedelta(hours=1)


def is_owed(workshop: Workshop, edition: Edition) -> bool:
    """Whether the latest issue's time to be sent has passed and no one has written it."""
    now = workshop.clock()
    local = now.astimezone(ZoneInfo(edition.zone))
    day = closed_day(edition, now)
    sent_at = datetime.combine(day, edition.send_at, ZoneInfo(edition.zone))
    kept = workshop.archive.digest(edition.market, day, "daily", edition.languages[0])
    return local >= sent_at and kept is None


def issue(workshop: Workshop, edition: Edition) -> None:
    """Writes the edition's latest issue and sends it; the same local day a second time does nothing."""
    key = f"{edition.market} {closed_day(edition, workshop.clock()):%Y-%m-%d}"
    with kept_run(workshop, "digest", key) as begun:
        if begun:
            issues = publish_edition(workshop, edition)
            send(
                workshop.archive,
                [i.digest for i in issues],
                workshop.settings.delivery,
                os.environ,
                workshop.clock,
            )


def send_waiting(workshop: Workshop) -> None:
    """Tries what was refused before and is due again."""
    send(workshop.archive, (), workshop.settings.delivery, os.environ, workshop.clock)


def look_after(workshop: Workshop) -> None:
    """The nightly round: classes of sources that went quiet, retention, statistics, a backup of this day."""
    now = workshop.clock()
    with kept_run(workshop, "upkeep", f"{now:%Y-%m-%d}") as begun:
        if begun:
            quiet = watch_for_silence(
                workshop.archive, workshop.sources, workshop.settings.publish.editions, now
            )
            touched = workshop.archive.expire(now)
            workshop.archive.tend()
            backup = back_up(workshop, now)
            logger.info("looked after quiet=%d expired=%d backup=%s", quiet, touched, backup.name)


def back_up(workshop: Workshop, now: datetime) -> Path:
    """A copy of the archive named by the day, beside it in `backups`; older ones than the last seven go."""
    archive = workshop.settings.archive
    folder = archive.parent / "backups"
    folder.mkdir(parents=True, exist_ok=True)
    target = folder / f"{archive.stem}-{now:%Y-%m-%d}.db"
    workshop.archive.backup(target)
    for old in superfluous(sorted(folder.glob(f"{archive.stem}-*.db"))):
        old.unlink()
    return target


def superfluous(backups: Sequence[Path]) -> Sequence[Path]:
    """Those that may go, given all by age, oldest first."""
    return backups[:-BACKUPS_KEPT]


@contextmanager
def kept_run(workshop: Workshop, job: str, key: str) -> Iterator[bool]:
    """Keeps that a job ran and how it ended; False when it has run for this key, or is running."""
    archive = workshop.archive
    begun = archive.begin_job(job, key, workshop.clock(), STALE_AFTER)
    try:
        yield begun
    except Exception:
        archive.end_job(job, key, workshop.clock(), "failed")
        raise
    if begun:
        archive.end_job(job, key, workshop.clock(), "ok")
