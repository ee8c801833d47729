"""Each platform as it behaves by its documents: paging, limits in its own words, ceilings and odd shapes; over real HTTP."""

import hashlib
import io
import json
import zipfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

from crawler.dedupe import NearIndex
from crawler.recheck import RollCall, questions
from crawler.registry import connector_for
from crawler.settings import CrawlSettings
from domain.model import (
    Entry,
    Fetched,
    Lens,
    Limits,
    Outcome,
    Request,
    Source,
    Standing,
    Terms,
    TermsStatus,
    Tombstone,
)
from lagebild.belts.collect import Desk
from lagebild.belts.recheck import Rechecked, recheck, recheck_run
from lagebild.secrets import secrets_of
from tests.integration.loopback import NOW, Answer, Asked, Platform, Told, Visitor, serving

FIXTURES = Path(__file__).parents[1] / "fixtures" / "connectors"
SIGNED = Terms(TermsStatus.CONTRACT, date(2026, 2, 1), "https://terms.example/", "legal desk")
Open = Callable[..., tuple[Platform, Visitor]]


@pytest.fixture
def opened(tmp_path: Path) -> Iterator[Open]:
    """A platform with this answer, and somebody who visits it with a source of this kind."""
    with ExitStack() as stack:

        def open_(answer: Answer, kind: str, **given: object) -> tuple[Platform, Visitor]:
            platform = stack.enter_context(serving(answer))
            visitor = Visitor(platform, tmp_path, kind, **given)
            stack.callback(visitor.archive.close)
            return platform, visitor

        yield open_


def told(value: object, status: int = 200, **headers: str) -> Told:
    return Told(json.dumps(value).encode(), status, {"content-type": "application/json", **headers})


def ago(minutes: float) -> str:
    return (NOW - timedelta(minutes=minutes)).strftime("%Y-%m-%dT%H:%M:%S.000Z")


def later(minutes: float) -> datetime:
    return NOW + timedelta(minutes=minutes)


# --- YouTube -------------------------------------------------------------------------------------


def feed_of(videos: list[tuple[str, str]]) -> Told:
    rows = "".join(
        f"<entry><yt:videoId>{name}</yt:videoId><yt:channelId>UCx</yt:channelId><title>T {name}</title>"
        f"<author><name>Kanal</name></author><published>{at}</published></entry>"
        for name, at in videos[:15]
    )
    spaces = 'xmlns:yt="http://www.youtube.com/xml/schemas/2015" xmlns="http://www.w3.org/2005/Atom"'
    return Told(f"<feed {spaces}>{rows}</feed>".encode(), headers={"content-type": "text/xml"})


def test_youtube_s_false_404s_conclude_nothing_and_lose_nothing(opened: Open) -> None:
    videos = [(f"v{n}", ago(n * 60)) for n in range(5)]
    platform, visitor = opened(
        lambda asked: feed_of(videos), "youtube", options={"channels": ["UCx"], "days": 30}
    )
    visitor.visit()
    platform.answer = lambda asked: Told(status=404)
    for hour in range(1, 6):
        assert visitor.visit(later(hour * 60)).outcome is Outcome.UNREACHABLE
    assert visitor.held() == [f"v{n}" for n in range(5)]
    platform.answer = lambda asked: feed_of([("neu", ago(-300)), *videos])
    visitor.visit(later(400))
    assert len(visitor.held()) == 6


def test_youtube_tells_when_a_feed_cannot_hold_all_that_is_new(opened: Open) -> None:
    platform, visitor = opened(
        lambda asked: feed_of([("alt", ago(5))]), "youtube", options={"channels": ["UCx"]}
    )
    visitor.visit()
    platform.answer = lambda asked: feed_of([(f"n{n}", ago(n - 60)) for n in range(20)])
    assert visitor.visit(later(60)).outcome is Outcome.BELOW_USUAL


class Channel:
    """The Data API: fifty uploads a page, comments by thread; `spent` answers as a key without quota does."""

    def __init__(self, videos: int, comments: int) -> None:
        self.videos = [(f"v{n:03d}", ago(n * 10)) for n in range(videos)]
        self.comments, self.spent, self.closed, self.calls = comments, False, set[str](), 0
        self.commented: list[str] = []

    def __call__(self, asked: Asked) -> Told:
        assert asked.headers["x-goog-api-key"] == "geheim"
        self.calls += 1
        if self.spent:
            return told({"error": {"code": 403, "errors": [{"reason": "quotaExceeded"}]}}, 403)
        start, size = int(asked.query.get("pageToken", "0")), int(asked.query["maxResults"])
        more = lambda total: {"nextPageToken": str(start + size)} if start + size < total else {}  # noqa: E731
        if asked.path.endswith("/playlistItems"):
            assert asked.query["playlistId"] == "UUx"
            rows = [
                {
                    "snippet": {"title": name, "videoOwnerChannelId": "UCx"},
                    "contentDetails": {"videoId": name, "videoPublishedAt": at},
                }
                for name, at in self.videos[start : start + size]
            ]
            return told({"items": rows, **more(len(self.videos))})
        video = asked.query["videoId"]
        self.commented.append(video)
        if video in self.closed:
            return told({"error": {"code": 403, "errors": [{"reason": "commentsDisabled"}]}}, 403)
        return told(
            {
                "items": [self.thread(video, n) for n in range(self.comments)][start : start + size],
                **more(self.comments),
            }
        )

    def thread(self, video: str, number: int) -> dict[str, Any]:
        def comment(raw_id: str, minutes: float) -> dict[str, Any]:
            snippet = {
                "textOriginal": "Ja",
                "publishedAt": ago(minutes),
                "authorChannelId": {"value": "UCz"},
                "likeCount": 0,
            }
            return {"id": raw_id, "snippet": snippet}

        top = {"topLevelComment": comment(f"{video}-{number:03d}", number / 10), "totalReplyCount": 1}
        return {"snippet": top, "replies": {"comments": [comment(f"{video}-{number:03d}.1", number / 10)]}}


def api(platform_base: str, **more: object) -> dict[str, object]:
    return {"channels": ["UCx"], "api": platform_base + "/youtube/v3", "days": 30, **more}


def youtube(opened: Open, channel: Channel, **given: Any) -> Visitor:
    platform, visitor = opened(channel, "youtube", auth="env:KEY", **given)
    visitor.source = replace(visitor.source, options=api(platform.base, **visitor.source.options))
    return visitor


def test_youtube_s_interface_lists_all_uploads_and_then_their_comments(opened: Open) -> None:
    channel = Channel(videos=60, comments=3)
    visitor = youtube(opened, channel, options={"comment_days": 0.02})  # 28 minutes: three videos
    visitor.visit()
    assert len(visitor.held()) == 60
    visitor.visit(later(1))
    comments = [one for one in visitor.held() if "-" in one]
    assert len(comments) == 3 * 3 * 2
    assert visitor.visit(later(2)).fresh == 0


def test_youtube_s_quota_is_never_passed_and_a_spent_key_is_no_refusal(opened: Open) -> None:
    channel = Channel(videos=120, comments=0)
    visitor = youtube(opened, channel, limits=Limits(daily_budget=2))
    visit = visitor.visit()
    assert (channel.calls, len(visitor.held())) == (2, 100)
    assert "the budget of s is spent (2 quota units for 2026-03-02)" in visit.reason
    visitor.visit(later(60 * 24))
    assert len(visitor.held()) == 120
    channel.spent = True
    assert visitor.visit(later(60 * 48)).outcome is Outcome.UNREACHABLE


def test_a_video_with_closed_comments_is_not_asked_again(opened: Open) -> None:
    channel = Channel(videos=1, comments=2)
    channel.closed.add("v000")
    visitor = youtube(opened, channel)
    for minute in range(5):
        assert visitor.visit(later(minute)).outcome.reported
    assert channel.commented == ["v000"]


# --- Discourse -----------------------------------------------------------------------------------


def forum(count: int) -> Answer:
    posts = [
        {
            "id": n,
            "username": "u",
            "created_at": ago(count - n),
            "cooked": f"<p>{n}</p>",
            "post_number": 1,
            "post_type": 1,
            "topic_id": n,
        }
        for n in range(1, count + 1)
    ]

    def answer(asked: Asked) -> Told:
        before = int(asked.query.get("before", str(count)))
        return told({"latest_posts": [p for p in reversed(posts) if int(str(p["id"])) <= before][:50]})

    return answer


def test_discourse_is_read_back_by_ids(opened: Open) -> None:
    platform, visitor = opened(forum(180), "discourse", options={"days": 30})
    visitor.visit()
    assert len(visitor.held()) == 180
    assert len(platform.asked) == 4
    assert visitor.visit(later(1)).fresh == 0
    assert (
        len(platform.asked) == 7
    )  # an hour of overlap ends on the second page; the third shows that nothing is left


def test_discourse_s_limit_is_kept_and_the_rest_comes_later(opened: Open) -> None:
    posts, calls = forum(180), [0]

    def limited(asked: Asked) -> Told:
        calls[0] += 1
        limit = {"retry-after": "17", "discourse-rate-limit-error-code": "ip_10_secs_limit"}
        return Told(b"Slow down", 429, limit) if calls[0] == 3 else posts(asked)

    _, visitor = opened(limited, "discourse", options={"days": 30})
    visit = visitor.visit()
    assert (visit.retry_after, len(visitor.held())) == (timedelta(seconds=17), 100)


def test_discourse_s_search_pages_by_number_and_its_topics_give_the_titles(opened: Open) -> None:
    def answer(asked: Asked) -> Told:
        assert asked.query["q"] == "rückruf after:2026-02-27 order:latest"
        page = int(asked.query["page"])
        posts = [
            {
                "id": page,
                "username": "u",
                "created_at": ago(page),
                "blurb": "x",
                "topic_id": page,
                "post_number": 1,
            }
        ]
        more = {"more_full_page_results": True if page < 3 else None}
        topics = [{"id": page, "title": f"Thema {page}", "slug": "t", "category_id": 5}]
        return told({"posts": posts, "topics": topics, "grouped_search_result": more})

    _, visitor = opened(answer, "discourse", options={"queries": ["rückruf"]})
    visitor.visit()
    assert visitor.held() == ["1/1", "2/1", "3/1"]


def test_a_post_of_discourse_that_was_hidden_becomes_a_tombstone(opened: Open) -> None:
    platform, visitor = opened(forum(1), "discourse", options={"days": 30})
    connector = connector_for("discourse")
    (request,) = connector.recheck(visitor.source, ["77/4"])
    assert request.url == f"{platform.base}/posts/by_number/77/4.json"
    body = json.dumps({"id": 5, "hidden": True}).encode()
    (found,) = connector.parse(Fetched("s", request, request.url, 200, {}, body, NOW), visitor.source)
    assert isinstance(found, Tombstone)


# --- PeerTube ------------------------------------------------------------------------------------


def tube(count: int) -> Answer:
    rows = [
        {
            "uuid": f"u{n:04d}",
            "name": "V",
            "publishedAt": ago(n),
            "account": {"name": "a", "host": "h.example"},
        }
        for n in range(count)
    ]

    def answer(asked: Asked) -> Told:
        if asked.path.endswith("/comment-threads"):
            video = asked.path.split("/")[-2]
            row = {
                "id": int(video[1:]) * 10 + 1,
                "text": "<p>Ja</p>",
                "createdAt": ago(0),
                "account": {"name": "b", "host": "h.example"},
            }
            return told({"total": 2, "data": [row, {"id": 3, "isDeleted": True}]})
        start, size = int(asked.query["start"]), int(asked.query["count"])
        return told({"total": count, "data": rows[start : start + size]})

    return answer


def test_peertube_is_read_by_counts_and_comments_follow(opened: Open) -> None:
    _, visitor = opened(tube(250), "peertube", options={"days": 30})
    visitor.visit()
    assert len(visitor.held()) == 250
    _, visitor = opened(tube(5), "peertube", options={"days": 30, "comments": True})
    visitor.visit()
    assert visitor.held() == ["1", "11", "21", "31", "41", *(f"u{n:04d}" for n in range(5))]


def test_peertube_s_limit_says_when_it_ends(opened: Open) -> None:
    headers = {"RateLimit-Limit": "50", "RateLimit-Remaining": "0", "RateLimit-Reset": "9"}
    _, visitor = opened(lambda asked: told({}, 429, **headers), "peertube")
    assert visitor.visit().retry_after == timedelta(seconds=9)


# --- App Store -----------------------------------------------------------------------------------


class Store:
    """Fifty reviews a page, ten pages; one review comes as an object; `empty` pages have nothing though they should."""

    def __init__(self, count: int) -> None:
        self.count, self.empty = count, set[int]()

    def __call__(self, asked: Asked) -> Told:
        page = int(asked.path.split("page=")[1].split("/")[0])
        ids = range(self.count, 0, -1)[(page - 1) * 50 : page * 50]
        rows = [] if page in self.empty else [self.review(1000 + n) for n in ids]
        feed: dict[str, Any] = {"title": {"label": "Reviews"}}
        return told({"feed": feed | ({"entry": rows[0] if len(rows) == 1 else rows} if rows else {})})

    def review(self, number: int) -> dict[str, Any]:
        fields = {"id": number, "im:rating": 2, "im:version": "1.0", "title": "T", "content": "C"}
        return {name: {"label": str(value)} for name, value in fields.items()}


APPS = {"apps": [900], "countries": ["de"]}


def test_a_lone_review_is_an_object_and_is_read(opened: Open) -> None:
    _, visitor = opened(Store(1), "appstore_reviews", options=APPS)
    visitor.visit()
    assert visitor.held() == ["1001"]


def test_reviews_are_read_page_by_page_and_once(opened: Open) -> None:
    store = Store(120)
    platform, visitor = opened(store, "appstore_reviews", options=APPS)
    visitor.visit()
    assert len(visitor.held()) == 120
    store.count, before = 130, len(platform.asked)
    assert visitor.visit(later(60)).fresh == 10
    assert len(platform.asked) == before + 1


def test_a_page_that_is_empty_at_random_hides_no_review(opened: Open) -> None:
    store = Store(20)
    _, visitor = opened(store, "appstore_reviews", options=APPS)
    visitor.visit()
    store.count, store.empty = 170, {2}
    visitor.visit(later(60))
    assert len(visitor.held()) < 170
    store.empty = set()
    for hour in (2, 3):
        visitor.visit(later(60 * hour))
    assert len(visitor.held()) == 170


def test_a_page_that_stays_empty_stops_nobody(opened: Open) -> None:
    store = Store(20)
    _, visitor = opened(store, "appstore_reviews", options=APPS)
    visitor.visit()
    store.count, store.empty = 170, {2}
    for hour in range(1, 7):
        visitor.visit(later(60 * hour))
    store.count = 180
    visitor.visit(later(60 * 7))
    assert "1180" in visitor.held()


def test_more_new_reviews_than_the_pages_hold_are_a_gap(opened: Open) -> None:
    store = Store(20)
    _, visitor = opened(store, "appstore_reviews", options=APPS)
    visitor.visit()
    store.count = 700
    assert visitor.visit(later(60)).outcome is Outcome.BELOW_USUAL
    assert visitor.visit(later(120)).outcome is Outcome.UNCHANGED


# --- GDELT ---------------------------------------------------------------------------------------


def packed(stamp: str, articles: list[tuple[str, str, str]]) -> bytes:
    def line(url: str, title: str, language: str) -> str:
        row = [""] * 27
        row[1], row[4], row[7] = stamp, url, "CYBER_ATTACK;TAX_X"
        row[25] = f"srclc:{language};eng:GT-DEU 1.0" if language else ""
        row[26] = f"<PAGE_TITLE>{title}</PAGE_TITLE>"
        return "\t".join(row)

    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(f"{stamp}.gkg.csv", "\n".join(line(*article) for article in articles) + "\n")
    return file.getvalue()


class Files:
    """GDELT's files of a quarter of an hour, up to `latest`."""

    def __init__(self, latest: datetime) -> None:
        self.latest, self.missing, self.spoilt = latest, set[str](), False

    def __call__(self, asked: Asked) -> Told:
        name = asked.path.rsplit("/", 1)[-1]
        if name == "lastupdate-translation.txt":
            stamp = f"{self.latest:%Y%m%d%H%M%S}"
            body = self.file(stamp)
            md5 = "0" * 32 if self.spoilt else hashlib.md5(body, usedforsecurity=False).hexdigest()
            lines = [f"1 {'a' * 32} http://x.example/gdeltv2/{stamp}.translation.export.CSV.zip"]
            return Told(
                "\n".join(
                    [*lines, f"{len(body)} {md5} http://x.example/gdeltv2/{stamp}.translation.gkg.csv.zip"]
                ).encode()
            )
        stamp = name.split(".")[0]
        return Told(status=404) if stamp in self.missing else Told(self.file(stamp))

    def file(self, stamp: str) -> bytes:
        return packed(
            stamp,
            [
                (f"https://blatt.example/{stamp}", "Rückruf &amp; Folgen", "deu"),
                (f"https://journal.example/{stamp}", "Rappel", "fra"),
                (f"https://else.invalid/{stamp}", "Recall", "deu"),
            ],
        )


GDELT = {"domains": ["blatt.example", "journal.example"], "languages": ["de"], "editions": ["translation"]}


def test_gdelt_s_files_are_read_in_order_none_left_out(opened: Open) -> None:
    files = Files(NOW)
    platform, visitor = opened(files, "gdelt", options=GDELT)
    visitor.visit(NOW)
    files.latest = NOW + timedelta(minutes=60)
    visitor.visit(later(61))
    assert len(visitor.held()) == 5
    assert [path.rsplit("/", 1)[-1].split(".")[0][-6:] for path in platform.paths] == [
        "lastupdate-translation"[-6:], "090000", "lastupdate-translation"[-6:], "091500", "093000", "094500", "100000",
    ]  # fmt: skip
    titles = {row[0] for row in visitor.archive.rows("SELECT title FROM item_text")}
    assert titles == {"Rückruf & Folgen"}


def test_a_day_of_files_is_caught_up_over_visits(opened: Open) -> None:
    files = Files(NOW)
    _, visitor = opened(files, "gdelt", options=GDELT)
    visitor.visit(NOW)
    files.latest = NOW + timedelta(hours=6)
    for minute in range(3):
        visitor.visit(NOW + timedelta(hours=6, minutes=minute))
    assert len(visitor.held()) == 25


def test_a_file_that_never_comes_is_a_gap_after_two_hours_and_awaited_before(opened: Open) -> None:
    files = Files(NOW)
    _, visitor = opened(files, "gdelt", options=GDELT)
    visitor.visit(NOW)
    files.latest, files.missing = NOW + timedelta(minutes=30), {"20260302091500"}
    visitor.visit(later(31))
    assert len(visitor.held()) == 1
    assert visitor.visit(later(180)).outcome is Outcome.BELOW_USUAL
    assert len(visitor.held()) == 2


def test_a_file_that_is_not_the_named_one_is_not_read(opened: Open) -> None:
    files = Files(NOW)
    files.spoilt = True
    _, visitor = opened(files, "gdelt", options=GDELT)
    assert visitor.visit().outcome is Outcome.UNPARSEABLE
    assert visitor.cursor() == {}


def test_gdelt_s_search_is_sliced_under_its_ceiling_and_its_words_are_no_articles(opened: Open) -> None:
    count = 600

    def answer(asked: Asked) -> Told:
        assert asked.query["query"] == "rückruf sourcelang:german"
        end = asked.query.get("enddatetime", "9" * 14)
        stamps = [(NOW - timedelta(minutes=n)).strftime("%Y%m%d%H%M%S") for n in range(count)]
        rows = [
            {"url": f"https://b.example/{s}", "title": "T", "seendate": s, "language": "German"}
            for s in stamps
            if s <= end
        ]
        return told({"articles": rows[:250]})

    platform, visitor = opened(
        answer, "gdelt", options={"mode": "doc", "queries": ["rückruf"], "languages": ["de"]}
    )
    visitor.visit()
    assert len(visitor.held()) == count
    platform.answer = lambda asked: Told(
        b"Please limit requests to one every 5 seconds", 200, {"content-type": "text/plain"}
    )
    assert visitor.visit(later(60)).outcome is Outcome.UNPARSEABLE


# --- off until signed ----------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["reddit", "telegram", "google_news", "x", "threads", "trustpilot"])
def test_a_guarded_kind_asks_nothing_until_the_operator_signs_or_pays(opened: Open, kind: str) -> None:
    options = json.loads((FIXTURES / kind / "options.json").read_text())
    platform, visitor = opened(lambda asked: Told(), kind, options=options)
    visit = visitor.visit()
    assert visit.outcome is Outcome.SKIPPED
    assert "set " in visit.reason
    assert platform.asked == []


def test_a_source_whose_secret_is_missing_is_skipped_and_says_where_to_put_it(opened: Open) -> None:
    platform, visitor = opened(
        lambda asked: Told(), "trustpilot", auth="env:NOWHERE", options={"units": ["u"]}
    )
    visit = visitor.visit()
    assert (visit.outcome, platform.asked) == (Outcome.SKIPPED, [])
    assert "set the environment variable NOWHERE" in visit.reason


def test_reddit_is_read_in_a_session_of_the_application(opened: Open) -> None:
    logins = [0]

    def answer(asked: Asked) -> Told:
        if asked.path == "/api/v1/access_token":
            logins[0] += 1
            assert asked.headers["authorization"] == "Basic Z2VoZWlt"
            assert asked.body == b"grant_type=client_credentials"
            return told({"access_token": "tok", "expires_in": 86400})
        assert asked.headers["authorization"] == "Bearer tok"
        start = int(asked.query.get("after", "t3_0").removeprefix("t3_"))
        rows = [
            {
                "data": {
                    "name": f"t3_{n}",
                    "title": "T",
                    "created_utc": (NOW - timedelta(minutes=n)).timestamp(),
                }
            }
            for n in range(start + 1, min(start + 101, 251))
        ]
        return told({"data": {"children": rows, "after": f"t3_{start + 100}" if start + 100 < 250 else None}})

    platform, visitor = opened(answer, "reddit", auth="env:KEY", terms=SIGNED)
    visitor.source = replace(visitor.source, options={"communities": ["de"], "login": platform.base})
    visitor.visit()
    visitor.visit(later(5))
    assert (logins[0], len(visitor.held())) == (1, 250)


def test_reddit_s_limit_counts_seconds(opened: Open) -> None:
    def answer(asked: Asked) -> Told:
        if asked.path == "/api/v1/access_token":
            return told({"access_token": "tok", "expires_in": 86400})
        return told({}, 429, **{"x-ratelimit-remaining": "0.0", "x-ratelimit-reset": "213"})

    platform, visitor = opened(answer, "reddit", auth="env:KEY", terms=SIGNED)
    visitor.source = replace(visitor.source, options={"communities": ["limits"], "login": platform.base})
    assert visitor.visit().retry_after == timedelta(seconds=213)


def preview(count: int) -> Answer:
    def message(n: int) -> str:
        return (
            f'<div class="tgme_widget_message" data-post="amt/{n}"><div class="tgme_widget_message_text">M {n}</div>'
            f'<a class="tgme_widget_message_date"><time datetime="{ago(count - n)}"></time></a></div>'
        )

    def answer(asked: Asked) -> Told:
        before = int(asked.query.get("before", str(count + 1)))
        rows = "".join(message(n) for n in range(max(1, before - 20), before))
        return Told(f"<html><body>{rows}</body></html>".encode())

    return answer


def test_telegram_is_walked_back_by_numbers(opened: Open) -> None:
    platform, visitor = opened(
        preview(50), "telegram", terms=SIGNED, options={"channels": ["amt"], "days": 30}
    )
    visitor.visit()
    assert len(visitor.held()) == 50
    platform.answer = preview(75)
    visitor.visit(later(30))
    assert len(visitor.held()) == 75


def test_a_channel_without_a_preview_is_blocked(opened: Open) -> None:
    def answer(asked: Asked) -> Told:
        return (
            Told(b"<html></html>") if asked.path == "/amt" else Told(status=302, headers={"location": "/amt"})
        )

    _, visitor = opened(answer, "telegram", terms=SIGNED, options={"channels": ["amt"]})
    assert visitor.visit().outcome is Outcome.BLOCKED


def test_google_news_keeps_titles_and_fetches_no_page(opened: Open) -> None:
    body = (FIXTURES / "google_news" / "answer.xml").read_bytes()
    platform, visitor = opened(
        lambda asked: Told(body),
        "google_news",
        terms=SIGNED,
        fetch_pages=True,
        options={"queries": ["rückruf"]},
    )
    visitor.visit()
    assert platform.paths == ["/rss/search"]
    assert platform.asked[0].query["ceid"] == "DE:de"
    assert visitor.archive.rows("SELECT title, lead, body FROM item_text") == [
        ("Rückruf weitet sich aus - Blatt", "", "")
    ]


@pytest.mark.parametrize(
    "kind", ["reddit", "telegram", "google_news", "x", "threads", "trustpilot", "youtube"]
)
def test_addresses_of_platforms_that_want_no_readers_are_never_fetched(kind: str) -> None:
    site = Source(
        id="s", name="S", kind=kind, url="https://a.example/", language="de", markets=("DE",), lens=Lens.USER
    )  # fmt: skip
    item = Standing(
        item_id="i", source_id="s", raw_id="1", url="https://a.example/1", platform="p", first_seen_at=NOW, fetched_at=NOW
    )  # fmt: skip
    assert "https://a.example/1" not in {request.url for request in questions(RollCall(site, (item,)))}


def asked_again(visitor: Visitor, now: datetime) -> Rechecked:
    """The recheck belt over what is held and due."""
    desk = Desk(visitor.archive, NearIndex(), lambda: now)
    run = recheck_run(visitor.archive, desk, [visitor.source], secrets=secrets_of(visitor.environment))
    settings = CrawlSettings(
        user_agent="Test/1.0",
        per_host_delay_seconds=0.0,
        private_hosts=frozenset({"127.*"}),
        clock=lambda: now,
    )
    return recheck(run, settings)


def test_videos_that_are_missing_when_asked_for_again_are_taken_out_within_the_quota(opened: Open) -> None:
    channel = Channel(videos=3, comments=0)

    def answer(asked: Asked) -> Told:
        if not asked.path.endswith("/videos"):
            return channel(asked)
        assert asked.headers["x-goog-api-key"] == "geheim"
        return told({"items": [{"id": one} for one in asked.query["id"].split(",") if not one.endswith("1")]})

    channel.videos = [(f"video-{n:05d}", at) for n, (_, at) in enumerate(channel.videos)]
    visitor = youtube(opened, answer, options={"comments": False}, limits=Limits(daily_budget=1))  # type: ignore[arg-type]
    visitor.visit()
    assert asked_again(visitor, later(25 * 60)).gone == 1
    assert visitor.held() == ["video-00000", "video-00002"]
    # The day's one unit is spent: nothing is asked, and nothing concluded.
    assert asked_again(visitor, later(25 * 60 + 7 * 60)).gone == 0


def test_bluesky_s_posts_are_asked_for_again_however_long_their_addresses_together(opened: Open) -> None:
    uris = [f"at://did:plc:{'a' * 24}/app.bsky.feed.post/{n:013d}" for n in range(60)]

    def answer(asked: Asked) -> Told:
        standing = asked.many.get("uris", uris)
        rows = [
            {"uri": uri, "author": {"did": uri[5:37]}, "record": {"text": "Rückruf", "createdAt": ago(5)}}
            for uri in standing
            if "getPosts" not in asked.path or uri != uris[7]
        ]
        return told({"posts": rows})

    _, visitor = opened(answer, "bluesky", options={"queries": ["rückruf"]})
    visitor.visit()
    done = asked_again(visitor, later(25 * 60))
    assert (done.there, done.gone) == (59, 1)
    assert visitor.held() == sorted(set(uris) - {uris[7]})


def test_reddit_s_posts_are_asked_for_again_in_a_session(opened: Open) -> None:
    row = {"title": "T", "created_utc": NOW.timestamp()}

    def answer(asked: Asked) -> Told:
        if asked.path == "/api/v1/access_token":
            return told({"access_token": "tok", "expires_in": 86400})
        if asked.path == "/api/info":
            assert asked.headers["authorization"] == "Bearer tok"
            rows = [
                {"data": {"name": "t3_1", **row}},
                {"data": {"name": "t3_2", **row, "removed_by_category": "deleted"}},
            ]
            return told({"data": {"children": rows}})
        return told({"data": {"children": [{"data": {"name": f"t3_{n}", **row}} for n in (1, 2, 3)]}})

    platform, visitor = opened(answer, "reddit", auth="env:KEY", terms=SIGNED)
    visitor.source = replace(visitor.source, options={"communities": ["again"], "login": platform.base})
    visitor.visit()
    assert asked_again(visitor, later(25 * 60)).gone == 2
    assert visitor.held() == ["t3_1"]


@pytest.mark.parametrize(
    ("kind", "path"), [("trustpilot", "/v1/reviews/9"), ("threads", "/v1.0/9"), ("telegram", "/9")]
)
def test_what_has_only_an_address_of_its_own_is_asked_for_there(kind: str, path: str) -> None:
    site = Source(
        id="s", name="S", kind=kind, url="https://a.example/", language="de", markets=("DE",), lens=Lens.USER
    )  # fmt: skip
    (request,) = connector_for(kind).recheck(site, ["9"])
    assert (httpx.URL(request.url).path, request.context["id"]) == (path, "9")


def test_a_message_whose_preview_is_an_error_is_gone() -> None:
    site = Source(
        id="s", name="S", kind="telegram", url="https://t.example/", language="de", markets=("DE",), lens=Lens.USER
    )  # fmt: skip
    connector = connector_for("telegram")
    (request,) = connector.recheck(site, ["amt/9"])
    body = b'<html><body><div class="tgme_widget_message_error">Post not found</div></body></html>'
    (found,) = connector.parse(Fetched("s", request, request.url, 200, {}, body, NOW), site)
    assert isinstance(found, Tombstone)


class Priced:
    """X: newest first under `until_id`, and each post that is shown is counted."""

    def __init__(self, count: int) -> None:
        self.ids, self.shown, self.status = list(range(count, 0, -1)), 0, 200

    def __call__(self, asked: Asked) -> Told:
        assert asked.headers["authorization"] == "Bearer geheim"
        if self.status != 200:
            return told(
                {"title": "Too Many Requests"},
                self.status,
                **{"x-rate-limit-reset": str(int(NOW.timestamp()) + 60)},
            )
        floor, ceiling = int(asked.query.get("since_id", "0")), int(asked.query.get("until_id", str(10**19)))
        found = [n for n in self.ids if floor < n < ceiling]
        page = found[: int(asked.query["max_results"])]
        self.shown += len(page)
        rows = [
            {"id": str(n), "text": "T", "author_id": "1", "created_at": ago(1000 - n % 1000)} for n in page
        ]
        ends = {"newest_id": str(page[0]), "oldest_id": str(page[-1])} if page else {}
        return told(
            {
                "data": rows,
                "meta": {
                    "result_count": len(page),
                    **ends,
                    **({"next_token": "n"} if found[len(page) :] else {}),
                },
            }
        )


def test_x_never_costs_more_than_its_budget_and_gives_back_what_a_page_did_not_bring(opened: Open) -> None:
    priced = Priced(330)
    _, visitor = opened(
        priced,
        "x",
        auth="env:KEY",
        limits=Limits(daily_budget=120, monthly_budget=200),
        options={"queries": ["a"]},
    )
    visit = visitor.visit()
    assert (priced.shown, len(visitor.held())) == (200, 200)
    assert "120 cents for 2026-03-02" in visit.reason
    visitor.visit(later(60 * 24))
    assert (priced.shown, len(visitor.held())) == (330, 330)
    spent = {one.period: one.spent for one in visitor.archive.spendings()}
    assert spent == {"2026-03-02": 100, "2026-03-03": 65, "2026-03": 165}


def test_x_pays_nothing_for_a_refusal_and_all_for_an_answer_that_never_came(opened: Open) -> None:
    priced = Priced(10)
    _, visitor = opened(
        priced, "x", auth="env:KEY", limits=Limits(monthly_budget=80), options={"queries": ["a"]}
    )
    (request,) = connector_for("x").recheck(
        replace(visitor.source, options={"recheck": True}), ["1", "2", "3"]
    )
    assert (request.cost, list(connector_for("x").recheck(visitor.source, ["1"]))) == (2, [])
    priced.status = 429
    assert visitor.visit().retry_after == timedelta(seconds=60)
    assert [one.spent for one in visitor.archive.spendings()] == [0]


def test_x_s_posts_are_asked_for_again_within_the_budget_or_not_at_all(opened: Open) -> None:
    priced = Priced(0)
    priced.ids = list(range(10**18 + 250, 10**18, -1))
    deleted = {str(10**18 + n) for n in (1, 99, 250)}

    def answer(asked: Asked) -> Told:
        if asked.path != "/2/tweets":
            return priced(asked)
        wanted = asked.query["ids"].split(",")
        priced.shown += len(set(wanted) - deleted)
        rows = [{"id": one, "author_id": "1"} for one in wanted if one not in deleted]
        return told({"data": rows, "errors": [{"resource_id": one} for one in wanted if one in deleted]})

    budget, options = Limits(monthly_budget=300), {"queries": ["a"], "recheck": True}
    _, visitor = opened(answer, "x", auth="env:KEY", limits=budget, options=options)
    visitor.visit()
    assert (priced.shown, len(visitor.held())) == (250, 250)
    done = asked_again(visitor, later(25 * 60))
    # The whole of it costs no more than was set aside for it.
    assert (done.there, done.gone, done.requests, priced.shown) == (247, 3, 3, 497)
    assert {one.period: one.spent for one in visitor.archive.spendings()} == {"2026-03": 249}
    # Now there are 51 cents left: one of three requests can be paid, and of the others nothing is concluded.
    done = asked_again(visitor, later(73 * 60))
    assert (done.there, done.unclear, priced.shown) == (100, 147, 597)
    assert len(visitor.held()) == 247


def test_threads_goes_back_in_time_under_its_page(opened: Open) -> None:
    def answer(asked: Asked) -> Told:
        assert asked.query["access_token"] == "geheim"
        until = int(asked.query.get("until", str(10**11)))
        moments = [int(NOW.timestamp()) - n * 60 for n in range(230)]
        rows = [
            {
                "id": str(at),
                "text": "T",
                "timestamp": datetime.fromtimestamp(at, UTC).isoformat(),
                "permalink": f"https://t.example/@n/post/{at}",
            }
            for at in moments
            if at < until
        ]
        return told({"data": rows[:100]})

    _, visitor = opened(
        answer, "threads", auth="env:KEY", limits=Limits(daily_budget=50), options={"queries": ["a"]}
    )
    visitor.visit()
    assert len(visitor.held()) == 230


def test_trustpilot_s_reviews_are_read_with_the_key_in_its_header(opened: Open) -> None:
    def answer(asked: Asked) -> Told:
        assert asked.headers["apikey"] == "geheim"
        start = (int(asked.query["page"]) - 1) * 100
        return told(
            {
                "reviews": [
                    {"id": f"r{n}", "stars": 3, "text": "T", "createdAt": ago(n)}
                    for n in range(start, min(start + 100, 140))
                ]
            }
        )

    _, visitor = opened(answer, "trustpilot", auth="env:KEY", options={"units": ["u"]})
    visitor.visit()
    assert len(visitor.held()) == 140
    ratings = {row[0] for row in visitor.archive.rows("SELECT json_extract(more, '$.rating') FROM item")}
    assert ratings == {3.0}


def test_reddit_s_fixture_is_read_and_what_was_taken_out_is_a_tombstone(opened: Open) -> None:
    _, visitor = opened(
        lambda asked: Told(), "reddit", auth="env:KEY", terms=SIGNED, options={"communities": ["chargers"]}
    )
    connector, body = connector_for("reddit"), (FIXTURES / "reddit" / "answer.json").read_bytes()
    request = Request("https://oauth.reddit.example/r/chargers/new")
    parts = list(connector.parse(Fetched("s", request, request.url, 200, {}, body, NOW), visitor.source))
    (entry,) = (part for part in parts if isinstance(part, Entry))
    assert (entry.raw_id, entry.content, entry.community) == (
        "t3_a",
        "<p>Is my &lt;charger&gt; affected?</p>",
        "chargers",
    )
    assert [part.raw_id for part in parts if isinstance(part, Tombstone)] == ["t3_b"]
