"""Looks at the service from outside the belts: gathers what the alarm rules judge, keeps what stands, tells people.

The rules are in `lagebild.alarms`; here are the clock, the disk, the archive and the channels.
"""

import json
import logging
import os
import shutil
from collections import Counter, defaultdict, deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from email.utils import parsedate_to_datetime
from hashlib import sha256
from pathlib import Path
from statistics import median

from crawler.permission import TERMS_HOLD, TERMS_WARN
from digest.delivery._http import post
from digest.notice import notice_of, subject_of
from digest.secrets import resolve
from domain.errors import ConfigError, DeliveryError
from domain.model import Alarm, Delivery, Fetched, JobRun, Source, TermsStatus
from domain.registry import plug
from lagebild.alarms import State, alarms_of
from lagebild.belts.deliver import CHANNELS, send
from lagebild.memory import own_megabytes
from lagebild.settings import Watcher
from lagebild.upkeep import LAST_BACKUP, is_owed, owed_since
from lagebild.workshop import Workshop
from nlp.silence import source_class

logger = logging.getLogger(__name__)
WINDOW = timedelta(days=12)
"""How far back visits are looked at; the longest silence that is watched for has to fit in."""
ASLEEP = timedelta(minutes=15)
SKEW_SAMPLES, SKEW_ENOUGH = 60, 5
SAMPLES, ANNOTATORS = "backlog_by_hour", "annotators"
UNSENT_AFTER, FORGOTTEN_AFTER = timedelta(hours=1), timedelta(hours=24)
ALARM_PREFIX = "alarm-"


@dataclass
class Skew:
    """How far our clock is from the sources', by the Date of their latest answers."""

    seconds: deque[float] = field(default_factory=lambda: deque(maxlen=SKEW_SAMPLES))

    def note(self, fetched: Fetched) -> None:
        """Takes an answer's Date; one that came through a cache is as old as its Age says."""
        try:
            told = parsedate_to_datetime(fetched.headers["date"])
            age = float(fetched.headers.get("age", "0"))
            self.seconds.append((told - fetched.fetched_at).total_seconds() + age)
        except (KeyError, ValueError, TypeError):
            return

    def median(self) -> float | None:
        """Positive: ours is behind. None until enough answers told."""
        return median(self.seconds) if len(self.seconds) >= SKEW_ENOUGH else None


@dataclass
class Ward:
    """The service's own watch. `up_since` moves on when it slept or the clock was turned back."""

    up_since: datetime
    skew: Skew = field(default_factory=Skew)
    looked_at: datetime | None = None

    def look(self, workshop: Workshop) -> Sequence[Alarm]:
        """Judges, keeps, tells; returns what stands."""
        now = workshop.clock()
        self._notice_sleep(now)
        standing = alarms_of(
            state_of(workshop, now, self.up_since, self.skew.median()), workshop.settings.alerts
        )
        changed = workshop.archive.keep_alarms(standing, now)
        for alarm in changed:
            logger.warning("alarm name=%s state=%s", alarm.key, "over" if alarm.cleared_at else "raised")
        if changed:
            tell(workshop, changed)
        return standing

    def _notice_sleep(self, now: datetime) -> None:
        if self.looked_at is not None and not timedelta(0) <= now - self.looked_at < ASLEEP:
            self.up_since = now
            self.skew.seconds.clear()
        self.looked_at = now


def state_of(workshop: Workshop, now: datetime, up_since: datetime, clock_off: float | None = None) -> State:
    """Everything the rules look at."""
    archive, settings = workshop.archive, workshop.settings
    jobs = latest(archive.job_runs(limit=400))
    backup = archive.setting(LAST_BACKUP)
    return State(
        now=now,
        up_since=up_since,
        classes=classes_of([s for s in workshop.sources if s.enabled]),
        heard=archive.heard(now - WINDOW),
        overdue=len(archive.due_sources(now - timedelta(minutes=settings.alerts.stalled_minutes))),
        late={e.market: owed_since(e, now) for e in settings.publish.editions if is_owed(workshop, e)},
        free_megabytes=free_megabytes(settings.archive),
        memory_megabytes=own_megabytes(),
        memory_limit_megabytes=settings.limits.memory_megabytes,
        backlog=backlog_samples(workshop, now),
        waiting_since=archive.waiting_since(workshop.annotator_names),
        clock_off_seconds=clock_off,
        terms_due=terms_due(workshop.sources, now),
        jobs=jobs,
        last_backup=datetime.fromisoformat(backup) if backup else None,
        undelivered=undelivered(archive.deliveries(limit=200), now),
        standing=frozenset(alarm.key for alarm in archive.alarms()),
    )


def classes_of(sources: Sequence[Source]) -> Mapping[str, Sequence[Source]]:
    found: defaultdict[str, list[Source]] = defaultdict(list)
    for source in sources:
        found[source_class(source)].append(source)
    return dict(found)


def latest(runs: Sequence[JobRun]) -> Mapping[str, JobRun]:
    """The newest ended run of each job; given newest first."""
    found: dict[str, JobRun] = {}
    for run in runs:
        if run.finished_at is not None:
            found.setdefault(run.job, run)
    return found


def free_megabytes(archive: Path) -> float:
    folder = archive.parent if archive.parent.exists() else Path()
    return shutil.disk_usage(folder).free / 1e6


def backlog_samples(workshop: Workshop, now: datetime) -> Sequence[int]:
    """Depth at the end of each of the last hours, and now; kept in the archive, so that a restart forgets nothing."""
    archive = workshop.archive
    samples: dict[str, int] = json.loads(archive.setting(SAMPLES) or "{}")
    names = workshop.annotator_names
    if json.dumps(names) != archive.setting(ANNOTATORS):
        archive.keep_setting(ANNOTATORS, json.dumps(names))
    depth = max(archive.backlog(names).values(), default=0)
    hour = f"{now:%Y-%m-%dT%H}"
    first = f"{now - timedelta(hours=6):%Y-%m-%dT%H}"
    kept = {name: n for name, n in samples.items() if first <= name < hour} | {hour: depth}
    if kept != samples:
        archive.keep_setting(SAMPLES, json.dumps(kept))
    return [kept[name] for name in sorted(kept)]


def terms_due(sources: Sequence[Source], now: datetime) -> Sequence[str]:
    """Ids of sources whose terms were last reviewed so long ago that they stop soon, or have stopped."""
    return [
        source.id
        for source in sources
        if source.enabled
        and source.terms.status in (TermsStatus.OK, TermsStatus.CONTRACT)
        and source.terms.checked_on is not None
        and source.terms.checked_on + TERMS_HOLD - now.date() <= TERMS_WARN
    ]


def undelivered(deliveries: Sequence[Delivery], now: datetime) -> Mapping[str, int]:
    """By channel: given up within a day, or waiting for over an hour. Alarms themselves are left out."""
    return Counter(
        one.channel
        for one in deliveries
        if not one.key.startswith(ALARM_PREFIX)
        and now - one.created_at < FORGOTTEN_AFTER
        and (one.state == "failed" or (one.state == "waiting" and now - one.created_at > UNSENT_AFTER))
    )


# --- telling people


def tell(workshop: Workshop, changed: Sequence[Alarm]) -> None:
    """Puts what began and ended into the outbox and sends it; what is refused is tried again with the rest."""
    delivery, now = workshop.settings.delivery, workshop.clock()
    parcels = [
        parcel(alarm, watcher, now)
        for alarm in changed
        for watcher in delivery.alerts
        if hears(watcher, alarm)
    ]
    if not parcels:
        return
    workshop.archive.enqueue(parcels)
    try:
        send(workshop.archive, (), delivery, os.environ, workshop.clock)
    except ConfigError as error:
        logger.error("alarms wait in the outbox: %s", error)


def hears(watcher: Watcher, alarm: Alarm) -> bool:
    return alarm.level == "urgent" or not watcher.urgent_only


def parcel(alarm: Alarm, watcher: Watcher, now: datetime) -> Delivery:
    """One alarm's beginning or end for one watcher; the same again has the same key."""
    told = f"{alarm.key}\n{alarm.raised_at}\n{bool(alarm.cleared_at)}\n{watcher.channel}\n{watcher.to}"
    media_type, body = notice_of(alarm, plug(CHANNELS, watcher.channel).FORMAT)
    return Delivery(
        key=ALARM_PREFIX + sha256(told.encode()).hexdigest()[:24],
        digest_id="",
        channel=watcher.channel,
        recipient=watcher.to,
        subject=subject_of(alarm),
        media_type=media_type,
        body=body,
        created_at=now,
    )


def ping(url: str, environment: Mapping[str, str]) -> bool:
    """Tells the dead-man's switch that we live. False when it did not hear: it will call by itself if that lasts."""
    try:
        post(resolve(url, environment), b"", {"Content-Type": "text/plain"})
    except (DeliveryError, ConfigError) as error:
        logger.warning("the dead-man's switch was not reached: %s", error)
        return False
    return True
