"""When a source is due again, and how it is."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import pytest

from crawler.rhythm import (
    Hints,
    below_usual,
    feed_says,
    health,
    hints_of,
    is_thin,
    moved_to,
    next_due,
    noted,
    weighed,
)
from domain.model import Checkpoint, Lens, Outcome, Source, Visit

NOW = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)
HALF_HOUR = timedelta(minutes=30)
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
SOURCE = Source(
    id="blatt", name="Blatt", kind="rss", url="https://blatt.example/rss", language="de", markets=("DE",),
    lens=Lens.MEDIA, interval=HALF_HOUR,
)  # fmt: skip


def visit(ago: timedelta, outcome: Outcome = Outcome.OK, **said: object) -> Visit:
    at = NOW - ago
    values = {"entries": 20, **said}
    return Visit(source_id="blatt", started_at=at, finished_at=at, outcome=outcome, **values)  # type: ignore[arg-type]


def every(step: timedelta, span: timedelta, fresh: int) -> list[Visit]:
    count = int(span / step)
    return [visit(step * k, fresh=fresh) for k in range(count, -1, -1)]


def wait(visits: Sequence[Visit], hints: Hints | None = None) -> timedelta:
    return next_due(SOURCE, visits, NOW, hints) - NOW


def test_a_source_never_visited_comes_back_after_its_interval() -> None:
    assert HALF_HOUR <= wait([]) < HALF_HOUR * 1.1


def test_a_busy_source_is_asked_as_often_as_its_file_allows() -> None:
    assert wait(every(HALF_HOUR, DAY, fresh=5)) < HALF_HOUR * 1.1


def test_a_quiet_source_is_asked_four_times_per_entry_and_never_less_than_sixteen_intervals() -> None:
    daily = [*every(HOUR, 2 * DAY, fresh=0)[:-1], visit(timedelta(0), fresh=6)]
    assert timedelta(hours=1.9) < wait(daily) < timedelta(hours=2.3)
    silent = every(HOUR, 5 * DAY, fresh=0)
    assert wait(silent) <= HALF_HOUR * 16 * 1.1


def test_failures_double_the_wait() -> None:
    failing = [visit(HOUR * k, Outcome.UNREACHABLE) for k in (3, 2, 1)]
    assert 2 * HOUR <= wait(failing) < 2 * HOUR * 1.1


@pytest.mark.parametrize(
    ("hints", "least"),
    [
        (Hints(every=HOUR), HOUR),
        (Hints(fresh_for=timedelta(minutes=45)), timedelta(minutes=45)),
        (Hints(every=timedelta(days=7)), 2 * HOUR),
    ],
)
def test_what_the_feed_says_slows_but_never_stops(hints: Hints, least: timedelta) -> None:
    assert least <= wait(every(HALF_HOUR, DAY, fresh=5), hints) < least * 1.1


def test_retry_after_is_obeyed() -> None:
    asked = [visit(timedelta(0), Outcome.UNREACHABLE, retry_after=3 * HOUR)]
    assert wait(asked) >= 3 * HOUR


def test_the_jitter_depends_on_source_and_time_alone() -> None:
    assert wait([]) == wait([])


def test_hints_travel_in_the_cursor() -> None:
    cursor = noted({"seen": "{}", "every_seconds": "9"}, Hints(fresh_for=HOUR))
    assert cursor == {"seen": "{}", "fresh_seconds": "3600"}
    assert hints_of(Checkpoint("blatt", cursor)) == Hints(None, HOUR)


@pytest.mark.parametrize(
    ("head", "said"),
    [
        (b"<rss><channel><ttl>60</ttl>", HOUR),
        (b"<sy:updatePeriod> hourly </sy:updatePeriod><sy:updateFrequency>2</sy:updateFrequency>", HALF_HOUR),
        (b"<ttl>0</ttl>", None),
        (b"<rss>", None),
    ],
)
def test_a_feed_says_how_often_it_changes(head: bytes, said: timedelta | None) -> None:
    assert feed_says(head) == said


# --- volume --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("seen", "usual", "thin"), [(0, 10, True), (3, 10, False), (0, 2, False), (12, 10, False)]
)
def test_thin_means_too_few_for_chance(seen: int, usual: float, thin: bool) -> None:
    assert is_thin(seen, usual) is thin


def steady(days: int, per_day: int, last_day: int) -> list[Visit]:
    return [visit(DAY * k + HOUR, fresh=per_day if k else last_day) for k in range(days, -1, -1)]


def test_a_day_far_below_the_usual_is_told() -> None:
    assert below_usual(steady(20, 30, 1), NOW) == "1 new in 24 hours, usually 30"
    assert below_usual(steady(20, 30, 25), NOW) == ""


def test_a_short_history_tells_nothing() -> None:
    assert below_usual(steady(5, 30, 0), NOW) == ""


def test_a_listing_that_suddenly_offers_nothing_is_not_believed() -> None:
    before = every(HOUR, 5 * HOUR, fresh=1)[:-1]
    found = weighed(visit(timedelta(0), Outcome.EMPTY, entries=0), before)
    assert (found.outcome, found.reason) == (Outcome.BELOW_USUAL, "no entries, usually 20")


def test_a_weekday_is_measured_by_its_like() -> None:
    # Weekdays bring 40, Sundays none; NOW is a Monday morning, so the last 24 hours are mostly Sunday.
    rows = [visit(DAY * k + HOUR, fresh=0 if k % 7 == 0 else 40) for k in range(28, -1, -1)]
    assert below_usual(rows, NOW) == ""


# --- health --------------------------------------------------------------------------------------


def test_a_source_never_visited_has_no_health() -> None:
    assert health([], NOW) is None


def test_a_well_source_is_well() -> None:
    found = health(every(HOUR, 3 * DAY, fresh=1), NOW)
    assert found is not None
    assert (found.is_well, found.stale, found.dead, found.failures) == (True, False, False, 0)


def test_a_state_begins_where_it_began() -> None:
    rows = [
        visit(5 * HOUR),
        visit(4 * HOUR, Outcome.BLOCKED, reason="HTTP 403"),
        visit(HOUR, Outcome.BLOCKED),
    ]
    found = health(rows, NOW)
    assert found is not None
    assert (found.state, found.since, found.failures) == (Outcome.BLOCKED, NOW - 4 * HOUR, 2)
    assert found.last_reported == NOW - 5 * HOUR


def test_stale_is_measured_by_the_source_itself() -> None:
    hourly = [visit(timedelta(hours=30 + k), fresh=1) for k in range(50, 0, -1)]
    weekly = [visit(DAY * (2 + 7 * k), fresh=1) for k in range(8, -1, -1)]
    for rows, stale in ((hourly, True), (weekly, False)):
        found = health([*rows, visit(timedelta(0), Outcome.UNCHANGED)], NOW)
        assert found is not None
        assert found.stale is stale


@pytest.mark.parametrize(
    ("rows", "dead"),
    [
        ([visit(DAY), visit(timedelta(0), Outcome.GONE)], True),
        ([visit(15 * DAY), *(visit(DAY * k, Outcome.UNREACHABLE) for k in (14, 5, 1))], True),
        ([visit(3 * DAY, fresh=1), *(visit(HOUR * k, Outcome.UNREACHABLE) for k in (3, 2, 1))], False),
        ([visit(100 * DAY, fresh=3), visit(DAY, Outcome.UNCHANGED)], True),
    ],
)
def test_dead_is_gone_failing_or_silent_for_long(rows: list[Visit], dead: bool) -> None:
    found = health(rows, NOW)
    assert found is not None
    assert found.dead is dead


def test_pages_without_text_are_a_share() -> None:
    found = health([visit(DAY, pages=3, pages_failed=1), visit(HOUR, pages=0)], NOW)
    assert found is not None
    assert found.unread == pytest.approx(0.25)


def test_a_source_moves_after_three_equal_answers_over_a_day() -> None:
    def moved(ago: timedelta, url: str) -> Visit:
        return visit(ago, reason=f"moved permanently to {url}")

    same = [moved(HOUR * k, "https://neu.example/rss") for k in (30, 12, 1)]
    assert moved_to(same) == "https://neu.example/rss"
    assert moved_to(same[1:]) == ""
    assert moved_to([*same[:2], moved(HOUR, "https://anders.example/rss")]) == ""
