"""What people and jobs leave behind: labels, saved searches, outbox, job runs."""

import json
from collections.abc import Sequence, Set
from datetime import date, datetime, timedelta
from typing import Any

from domain.model import Delivery, JobRun, Label, Milestone, SavedSearch
from storage.rows import compact
from storage.sqlite.collect import SETTING, SETTING_KEEP
from storage.sqlite.connection import Connections
from storage.times import from_text, from_text_or_none, to_text

LEASE = timedelta(minutes=10)
"""A delivery that was begun and neither settled nor postponed after so long was interrupted."""

LABEL_KEEP = """
INSERT INTO label (item_id, layer, label, verdict, by, at, reason) VALUES (?, ?, ?, ?, ?, ?, ?)
ON CONFLICT (item_id, layer, label, by) DO UPDATE SET
    verdict = excluded.verdict, at = excluded.at, reason = excluded.reason
"""
LABELS = """
SELECT item_id, layer, label, verdict, by, at, reason FROM label
WHERE at >= :since AND (:item = '' OR item_id = :item) ORDER BY at, id
"""

DELIVERY_COLUMNS = (
    "key, digest_id, channel, recipient, subject, media_type, body, state, attempts, next_try_at, created_at, sent_at, "
    "error"
)
ENQUEUE = (
    f"INSERT INTO outbox ({DELIVERY_COLUMNS}) VALUES ({', '.join('?' * 13)}) ON CONFLICT (key) DO NOTHING"
)
ENQUEUED = "SELECT key FROM outbox WHERE key IN (SELECT value FROM json_each(?))"
CLAIMABLE = f"""
SELECT {DELIVERY_COLUMNS} FROM outbox
WHERE state = 'waiting' AND next_try_at <= :now ORDER BY next_try_at, key LIMIT :limit
"""
CLAIM = """
UPDATE outbox SET state = 'sending', attempts = attempts + 1, next_try_at = ? WHERE key = ? AND state = 'waiting'
"""
HAND_OVER = "UPDATE outbox SET state = 'handed', sent_at = ? WHERE key = ? AND state = 'sending'"
SETTLE = "UPDATE outbox SET state = 'sent', sent_at = ?, error = '', body = x'' WHERE key = ?"
POSTPONE = "UPDATE outbox SET state = 'waiting', next_try_at = ?, error = ? WHERE key = ? AND state <> 'sent'"
GIVE_UP = "UPDATE outbox SET state = 'failed', error = ? WHERE key = ? AND state <> 'sent'"
INTERRUPTED = (
    f"SELECT {DELIVERY_COLUMNS} FROM outbox WHERE state = 'sending' AND next_try_at <= ? ORDER BY key"
)
DELIVERIES = f"""
SELECT {DELIVERY_COLUMNS} FROM outbox WHERE :digest = '' OR digest_id = :digest ORDER BY created_at DESC, key LIMIT :limit
"""

SEARCH_KEEP = """
INSERT INTO saved_search (search_id, owner, name, query, channel, created_at, told_through) VALUES (?, ?, ?, ?, ?, ?, ?)
ON CONFLICT (search_id) DO UPDATE SET
    name = excluded.name, query = excluded.query, channel = excluded.channel, told_through = excluded.told_through
"""
SEARCHES = """
SELECT search_id, owner, name, query, channel, created_at, told_through FROM saved_search
WHERE :owner = '' OR owner = :owner ORDER BY name, search_id
"""
SEARCH_DROP = "DELETE FROM saved_search WHERE search_id = ?"

MILESTONE_KEEP = """
INSERT INTO milestone (milestone_id, market, day, text, by, at) VALUES (?, ?, ?, ?, ?, ?)
ON CONFLICT (milestone_id) DO UPDATE SET market = excluded.market, day = excluded.day, text = excluded.text
"""
MILESTONES = """
SELECT milestone_id, market, day, text, by, at FROM milestone
WHERE day BETWEEN :first AND :last AND (:market = '' OR market IN ('', :market)) ORDER BY day, milestone_id
"""
MILESTONE_DROP = "DELETE FROM milestone WHERE milestone_id = ?"

JOB_BEGIN = "INSERT INTO job_run (job, key, started_at) VALUES (?, ?, ?) ON CONFLICT (job, key) DO NOTHING"
# A run that was killed has no end; after the lease it may be begun again.
JOB_RETAKE = """
UPDATE job_run SET started_at = :now, outcome = '', facts = '', finished_at = NULL
WHERE job = :job AND key = :key AND (outcome = 'failed' OR finished_at IS NULL AND started_at <= :stale)
"""
JOB_END = "UPDATE job_run SET finished_at = ?, outcome = ?, facts = ? WHERE job = ? AND key = ?"
JOB_RUNS = """
SELECT job, key, started_at, finished_at, outcome, facts FROM job_run
WHERE :job = '' OR job = :job ORDER BY started_at DESC, id DESC LIMIT :limit
"""


class Desk(Connections):
    """Labels, outbox, saved searches, job runs and settings."""

    def keep_label(
        self, item_id: str, layer: str, label: str, verdict: str, by: str, now: datetime, reason: str = ""
    ) -> None:
        """What `by` says of a tag: right, wrong or missing. Saying it again replaces what they said before."""
        self.run(LABEL_KEEP, (item_id, layer, label, verdict, by, to_text(now), reason))

    def labels(self, since: datetime, item_id: str = "") -> Sequence[Label]:
        """In the order they were given."""
        return [
            Label(row[0], row[1], row[2], row[3], row[4], from_text(row[5]), row[6])
            for row in self.rows(LABELS, {"since": to_text(since), "item": item_id})
        ]

    # --- outbox --------------------------------------------------------------------------------------

    def enqueue(self, deliveries: Sequence[Delivery]) -> int:
        """Puts them into the outbox; a key that is there already is left alone. Returns how many are new."""
        with self.durable_transaction():
            return sum(self.run(ENQUEUE, _delivery_values(delivery)) for delivery in deliveries)

    def enqueued(self, keys: Sequence[str]) -> Set[str]:
        """Which of these the outbox holds, sent ones too."""
        return {row[0] for row in self.rows(ENQUEUED, (compact(list(keys)),))}

    def claim(self, now: datetime, limit: int = 20) -> Sequence[Delivery]:
        """Marks waiting deliveries as being sent, for this caller alone, on the disk before it returns."""
        with self.durable_transaction():
            due = self.rows(CLAIMABLE, {"now": to_text(now), "limit": limit})
            self.run_many(CLAIM, ((to_text(now + LEASE), row[0]) for row in due))
        return [_delivery(row) for row in due]

    def hand_over(self, key: str, now: datetime) -> None:
        """The last byte is about to leave. From here a crash does not send it again; on the disk before it returns."""
        with self.durable_transaction():
            self.run(HAND_OVER, (to_text(now), key))

    def settle(self, key: str, now: datetime) -> None:
        """The channel took it; the body is emptied."""
        with self.durable_transaction():
            self.run(SETTLE, (to_text(now), key))

    def postpone(self, key: str, error: str, until: datetime) -> None:
        """The channel did not take it; try again at `until`."""
        self.run(POSTPONE, (to_text(until), error, key))

    def give_up(self, key: str, error: str) -> None:
        self.run(GIVE_UP, (error, key))

    def interrupted(self, now: datetime) -> Sequence[Delivery]:
        """Deliveries that were begun and never settled: whether they went out, only the channel can tell."""
        return [_delivery(row) for row in self.rows(INTERRUPTED, (to_text(now),))]

    def deliveries(self, digest_id: str = "", limit: int = 100) -> Sequence[Delivery]:
        """Newest first."""
        return [_delivery(row) for row in self.rows(DELIVERIES, {"digest": digest_id, "limit": limit})]

    # --- saved searches ------------------------------------------------------------------------------

    def keep_search(self, saved: SavedSearch) -> None:
        moments = (to_text(saved.created_at), to_text(saved.told_through))
        self.run(SEARCH_KEEP, (saved.id, saved.owner, saved.name, saved.query, saved.channel, *moments))

    def saved_searches(self, owner: str = "") -> Sequence[SavedSearch]:
        return [
            SavedSearch(row[0], row[1], row[2], row[3], row[4], from_text(row[5]), from_text(row[6]))
            for row in self.rows(SEARCHES, {"owner": owner})
        ]

    def drop_search(self, search_id: str) -> None:
        self.run(SEARCH_DROP, (search_id,))

    # --- milestones ----------------------------------------------------------------------------------

    def keep_milestone(self, milestone: Milestone) -> None:
        told = (
            milestone.market,
            milestone.day.isoformat(),
            milestone.text,
            milestone.by,
            to_text(milestone.at),
        )
        self.run(MILESTONE_KEEP, (milestone.id, *told))

    def milestones(self, first: date, last: date, market: str = "") -> Sequence[Milestone]:
        """Those of the market and those of all, by day."""
        span = {"first": first.isoformat(), "last": last.isoformat(), "market": market}
        return [
            Milestone(row[0], row[1], date.fromisoformat(row[2]), row[3], row[4], from_text(row[5]))
            for row in self.rows(MILESTONES, span)
        ]

    def drop_milestone(self, milestone_id: str) -> None:
        self.run(MILESTONE_DROP, (milestone_id,))

    # --- jobs ----------------------------------------------------------------------------------------

    def begin_job(
        self, job: str, key: str, now: datetime, stale_after: timedelta = timedelta(hours=1)
    ) -> bool:
        """Whether this job may run for `key` now: once, and again only after it failed or was killed."""
        with self.durable_transaction():
            begun = self.run(JOB_BEGIN, (job, key, to_text(now)))
            again = {"now": to_text(now), "job": job, "key": key, "stale": to_text(now - stale_after)}
            return bool(begun or self.run(JOB_RETAKE, again))

    def end_job(
        self, job: str, key: str, now: datetime, outcome: str, facts: dict[str, Any] | None = None
    ) -> None:
        """`outcome`: ok, partial or failed."""
        with self.durable_transaction():
            self.run(JOB_END, (to_text(now), outcome, compact(facts or {}), job, key))

    def job_runs(self, job: str = "", limit: int = 100) -> Sequence[JobRun]:
        """Newest first."""
        return [
            JobRun(
                row[0],
                row[1],
                from_text(row[2]),
                from_text_or_none(row[3]),
                row[4],
                json.loads(row[5] or "{}"),
            )
            for row in self.rows(JOB_RUNS, {"job": job, "limit": limit})
        ]

    # --- settings ------------------------------------------------------------------------------------

    def setting(self, name: str) -> str | None:
        """What the archive remembers under this name."""
        value: str | None = self.value(SETTING, (name,))
        return value

    def keep_setting(self, name: str, value: str) -> None:
        self.run(SETTING_KEEP, (name, value))


def _delivery_values(d: Delivery) -> tuple[Any, ...]:
    moments = (to_text(d.next_try_at or d.created_at), to_text(d.created_at))
    return (
        d.key,
        d.digest_id,
        d.channel,
        d.recipient,
        d.subject,
        d.media_type,
        d.body,
        "waiting",
        0,
        *moments,
        None,
        "",
    )


def _delivery(row: tuple[Any, ...]) -> Delivery:
    return Delivery(
        key=row[0],
        digest_id=row[1],
        channel=row[2],
        recipient=row[3],
        subject=row[4],
        media_type=row[5],
        body=row[6],
        state=row[7],
        attempts=row[8],
        next_try_at=from_text(row[9]),
        created_at=from_text(row[10]),
        sent_at=from_text_or_none(row[11]),
        error=row[12],
    )
