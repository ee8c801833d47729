"""What every archive owes the service that watches itself."""

from dataclasses import replace
from datetime import timedelta

from domain.model import Alarm, Batch, Checkpoint, Outcome, Reading, Updated, Visit

DISK = Alarm(rule="disk", subject="", level="urgent", message="900 MB free", remedy="make room")
LATE = Alarm(rule="late", subject="DE", level="urgent", message="no issue", remedy="see schedule list")


def test_an_alarm_is_raised_once_and_cleared_once(archive, now):
    assert [alarm.key for alarm in archive.keep_alarms([DISK, LATE], now)] == ["disk", "late:DE"]
    later = now + timedelta(minutes=5)
    assert archive.keep_alarms([replace(DISK, message="800 MB free"), LATE], later) == []
    assert {alarm.message for alarm in archive.alarms()} == {"800 MB free", "no issue"}
    [cleared] = archive.keep_alarms([DISK], later)
    assert (cleared.key, cleared.raised_at, cleared.cleared_at) == ("late:DE", now, later)
    assert [alarm.key for alarm in archive.alarms()] == ["disk"]


def test_an_alarm_may_come_back_and_both_times_are_kept(archive, now):
    archive.keep_alarms([DISK], now)
    archive.keep_alarms([], now + timedelta(hours=1))
    [again] = archive.keep_alarms([DISK], now + timedelta(hours=2))
    assert again.cleared_at is None
    assert len(archive.alarms(standing=False)) == 2


def test_who_was_heard(archive, now):
    def visit(hours, outcome, fresh=0):
        at = now + timedelta(hours=hours)
        one = Visit(source_id="bote", started_at=at, finished_at=at, outcome=outcome, fresh=fresh)
        archive.commit(Batch(one, Checkpoint("bote")))

    visit(0, Outcome.OK, 3)
    visit(1, Outcome.UNCHANGED)
    visit(2, Outcome.UNREACHABLE)
    heard = archive.heard(now - timedelta(days=1))["bote"]
    moments = (heard.first_visit, heard.last_visit, heard.last_reported, heard.last_fresh)
    assert moments == tuple(now + timedelta(hours=h) for h in (0, 2, 1, 0))
    assert heard.fresh_visits == 1
    assert archive.heard(now + timedelta(days=1)) == {}


def test_what_waits_to_be_read_is_counted_by_annotator(archive, item, batch, now):
    archive.commit(batch(item("a"), item("b")))
    assert archive.backlog(["x/1", "y/1"]) == {"x/1": 2, "y/1": 2}
    archive.keep_readings([Reading("a", "x/1")], now)
    assert archive.backlog(["x/1", "y/1"]) == {"x/1": 1, "y/1": 2}


def test_who_waits_longest_to_be_read(archive, item, batch, now):
    assert archive.waiting_since(["x/1"]) is None
    archive.commit(batch(item("a")))
    archive.commit(batch(item("b"), at=now + timedelta(hours=1)))
    assert archive.waiting_since(["x/1", "y/1"]) == now
    archive.keep_readings([Reading("a", "x/1")], now)
    assert archive.waiting_since(["x/1"]) == now + timedelta(hours=1)
    assert archive.waiting_since(["x/1", "y/1"]) == now


def test_a_changed_item_waits_since_its_change(archive, item, batch, now):
    archive.commit(batch(item("a")))
    archive.keep_readings([Reading("a", "x/1")], now)
    later = now + timedelta(hours=3)
    archive.commit(batch((item("a", text="Neu."), Updated(("text",))), at=later))
    assert archive.waiting_since(["x/1"]) == later


def test_a_frequent_job_is_kept_by_its_hour(archive, now):
    for runs in (1, 2):
        archive.note_run("outbox", "06", now, now + timedelta(minutes=runs), "ok", {"runs": runs})
    [run] = archive.job_runs("outbox")
    assert (run.started_at, run.finished_at, run.facts) == (now, now + timedelta(minutes=2), {"runs": 2})


def test_old_runs_are_forgotten_but_the_latest_of_each_job(archive, now):
    for hour in range(3):
        archive.note_run("outbox", str(hour), now + timedelta(hours=hour), now + timedelta(hours=hour), "ok")
    assert archive.forget_runs(now + timedelta(days=90)) == 2
    assert [run.key for run in archive.job_runs()] == ["2"]
