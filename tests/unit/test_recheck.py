"""What an answer means for an item that is held: 410 at once, 404 on two days, all else is no news."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from crawler.recheck import Findings, RollCall, findings, next_day, questions, unanswered, unasked
from domain.model import Fetched, Lens, Purpose, Request, Source, Standing, Validators

SEEN = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)
NOW = SEEN + timedelta(days=1)
DAY = timedelta(days=1)
PRESS = Source(
    id="blatt", name="Blatt", kind="rss", url="https://blatt.example/feed", language="de", markets=("DE",), lens=Lens.MEDIA,
)  # fmt: skip
ITEM = Standing(
    item_id="i1", source_id="blatt", raw_id="r1", url="https://blatt.example/1", platform="", first_seen_at=SEEN,
    fetched_at=SEEN,
)  # fmt: skip


def asked(item: Standing = ITEM, source: Source = PRESS) -> Request:
    (request,) = questions(RollCall(source, (item,)))
    return request


def told(status: int, item: Standing = ITEM, now: datetime = NOW, **headers: str) -> Findings:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    answer = Fetched("blatt", asked(item), item.url, status, named, b"", now)
    return findings(answer, RollCall(PRESS, (item,)), now)


@pytest.mark.parametrize(
    ("now", "after"), [(0, 1), (0.9, 1), (1, 3), (3, 7), (8, 14), (14, 28), (28, None), (90, None)]
)
def test_days_1_3_7_14_28_after_the_first_sight(now: float, after: int | None) -> None:
    expected = None if after is None else SEEN + after * DAY
    assert next_day(SEEN, SEEN + now * DAY) == expected


def test_a_page_is_asked_for_conditionally_from_the_first_time_on() -> None:
    request = asked()
    assert request.purpose is Purpose.RECHECK
    assert request.headers == {"if-modified-since": "Fri, 20 Nov 2026 09:00:00 GMT"}
    assert asked(replace(ITEM, validators=Validators("e1"))).headers == {"if-none-match": "e1"}


def test_a_page_that_is_gone_is_believed_at_once() -> None:
    (gone,) = told(410).tombstones
    assert (gone.source_id, gone.raw_id, gone.state) == ("blatt", "r1", "gone")


def test_a_page_that_is_missing_is_asked_for_again_the_next_day_and_believed_then() -> None:
    first = told(404)
    assert first.tombstones == ()
    assert (first.looks[0].missed_at, first.looks[0].due_at) == (NOW, NOW + DAY)
    missed = replace(ITEM, missed_at=NOW)
    assert told(404, missed, NOW + timedelta(hours=23)).tombstones == ()
    (gone,) = told(404, missed, NOW + DAY).tombstones
    assert gone.reason == "404 on two different days"


def test_a_page_that_is_back_has_not_missed_a_day() -> None:
    back = told(200, replace(ITEM, missed_at=NOW), NOW + DAY, etag="e2")
    assert (back.looks[0].missed_at, back.looks[0].validators.etag) == (None, "e2")


def test_an_unchanged_page_keeps_what_it_is_asked_with() -> None:
    look = told(304, replace(ITEM, validators=Validators("e1"))).looks[0]
    assert (look.validators, look.due_at) == (Validators("e1"), SEEN + 3 * DAY)


@pytest.mark.parametrize("status", [301, 401, 403, 429, 500, 503])
def test_any_other_answer_is_no_news(status: int) -> None:
    found = told(status, replace(ITEM, missed_at=NOW))
    assert found.tombstones == ()
    assert (found.unclear[0].missed_at, found.unclear[0].due_at) == (NOW, NOW + timedelta(hours=6))


def test_no_answer_is_no_news() -> None:
    found = unanswered(asked(), RollCall(PRESS, (ITEM,)), NOW)
    assert found.unclear[0].due_at == NOW + timedelta(hours=6)


def test_a_source_whose_pages_are_not_read_is_not_asked_for_them() -> None:
    call = RollCall(replace(PRESS, fetch_pages=False), (ITEM,))
    assert questions(call) == []
    (put_off,) = unasked(call, [], NOW)
    assert put_off.due_at == SEEN + 3 * DAY


def test_a_post_is_never_asked_for_by_its_page() -> None:
    post = replace(ITEM, platform="reddit", source_id="r")
    call = RollCall(replace(PRESS, id="r", kind="reddit", lens=Lens.USER), (post,))
    assert post.url not in {request.url for request in questions(call)}
    assert [look.item_id for look in unasked(call, [], NOW)] == ["i1"]


# --- platforms with a call of their own ----------------------------------------------------------

POSTS = tuple(
    replace(ITEM, item_id=f"i{n}", raw_id=f"x{n}", platform="lemmy", source_id="l") for n in range(1, 4)
)
LEMMY = replace(PRESS, id="l", kind="lemmy", url="https://lemmy.example/", lens=Lens.USER)


def test_a_single_post_that_answers_404_is_doubted_first() -> None:
    post = replace(POSTS[0], raw_id="post/5")
    call = RollCall(LEMMY, (post,))
    (request,) = questions(call)
    answer = Fetched("l", request, request.url, 404, {}, b"{}", NOW)
    assert findings(answer, call, NOW).tombstones == ()
    call = RollCall(LEMMY, (replace(post, missed_at=NOW),))
    assert len(findings(answer, call, NOW + DAY).tombstones) == 1


def test_an_answer_that_cannot_be_read_is_no_news() -> None:
    post = replace(POSTS[0], raw_id="post/5")
    call = RollCall(LEMMY, (post,))
    (request,) = questions(call)
    answer = Fetched("l", request, request.url, 200, {}, b"<html>", NOW)
    assert findings(answer, call, NOW).unclear[0].due_at == NOW + timedelta(hours=6)
