"""What every archive owes people and jobs."""

from dataclasses import replace
from datetime import timedelta

import pytest

from domain.model import Delivery, Milestone, SavedSearch


@pytest.fixture
def delivery(now):
    return Delivery(
        key="DE/2026-11-22/daily/anna", digest_id="d", channel="smtp", recipient="anna", subject="Lage",
        media_type="text/html", body=b"<p>", created_at=now,
    )  # fmt: skip


def test_an_issue_is_queued_once_and_claimed_by_one(archive, delivery, now):
    assert archive.enqueue([delivery]) == 1
    assert archive.enqueue([replace(delivery, body=b"other")]) == 0
    (claimed,) = archive.claim(now)
    assert claimed.body == b"<p>"
    assert archive.claim(now) == []
    archive.settle(delivery.key, now)
    assert archive.enqueued([delivery.key, "unknown"]) == {delivery.key}
    (sent,) = archive.deliveries("d")
    assert (sent.state, sent.attempts, sent.sent_at, sent.body) == ("sent", 1, now, b"")


def test_a_refused_delivery_waits_for_its_time(archive, delivery, now):
    archive.enqueue([delivery])
    archive.claim(now)
    archive.postpone(delivery.key, "451", now + timedelta(minutes=5))
    assert archive.claim(now) == []
    assert [d.error for d in archive.claim(now + timedelta(minutes=5))] == ["451"]


def test_an_interrupted_delivery_is_told_and_not_sent_again(archive, delivery, now):
    archive.enqueue([delivery])
    archive.claim(now)
    assert archive.interrupted(now) == []
    assert [d.key for d in archive.interrupted(now + timedelta(hours=1))] == [delivery.key]
    assert archive.claim(now + timedelta(hours=1)) == []


def test_a_job_runs_once_for_its_key(archive, now):
    assert archive.begin_job("digest", "DE/2026-11-22", now)
    assert not archive.begin_job("digest", "DE/2026-11-22", now)
    archive.end_job("digest", "DE/2026-11-22", now, "ok", {"sent": 2})
    assert not archive.begin_job("digest", "DE/2026-11-22", now + timedelta(days=1))
    (run,) = archive.job_runs("digest")
    assert (run.outcome, run.facts) == ("ok", {"sent": 2})


def test_a_killed_or_failed_job_may_begin_again(archive, now):
    archive.begin_job("digest", "DE", now)
    assert archive.begin_job("digest", "DE", now + timedelta(hours=2))
    archive.end_job("digest", "DE", now + timedelta(hours=2), "failed")
    assert archive.begin_job("digest", "DE", now + timedelta(hours=2))


def test_saved_searches_are_their_owners(archive, now):
    saved = SavedSearch("s1", "anna", "Hass in AT", '{"text":"hass"}', "mail", now, now)
    archive.keep_search(saved)
    told = replace(saved, told_through=now + timedelta(hours=1))
    archive.keep_search(told)
    assert archive.saved_searches("anna") == [told]
    assert archive.saved_searches("ben") == []
    archive.drop_search("s1")
    assert archive.saved_searches() == []


def test_a_label_said_again_replaces_the_first(archive, now):
    archive.keep_label("a", "topic", "hate", "right", "anna", now)
    archive.keep_label("a", "topic", "hate", "wrong", "anna", now + timedelta(minutes=1), "Zitat")
    (label,) = archive.labels(now)
    assert (label.verdict, label.reason) == ("wrong", "Zitat")


def test_settings_are_remembered(archive):
    assert archive.setting("tdm") is None
    archive.keep_setting("tdm", "1")
    assert archive.setting("tdm") == "1"


def test_what_was_handed_over_is_never_sent_again(archive, delivery, now):
    archive.enqueue([delivery])
    archive.claim(now)
    archive.hand_over(delivery.key, now)
    later = now + timedelta(hours=1)
    assert archive.interrupted(later) == []
    assert archive.claim(later) == []
    assert [held.state for held in archive.deliveries("d")] == ["handed"]
    archive.postpone(delivery.key, "451", later)
    assert [again.key for again in archive.claim(later)] == [delivery.key]


def test_milestones_of_a_market_come_with_those_of_all(archive, now):
    day = now.date()
    law = Milestone("m1", "", day, "Ein Gesetz gilt", "anna", now)
    launch = Milestone("m2", "AT", day, "Eine Funktion startet", "anna", now)
    for one in (law, launch, replace(launch, text="Eine Funktion ist da")):
        archive.keep_milestone(one)
    assert [m.id for m in archive.milestones(day, day, "DE")] == ["m1"]
    assert [m.text for m in archive.milestones(day, day, "AT")] == ["Ein Gesetz gilt", "Eine Funktion ist da"]
    archive.drop_milestone("m1")
    assert [m.id for m in archive.milestones(day, day)] == ["m2"]
