"""Bluesky's public calls: paging to a watermark, who declined, what is gone."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from crawler.connectors.bluesky import CONNECTOR
from crawler.plain import plain_text
from crawler.visit import CrawlJob, Visiting
from crawler.walk import walk_of
from domain.errors import ConfigError
from domain.model import Checkpoint, Fetched, Lens, Outcome, Request, Source, Tombstone
from lagebild.demo.server import ServedWorld, serve
from lagebild.demo.social import post_uri
from lagebild.demo.world import world

NOW = datetime(2026, 11, 28, 9, 0, tzinfo=UTC)


def source(url: str = "https://b.example/", **options: object) -> Source:
    return Source(
        id="b", name="B", kind="bluesky", url=url, language="de", markets=("DE",), lens=Lens.USER,
        fetch_pages=False, options=options,
    )  # fmt: skip


def view(number: int, **more: Any) -> dict[str, Any]:
    at = (NOW - timedelta(hours=number)).isoformat()
    record = {"text": f"Text {number}", "createdAt": at, **more.pop("record", {})}
    author = {"did": "did:plc:anna", "handle": "anna.example", **more.pop("author", {})}
    uri = f"at://did:plc:anna/app.bsky.feed.post/{number}"
    return {"uri": uri, "author": author, "record": record, "indexedAt": at, **more}


def visit(site: Source, answer: Any, checkpoint: Checkpoint | None = None) -> Visiting:
    """One whole visit; `answer` turns a request into status and body."""
    visiting = Visiting(CrawlJob(site, checkpoint or Checkpoint("b"), lambda ids: {}), NOW)
    waiting = visiting.first_requests()
    while waiting:
        request = waiting.pop(0)
        status, body = answer(request)
        waiting += visiting.answered(Fetched("b", request, request.url, status, {}, body, NOW))
    visiting.choose(fetch_pages=False)
    return visiting


def pages(*rows: list[dict[str, Any]]) -> Any:
    def answer(request: Request) -> tuple[int, bytes]:
        page = int(httpx.URL(request.url).params.get("cursor", "0"))
        more = {"cursor": str(page + 1)} if page + 1 < len(rows) else {}
        return 200, json.dumps({"posts": rows[page], **more}).encode()

    return answer


def over_sockets(request: Request) -> tuple[int, bytes]:
    answer = httpx.get(request.url)
    return answer.status_code, answer.content


def test_pages_are_followed_until_the_watermark() -> None:
    rows = [[view(1), view(2)], [view(3), view(60)], [view(61)], [view(62)]]
    done = visit(source(queries=["a"]), pages(*rows))
    assert [e.content for e in done.entries.values()] == [f"<p>Text {n}</p>" for n in (1, 2, 3)]
    assert done_until(done.harvest(NOW).checkpoint) == "2026-11-28T08:00:00.000Z"


def test_a_page_whose_posts_are_all_hidden_is_not_the_end() -> None:
    """The server leaves out what may not be shown after it has counted a page."""
    rows = [[view(1)], [], [], [view(3), view(60)]]
    done = visit(source(queries=["a"]), pages(*rows))
    assert [e.content for e in done.entries.values()] == [f"<p>Text {n}</p>" for n in (1, 3)]


def done_until(checkpoint: Checkpoint, question: str = "queries a") -> str:
    return walk_of(checkpoint, question).done


def test_the_next_visit_overlaps_by_ten_minutes() -> None:
    (request,) = CONNECTOR.plan(
        source(queries=["a"]),
        Checkpoint("b", {"walk queries a": '{"done":"2026-11-28T08:00:00.000Z"}'}),
        NOW,
    )
    assert httpx.URL(request.url).params["since"] == "2026-11-28T07:50:00.000Z"


def test_an_unanswered_question_holds_its_own_watermark() -> None:
    def answer(request: Request) -> tuple[int, bytes]:
        return (503, b"") if "q=b&" in request.url else (200, json.dumps({"posts": [view(1)]}).encode())

    harvest = visit(source(queries=["a", "b"]), answer).harvest(NOW)
    assert len(harvest.documents) == 1
    assert done_until(harvest.checkpoint) == "2026-11-28T08:00:00.000Z"
    assert done_until(harvest.checkpoint, "queries b") == ""


def index(posts: list[dict[str, Any]], per_page: int = 2) -> Any:
    """A search over posts, newest first, with `until` and a cursor that counts hits."""

    def answer(request: Request) -> tuple[int, bytes]:
        asked = httpx.URL(request.url).params
        found = [
            post for post in posts if post["indexedAt"].replace("+00:00", ".000Z") < asked.get("until", "9")
        ]
        start = int(asked.get("cursor", "0"))
        more = {"cursor": str(start + per_page)} if start + per_page < len(found) else {}
        return 200, json.dumps({"posts": found[start : start + per_page], **more}).encode()

    return answer


def test_a_page_that_failed_is_read_at_the_next_visit_though_hits_have_moved() -> None:
    posts = [view(number) for number in range(1, 8)]

    def breaks(request: Request) -> tuple[int, bytes]:
        return (503, b"") if "cursor=4" in request.url else index(posts)(request)

    first = visit(source(queries=["a"]), breaks).harvest(NOW)
    assert (len(first.documents), done_until(first.checkpoint)) == (4, "")
    newer = [view(0), *posts]
    second = visit(source(queries=["a"]), index(newer), first.checkpoint).harvest(NOW)
    found = {d.entry.raw_id for d in (*first.documents, *second.documents)}
    assert found == {post["uri"] for post in newer}
    assert done_until(second.checkpoint) == "2026-11-28T09:00:00.000Z"


def test_what_a_cap_on_pages_left_is_read_at_the_next_visits() -> None:
    posts, checkpoint, found = [view(number) for number in range(1, 45)], Checkpoint("b"), set()
    for _ in range(3):
        harvest = visit(source(queries=["a"]), index(posts), checkpoint).harvest(NOW)
        checkpoint, found = harvest.checkpoint, found | {d.entry.raw_id for d in harvest.documents}
    assert len(found) == 44


def test_a_page_that_can_never_be_read_does_not_keep_new_posts_away_for_ever() -> None:
    posts = [view(number) for number in range(1, 8)]

    def breaks(request: Request) -> tuple[int, bytes]:
        asked = httpx.URL(request.url).params
        broken = asked.get("cursor") == "4" or "until" in asked
        return (500, b"") if broken else index(posts)(request)

    checkpoint, site = Checkpoint("b"), source(queries=["a"])
    checkpoint = visit(site, breaks, checkpoint).harvest(NOW).checkpoint
    posts.insert(0, view(-24 * 3))
    much_later = NOW + timedelta(days=3)
    visiting = Visiting(CrawlJob(site, checkpoint, lambda ids: {}), much_later)
    (request,) = visiting.first_requests()
    status, body = breaks(request)
    visiting.answered(Fetched("b", request, request.url, status, {}, body, much_later))
    assert posts[0]["uri"] in visiting.entries


def test_with_many_questions_each_gets_fewer_pages_and_nobody_is_left_out() -> None:
    site, checkpoint, asked = source(queries=[f"q{n}" for n in range(60)]), Checkpoint("b"), set()
    for _ in range(2):
        done = visit(site, pages([view(1)]), checkpoint)
        checkpoint = done.harvest(NOW).checkpoint
        asked |= {mark.split("q=")[1].split("&")[0] for mark in done.asked}
    assert len(asked) == 60


def test_a_query_has_languages_and_wordings_of_its_own() -> None:
    rows = [view(1, record={"langs": ["de"]}), view(2, record={"langs": ["fr"]})]
    site = source(queries=[{"any": ["rückruf", "rappel"], "languages": ["fr"]}])
    done = visit(site, pages(rows))
    assert [e.language for e in done.entries.values()] == ["fr"]
    assert sorted(httpx.URL(mark.split()[1]).params["q"] for mark in done.asked) == ["rappel", "rückruf"]


def test_a_query_that_is_neither_words_nor_wordings_is_told() -> None:
    with pytest.raises(ConfigError, match="neither words"):
        list(CONNECTOR.plan(source(queries=[{"all": ["a"]}]), Checkpoint("b"), NOW))


def test_a_source_that_asks_nothing_is_told() -> None:
    with pytest.raises(ConfigError, match="asks nothing"):
        list(CONNECTOR.plan(source(), Checkpoint("b"), NOW))


def test_a_search_without_a_session_is_blocked() -> None:
    done = visit(source(queries=["a"]), lambda request: (403, b"")).harvest(NOW)
    assert done.visit.outcome is Outcome.BLOCKED


def test_what_somebody_repeated_is_not_theirs() -> None:
    feed = [{"post": view(1)}, {"post": view(2), "reason": {"$type": "app.bsky.feed.defs#reasonRepost"}}]
    done = visit(source(actors=["anna.example"]), lambda request: (200, json.dumps({"feed": feed}).encode()))
    assert [e.content for e in done.entries.values()] == ["<p>Text 1</p>"]


@pytest.mark.parametrize("where", ["author", "record", "post"])
def test_authors_who_want_no_outside_readers_are_left_out(where: str) -> None:
    label = [{"val": "!no-unauthenticated"}]
    more: dict[str, Any] = {
        "author": {"author": {"labels": label}},
        "record": {"record": {"labels": {"values": label}}},
        "post": {"labels": label},
    }[where]
    assert not visit(source(queries=["a"]), pages([view(1, **more)])).entries


def test_only_the_wanted_languages_and_the_undeclared_stay() -> None:
    rows = [view(1, record={"langs": ["de-AT"]}), view(2, record={"langs": ["ja"]}), view(3)]
    done = visit(source(queries=["a"], languages=["de"]), pages(rows))
    assert [e.language for e in done.entries.values()] == ["de", ""]


def test_signs_that_look_like_markup_are_words() -> None:
    (entry,) = visit(
        source(queries=["a"]), pages([view(1, record={"text": "5 <b 6 &amp; 7\nneu"})])
    ).entries.values()
    assert plain_text(entry.content) == "5 <b 6 &amp; 7\nneu"


@pytest.fixture(scope="module")
def served() -> Iterator[ServedWorld]:
    with serve(world(7, NOW)) as running:
        yield running


def test_the_demo_server_gives_what_may_be_kept(served: ServedWorld) -> None:
    done = visit(source(served.addresses["bluesky-demo"] + "/", queries=["hushbox"], days=30), over_sockets)
    lawful = [
        post_uri(p)
        for p in served.world.posts
        if p.platform == "bluesky" and p.may_be_kept and "hushbox" in p.text.lower()
    ]
    assert len(lawful) >= 3
    assert set(done.entries) == set(lawful)


def test_the_demo_server_tells_what_was_deleted(served: ServedWorld) -> None:
    site = source(served.addresses["bluesky-demo"] + "/")
    posts = [p for p in served.world.posts if p.platform == "bluesky" and not p.no_unauthenticated]
    gone = []
    for request in CONNECTOR.recheck(site, [post_uri(p) for p in posts]):
        status, body = over_sockets(request)
        found = CONNECTOR.parse(Fetched("b", request, request.url, status, {}, body, NOW), site)
        gone += [part.raw_id for part in found if isinstance(part, Tombstone)]
    assert gone == [post_uri(p) for p in posts if p.deleted_at]
