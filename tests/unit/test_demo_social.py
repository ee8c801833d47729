"""The demo's Mastodon server and Jetstream stream, as a connector meets them."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import httpx
import pytest
from websockets.sync.client import connect

from lagebild.demo.posts import read_posts
from lagebild.demo.server import ServedWorld, serve
from lagebild.demo.social import jetstream_events, microseconds, post_uri, status_id
from lagebild.demo.world import World, world

NOW = datetime(2026, 11, 28, 9, 0, tzinfo=UTC)


@pytest.fixture(scope="module")
def demo() -> World:
    return world(7, NOW)


@pytest.fixture(scope="module")
def served(demo: World) -> Iterator[ServedWorld]:
    with serve(demo) as running:
        yield running


def get(served: ServedWorld, outlet: str, path: str) -> httpx.Response:
    return httpx.get(served.addresses[outlet] + path)


def test_there_are_posts_in_four_languages_and_of_every_kind_of_consent(demo: World) -> None:
    assert len(demo.posts) >= 60
    assert {post.language for post in demo.posts} == {"de", "fr", "it", "en"}
    refused = [post for post in demo.posts if not post.may_be_kept]
    assert {
        (p.indexable, p.noindex, p.nobot, p.no_unauthenticated, p.deleted_at is not None) for p in refused
    } >= {
        (False, False, False, False, False),
        (True, True, False, False, False),
        (True, False, True, False, False),
        (True, False, False, True, False),
        (True, False, False, False, True),
    }


def test_replies_answer_an_earlier_post(demo: World) -> None:
    by_id = {post.id: post for post in demo.posts}
    replies = [post for post in read_posts(demo.morning) if post.reply_to]
    assert replies
    assert all(by_id[post.reply_to].published < post.published for post in replies)


def test_min_id_walks_forward_without_loss_or_repetition(served: ServedWorld) -> None:
    seen: list[str] = []
    cursor = "1"
    while page := get(
        served, "marktplatz-social", f"/api/v1/timelines/public?limit=7&min_id={cursor}"
    ).json():
        ids = [status["id"] for status in page]
        assert ids == sorted(ids, key=int, reverse=True)
        seen += reversed(ids)
        cursor = ids[0]
    standing = [
        status_id(post)
        for post in served.world.posts
        if post.platform == "mastodon" and post.deleted_at is None
    ]
    assert seen == standing


def test_a_tag_timeline_holds_only_its_tag(served: ServedWorld) -> None:
    page = get(served, "marktplatz-social", "/api/v1/timelines/tag/kinderkonten?limit=40").json()
    assert len(page) >= 5
    assert all("kinderkonten" in {tag["name"] for tag in status["tags"]} for status in page)


def test_the_instance_says_what_is_open_and_accounts_say_what_they_consent_to(served: ServedWorld) -> None:
    access = get(served, "marktplatz-social", "/api/v2/instance").json()["configuration"]["timelines_access"]
    assert access["hashtag_feeds"]["local"] == "public"
    accounts = [
        s["account"] for s in get(served, "marktplatz-social", "/api/v1/timelines/public?limit=40").json()
    ]
    assert {False, True} == {account["indexable"] for account in accounts}
    assert any("#nobot" in account["note"] for account in accounts)


def test_a_deleted_status_is_missing_when_asked_for_again(served: ServedWorld) -> None:
    deleted, kept = (
        next(p for p in served.world.posts if p.platform == "mastodon" and bool(p.deleted_at) is gone)
        for gone in (True, False)
    )
    assert get(served, "marktplatz-social", f"/api/v1/statuses/{status_id(deleted)}").status_code == 404
    both = f"/api/v1/statuses?id[]={status_id(deleted)}&id[]={status_id(kept)}"
    assert [status["id"] for status in get(served, "marktplatz-social", both).json()] == [status_id(kept)]


def test_the_stream_replays_from_a_cursor_in_order(served: ServedWorld) -> None:
    events = jetstream_events(served.world, served.moment)
    cursor = events[20]["time_us"]
    url = f"{served.stream_url}?wantedCollections=app.bsky.feed.post&cursor={cursor}"
    with connect(url) as stream:
        got = [json.loads(stream.recv(timeout=5)) for _ in events[20:]]
    assert got == events[20:]


def test_the_stream_forgets_what_is_older_than_a_day_and_a_half(demo: World) -> None:
    later = demo.morning + timedelta(hours=12)
    assert jetstream_events(demo, later)[0]["time_us"] >= microseconds(later - timedelta(hours=36))


def test_deletions_come_as_events_and_refusals_as_labels(demo: World) -> None:
    commits = [event["commit"] for event in jetstream_events(demo, demo.morning) if event["kind"] == "commit"]
    assert any(commit["operation"] == "delete" for commit in commits)
    labels = [commit["record"].get("labels") for commit in commits if "record" in commit]
    assert any(label and label["values"] == [{"val": "!no-unauthenticated"}] for label in labels)


def test_bluesky_search_pages_and_forgets_the_deleted(served: ServedWorld) -> None:
    first = get(served, "bluesky-demo", "/xrpc/app.bsky.feed.searchPosts?q=hushbox&limit=2").json()
    rest = get(
        served, "bluesky-demo", f"/xrpc/app.bsky.feed.searchPosts?q=hushbox&limit=2&cursor={first['cursor']}"
    ).json()
    assert len(first["posts"]) == 2
    assert not {p["uri"] for p in first["posts"]} & {p["uri"] for p in rest["posts"]}
    gone = next(p for p in served.world.posts if p.platform == "bluesky" and p.deleted_at)
    assert get(served, "bluesky-demo", f"/xrpc/app.bsky.feed.getPosts?uris={post_uri(gone)}").json() == {
        "posts": []
    }
