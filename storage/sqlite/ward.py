"""What the service asks about itself: who was heard, what waits, which alarms stand."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from domain.model import Alarm, Heard
from storage.rows import compact
from storage.sqlite.connection import Connections
from storage.times import from_text, from_text_or_none, to_text

HEARD = """
SELECT source_id, min(started_at), max(finished_at),
    max(CASE WHEN outcome IN ('ok', 'unchanged', 'empty') THEN finished_at END),
    max(CASE WHEN fresh > 0 THEN finished_at END), sum(CASE WHEN fresh > 0 THEN 1 ELSE 0 END)
FROM visit WHERE finished_at >= ? AND outcome <> 'skipped' GROUP BY source_id
"""
UNREAD = """
FROM item i
WHERE i.change > coalesce((SELECT through FROM reader WHERE annotator = :annotator), 0)
  AND i.copy_of IS NULL AND i.state = 'live' AND NOT EXISTS (
    SELECT 1 FROM reading r WHERE r.annotator = :annotator AND r.id = i.id AND r.content_hash = i.content_hash)
"""
WAITING = f"SELECT count(*) {UNREAD}"
WAITING_SINCE = f"SELECT min(coalesce(i.version_from, i.first_seen_at)) {UNREAD}"
RUN_NOTE = """
INSERT INTO job_run (job, key, started_at, finished_at, outcome, facts) VALUES (?, ?, ?, ?, ?, ?)
ON CONFLICT (job, key) DO UPDATE SET
    finished_at = excluded.finished_at, outcome = excluded.outcome, facts = excluded.facts
"""
RUNS_FORGET = """
DELETE FROM job_run WHERE started_at < ? AND id NOT IN (SELECT max(id) FROM job_run GROUP BY job)
"""
ALARM_COLUMNS = "rule, subject, level, message, remedy, raised_at, cleared_at"
STANDING = f"SELECT {ALARM_COLUMNS} FROM alarm WHERE cleared_at IS NULL ORDER BY raised_at DESC, alarm"
ALARMS = f"SELECT {ALARM_COLUMNS} FROM alarm ORDER BY raised_at DESC, alarm LIMIT ?"
ALARM_RAISE = """
INSERT INTO alarm (alarm, raised_at, rule, subject, level, message, remedy) VALUES (?, ?, ?, ?, ?, ?, ?)
ON CONFLICT DO NOTHING
"""
ALARM_AGAIN = "UPDATE alarm SET level = ?, message = ?, remedy = ? WHERE alarm = ? AND cleared_at IS NULL"
ALARM_CLEAR = "UPDATE alarm SET cleared_at = ? WHERE alarm = ? AND cleared_at IS NULL"


class Ward(Connections):
    """Alarms, runs of frequent jobs, and the figures that alarms are judged by."""

    def heard(self, since: datetime) -> Mapping[str, Heard]:
        """By source id, of those visited since then."""
        return {
            source_id: _heard(moments, fresh)
            for source_id, *moments, fresh in self.rows(HEARD, (to_text(since),))
        }

    def backlog(self, annotators: Sequence[str]) -> Mapping[str, int]:
        """By annotator: items that it has not read yet."""
        return {name: int(self.value(WAITING, {"annotator": name}) or 0) for name in annotators}

    def waiting_since(self, annotators: Sequence[str]) -> datetime | None:
        """Since when the item that waits longest for one of them has been here as it is; None when none waits."""
        since = [self.value(WAITING_SINCE, {"annotator": name}) for name in annotators]
        return min(map(from_text, filter(None, since)), default=None)

    # --- runs ----------------------------------------------------------------------------------------

    def note_run(
        self,
        job: str,
        key: str,
        started: datetime,
        now: datetime,
        outcome: str,
        facts: dict[str, Any] | None = None,
    ) -> None:
        """Keeps how a frequent job ended; the same key again replaces end, outcome and facts."""
        self.run(RUN_NOTE, (job, key, to_text(started), to_text(now), outcome, compact(facts or {})))

    def forget_runs(self, before: datetime) -> int:
        """Drops runs that began before then; the latest of each job stays. Returns how many went."""
        return self.run(RUNS_FORGET, (to_text(before),))

    # --- alarms --------------------------------------------------------------------------------------

    def keep_alarms(self, standing: Sequence[Alarm], now: datetime) -> Sequence[Alarm]:
        """Makes exactly these stand. Returns those that were raised, and those that were cleared, by this."""
        wanted, moment = {alarm.key: alarm for alarm in standing}, to_text(now)
        with self.transaction():
            before = {alarm.key: alarm for alarm in self.alarms()}
            self.run_many(ALARM_CLEAR, ((moment, key) for key in before.keys() - wanted.keys()))
            self.run_many(
                ALARM_RAISE, (_raised(wanted[key], moment) for key in wanted.keys() - before.keys())
            )
            self.run_many(ALARM_AGAIN, (_again(wanted[key]) for key in wanted.keys() & before.keys()))
        changed = (wanted.keys() - before.keys()) | (before.keys() - wanted.keys())
        return [alarm for alarm in self.alarms(standing=False, limit=1_000) if _moved(alarm, changed, now)]

    def alarms(self, *, standing: bool = True, limit: int = 100) -> Sequence[Alarm]:
        """Newest first; with `standing` off those that are over too."""
        rows = self.rows(STANDING)[:limit] if standing else self.rows(ALARMS, (limit,))
        return [_alarm(row) for row in rows]


def _heard(moments: Sequence[str | None], fresh: int) -> Heard:
    first, last, reported, found = map(from_text_or_none, moments)
    return Heard(first, last, reported, found, fresh)


def _raised(alarm: Alarm, moment: str) -> tuple[str, ...]:
    return (alarm.key, moment, alarm.rule, alarm.subject, alarm.level, alarm.message, alarm.remedy)


def _again(alarm: Alarm) -> tuple[str, ...]:
    return (alarm.level, alarm.message, alarm.remedy, alarm.key)


def _moved(alarm: Alarm, changed: set[str], now: datetime) -> bool:
    return alarm.key in changed and now in (alarm.raised_at, alarm.cleared_at)


def _alarm(row: tuple[Any, ...]) -> Alarm:
    return Alarm(
        rule=row[0],
        subject=row[1],
        level=row[2],
        message=row[3],
        remedy=row[4],
        raised_at=from_text(row[5]),
        cleared_at=from_text_or_none(row[6]),
    )
