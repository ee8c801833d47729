"""Alarms: each rule raises when it should, and not because nobody was listening."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from domain.model import Alarm, Delivery, Heard, JobRun, Lens, Source, Terms, TermsStatus
from lagebild.alarms import State, alarms_of
from lagebild.alerting import terms_due, undelivered
from lagebild.settings import Alerts

NOW = datetime(2026, 11, 28, 12, 0, tzinfo=UTC)
LONG_UP = NOW - timedelta(days=30)
BOTE = Source(
    id="bote", name="Bote", kind="rss", url="https://bote.example/rss", language="de", markets=("DE",), lens=Lens.MEDIA
)  # fmt: skip


def hours(n: float) -> datetime:
    return NOW - timedelta(hours=n)


def state(**facts: object) -> State:
    return State(**{"now": NOW, "up_since": LONG_UP, "last_backup": NOW, **facts})  # type: ignore[arg-type]


def listening(fresh: float | None, visited: float = 0.0, **facts: object) -> State:
    """The class media/news: last new item `fresh` hours ago, last visited `visited` hours ago."""
    last_fresh = None if fresh is None else hours(fresh)
    heard = Heard(hours(200), hours(visited), hours(visited), last_fresh, 0 if fresh is None else 250)
    return state(classes={"media/news": [BOTE]}, heard={"bote": heard}, **facts)


def keys(given: State, wanted: Alerts | None = None) -> list[str]:
    return [alarm.key for alarm in alarms_of(given, wanted or Alerts())]


def test_a_healthy_service_raises_none() -> None:
    assert keys(listening(fresh=1)) == []


@pytest.mark.parametrize(
    ("fresh", "raised"), [(11.9, []), (12, ["quiet:media/news"]), (None, ["quiet:media/news"])]
)
def test_a_class_that_brings_nothing_new_for_its_hours(fresh: float | None, raised: list[str]) -> None:
    assert keys(listening(fresh)) == raised


def test_a_class_may_have_hours_of_its_own() -> None:
    assert keys(listening(20), Alerts(quiet_hours={"media": 12, "media/news": 48})) == []


def test_a_class_that_seldom_says_something_gets_longer() -> None:
    seldom = Heard(hours(200), NOW, NOW, hours(40), 20)
    assert keys(state(classes={"media/news": [BOTE]}, heard={"bote": seldom})) == []
    assert (
        keys(state(classes={"media/news": [BOTE]}, heard={"bote": replace(seldom, last_fresh=hours(90))}))
        != []
    )


@pytest.mark.parametrize(("since", "raised"), [(20, []), (24, ["quiet:media/news"])])
def test_a_class_nobody_knows_yet_gets_twice_its_hours(since: float, raised: list[str]) -> None:
    fresh_at_first = Heard(hours(since), NOW, NOW, hours(since), 1)
    assert keys(state(classes={"media/news": [BOTE]}, heard={"bote": fresh_at_first})) == raised


def test_the_first_night_of_a_class_is_no_silence() -> None:
    told_by_day = Heard(hours(34), NOW, NOW, hours(14), 14)
    assert keys(state(classes={"media/news": [BOTE]}, heard={"bote": told_by_day})) == []


def test_silence_counts_only_while_somebody_listened() -> None:
    woken = listening(fresh=170, visited=168, up_since=NOW)
    assert keys(woken) == []


def test_a_restart_does_not_clear_an_alarm_that_stands() -> None:
    restarted = listening(fresh=20, up_since=hours(0.1))
    assert keys(restarted) == []
    assert keys(replace(restarted, standing=frozenset({"quiet:media/news"}))) == ["quiet:media/news"]


def test_nobody_visited_anything() -> None:
    assert keys(listening(fresh=3, visited=2.5, overdue=1)) == ["stalled:collect"]
    assert keys(listening(fresh=3, visited=2.5, overdue=1, up_since=hours(1))) == []


def test_no_visit_is_missed_while_none_is_due() -> None:
    assert keys(listening(fresh=3, visited=2.5, overdue=0)) == []


@pytest.mark.parametrize(("due", "raised"), [(0.4, []), (0.6, ["late:DE"])])
def test_an_issue_that_is_late(due: float, raised: list[str]) -> None:
    assert keys(state(late={"DE": hours(due)})) == raised


def test_a_full_disk_and_its_end_with_room_to_spare() -> None:
    assert keys(state(free_megabytes=1000)) == ["disk"]
    assert keys(state(free_megabytes=1100)) == []
    assert keys(state(free_megabytes=1100, standing=frozenset({"disk"}))) == ["disk"]


@pytest.mark.parametrize(
    ("depths", "raised"),
    [
        ([100, 200, 300, 400], []),
        ([1000, 1200, 1500, 2000], ["backlog"]),
        ([3000, 2800, 2500, 2600], []),
        ([2000, 3000], []),
    ],
)
def test_a_backlog_that_grows_hour_by_hour(depths: list[int], raised: list[str]) -> None:
    assert keys(state(backlog=depths)) == raised


@pytest.mark.parametrize(
    ("depths", "waited", "raised"),
    [
        ([3, 5, 9, 9], 3.5, ["backlog"]),
        ([3, 5, 9, 9], 2.5, []),
        ([9], 3.5, ["backlog"]),
        ([900, 700, 500, 300], 20, []),
        ([900, 700, 500, 500], 20, ["backlog"]),
        ([4, 4, 3, 0], None, []),
    ],
)
def test_reading_that_is_stuck_is_told_by_who_waits(
    depths: list[int], waited: float | None, raised: list[str]
) -> None:
    since = None if waited is None else hours(waited)
    assert keys(state(backlog=depths, waiting_since=since)) == raised


def test_who_waited_while_nobody_was_up_has_not_waited_long() -> None:
    assert keys(state(backlog=[9, 9], waiting_since=hours(60), up_since=hours(1))) == []


def test_a_backlog_alarm_stands_until_few_wait_and_none_for_long() -> None:
    standing = frozenset({"backlog"})
    assert keys(state(backlog=[3000, 2000], standing=standing)) == ["backlog"]
    assert keys(state(backlog=[3000, 900], standing=standing)) == []
    assert keys(state(backlog=[3000, 900], waiting_since=hours(4), standing=standing)) == ["backlog"]
    assert keys(state(backlog=[3000, 900], waiting_since=hours(1), standing=standing)) == []


@pytest.mark.parametrize(("off", "said"), [(300.0, "behind"), (-300.0, "ahead"), (60.0, ""), (None, "")])
def test_a_clock_that_is_off(off: float | None, said: str) -> None:
    found = alarms_of(state(clock_off_seconds=off), Alerts())
    assert [said in alarm.message for alarm in found] == ([True] if said else [])


def test_terms_that_need_a_review_are_named() -> None:
    reviewed = Terms(TermsStatus.OK, date(2026, 6, 15))
    sources = [
        replace(BOTE, terms=reviewed),
        replace(BOTE, id="fresh", terms=replace(reviewed, checked_on=NOW.date())),
    ]
    assert terms_due(sources, NOW) == ["bote"]
    [alarm] = alarms_of(state(terms_due=["bote"]), Alerts())
    assert (alarm.key, "bote" in alarm.message) == ("terms", True)


def test_a_job_whose_latest_run_failed() -> None:
    run = JobRun("upkeep", "2026-11-28", hours(2), hours(1), "failed", {"error": "no space"})
    [alarm] = alarms_of(state(jobs={"upkeep": run}), Alerts())
    assert (alarm.key, "no space" in alarm.message) == ("job:upkeep", True)


@pytest.mark.parametrize(("made", "raised"), [(49, []), (51, ["backup"])])
def test_a_backup_that_is_missing(made: float, raised: list[str]) -> None:
    assert keys(state(last_backup=hours(made))) == raised


def test_more_memory_than_allowed() -> None:
    assert keys(state(memory_megabytes=3000, memory_limit_megabytes=2500)) == ["memory"]


def test_deliveries_that_do_not_arrive_and_alarms_among_them_are_not_counted() -> None:
    def one(key: str, state: str, age: float) -> Delivery:
        return Delivery(
            key=key, digest_id="", channel="smtp", recipient="a@example.org", subject="", media_type="", body=b"",
            created_at=hours(age), state=state,
        )  # fmt: skip

    waiting = [
        one("a", "waiting", 2),
        one("b", "waiting", 0.5),
        one("c", "failed", 3),
        one("d", "failed", 30),
    ]
    assert undelivered([*waiting, one("alarm-e", "failed", 1), one("f", "sent", 2)], NOW) == {"smtp": 2}
    assert keys(state(undelivered={"smtp": 2})) == ["delivery:smtp"]


def test_every_alarm_says_what_to_do() -> None:
    bad = state(
        classes={"media/news": [BOTE]}, heard={"bote": Heard(hours(200), hours(3), None, None)}, overdue=1, late={"DE": hours(3)},
        free_megabytes=1, memory_megabytes=9e9, memory_limit_megabytes=1, backlog=[1000, 2000, 3000, 4000],
        clock_off_seconds=999, terms_due=["a"], jobs={"x": JobRun("x", "k", hours(1), hours(1), "failed", {})},
        last_backup=hours(99), undelivered={"smtp": 1},
    )  # fmt: skip
    found: list[Alarm] = alarms_of(bad, Alerts())
    assert {alarm.rule for alarm in found} == {
        "quiet", "stalled", "late", "disk", "memory", "backlog", "clock", "terms", "job", "backup", "delivery",
    }  # fmt: skip
    assert all(alarm.remedy and alarm.message for alarm in found)
