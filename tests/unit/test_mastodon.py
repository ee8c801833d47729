"""Mastodon timelines: forward paging, what authors and servers want, what is gone."""

import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest

from crawler.connectors.mastodon import CONNECTOR
from crawler.visit import CrawlJob, Visiting
from domain.model import Checkpoint, Entry, Fetched, Lens, Outcome, Purpose, Request, Source, Tombstone
from lagebild.demo.server import ServedWorld, serve
from lagebild.demo.social import status_id
from lagebild.demo.world import world

NOW = datetime(2026, 11, 28, 9, 0, tzinfo=UTC)
OPEN, MEMBERS = "public", "authenticated"


def source(url: str = "https://m.example/", **options: object) -> Source:
    return Source(
        id="m", name="M", kind="mastodon", url=url, language="de", markets=("DE",), lens=Lens.USER,
        fetch_pages=False, options=options,
    )  # fmt: skip


def status(number: int, **more: Any) -> dict[str, Any]:
    account = {"id": "7", "acct": "anna", "indexable": True, "noindex": False, "note": ""}
    told = {
        "id": f"x{number:04d}",
        "created_at": "2026-11-28T08:00:00Z",
        "visibility": "public",
        "content": "Text",
    }
    return {**told, "account": account | more.pop("account", {}), **more}


def instance(local: str, remote: str) -> bytes:
    feeds = {"local": local, "remote": remote}
    return json.dumps(
        {"configuration": {"timelines_access": {"live_feeds": feeds, "hashtag_feeds": feeds}}}
    ).encode()


Server = Callable[[Request], tuple[int, bytes]]


def visit(site: Source, server: Server, checkpoint: Checkpoint | None = None) -> Visiting:
    """One whole visit against a server that is a function."""
    visiting = Visiting(CrawlJob(site, checkpoint or Checkpoint("m"), lambda ids: {}), NOW)
    waiting = visiting.first_requests()
    while waiting:
        request = waiting.pop(0)
        code, body = server(request)
        waiting += visiting.answered(Fetched("m", request, request.url, code, {}, body, NOW))
    visiting.choose(fetch_pages=False)
    return visiting


def over_sockets(request: Request) -> tuple[int, bytes]:
    answer = httpx.get(request.url)
    return answer.status_code, answer.content


class Timeline:
    """A server of the family with opaque ids, without an instance page and without Link headers."""

    def __init__(self, statuses: list[dict[str, Any]]) -> None:
        self.statuses, self.asked = statuses, list[str]()

    def __call__(self, request: Request) -> tuple[int, bytes]:
        url = httpx.URL(request.url)
        self.asked.append(url.path)
        if url.path == "/api/v2/instance":
            return 404, b"{}"
        shown = sorted(self.statuses, key=lambda s: str(s["id"]))
        floor, ceiling = url.params.get("min_id"), url.params.get("max_id")
        shown = [s for s in shown if (not floor or s["id"] > floor) and (not ceiling or s["id"] < ceiling)]
        page = shown[:40] if floor else shown[-40:]
        return 200, json.dumps(page[::-1]).encode()


# --- paging --------------------------------------------------------------------------------------


def test_nothing_is_lost_or_read_twice_over_many_visits() -> None:
    server = Timeline([status(n) for n in range(100)])
    first = visit(source(), server).harvest(NOW)
    assert len(first.documents) == 100
    server.statuses += [status(n) for n in range(100, 230)]
    second = visit(source(), server, first.checkpoint).harvest(NOW)
    assert sorted(d.entry.raw_id for d in second.documents) == [f"x{n:04d}" for n in range(100, 230)]
    third = visit(source(), server, second.checkpoint).harvest(NOW)
    assert (third.documents, third.visit.outcome) == ((), Outcome.UNCHANGED)


def test_a_first_visit_ends_where_the_days_end() -> None:
    old = [status(n, created_at="2026-11-01T08:00:00Z") for n in range(200)]
    server = Timeline([*old, *(status(n) for n in range(200, 250))])
    assert len(visit(source(days=2), server).entries) == 50
    assert server.asked.count("/api/v1/timelines/public") == 3


def test_posts_that_may_not_be_kept_do_not_hold_the_cursor() -> None:
    server = Timeline([status(n, account={"noindex": True}) for n in range(90)])
    harvest = visit(source(), server).harvest(NOW)
    assert harvest.documents == ()
    assert harvest.checkpoint.cursor == {"min_id /api/v1/timelines/public": "x0089"}


def test_a_page_that_failed_is_read_at_the_next_visit() -> None:
    server = Timeline([status(n) for n in range(10)])
    first = visit(source(), server).harvest(NOW)
    server.statuses += [status(n) for n in range(10, 110)]

    def breaks(request: Request) -> tuple[int, bytes]:
        return (503, b"") if "min_id=x0089" in request.url else server(request)

    second = visit(source(), breaks, first.checkpoint).harvest(NOW)
    third = visit(source(), server, second.checkpoint).harvest(NOW)
    found = {d.entry.raw_id for d in (*second.documents, *third.documents)}
    assert found == {f"x{n:04d}" for n in range(10, 110)}


def test_a_crowd_of_posts_is_read_over_several_visits() -> None:
    server, found = Timeline([status(n) for n in range(2000)]), set[str]()
    checkpoint = Checkpoint("m", {"min_id /api/v1/timelines/public": "x0000"})
    for _ in range(4):
        harvest = visit(source(), server, checkpoint).harvest(NOW)
        checkpoint, found = harvest.checkpoint, found | {d.entry.raw_id for d in harvest.documents}
    assert len(found) == 1999


def test_each_hashtag_has_its_own_cursor() -> None:
    server = Timeline([status(1)])
    harvest = visit(source(tags=["#rückruf", "scam"]), server).harvest(NOW)
    assert set(harvest.checkpoint.cursor) == {
        "min_id /api/v1/timelines/tag/r%C3%BCckruf",
        "min_id /api/v1/timelines/tag/scam",
    }
    assert not harvest.checkpoint.validators


# --- what servers and authors want ---------------------------------------------------------------


@pytest.mark.parametrize(
    ("local", "remote", "only_local", "asks"),
    [(OPEN, OPEN, False, True), (OPEN, MEMBERS, True, True), (OPEN, MEMBERS, False, False), ("disabled", OPEN, True, False)],
)  # fmt: skip
def test_a_closed_timeline_is_not_asked(local: str, remote: str, only_local: bool, asks: bool) -> None:
    asked = []

    def server(request: Request) -> tuple[int, bytes]:
        asked.append(request.url)
        return (200, instance(local, remote)) if "/instance" in request.url else (200, b"[]")

    done = visit(source(local=only_local), server).harvest(NOW).visit
    assert (done.outcome is not Outcome.BLOCKED, len(asked) > 1) == (asks, asks)


@pytest.mark.parametrize("code", [401, 403])
def test_a_refusal_is_told_as_blocked(code: int) -> None:
    assert visit(source(), lambda request: (code, b"")).harvest(NOW).visit.outcome is Outcome.BLOCKED


@pytest.mark.parametrize(
    ("more", "kept"),
    [
        ({}, True),
        ({"account": {"indexable": None}}, True),
        ({"account": {"indexable": False}}, False),
        ({"account": {"noindex": True}}, False),
        ({"account": {"note": "<p>Gern #NoBot</p>"}}, False),
        ({"visibility": "unlisted"}, False),
        ({"visibility": "private"}, False),
        ({"visibility": None}, False),
    ],
)
def test_only_public_posts_of_authors_who_did_not_decline_enter(more: dict[str, Any], kept: bool) -> None:
    assert len(visit(source(), Timeline([status(1, **more)])).entries) == kept


def test_a_source_may_keep_only_those_who_agreed() -> None:
    unsaid = Timeline([status(1, account={"indexable": None})])
    assert not visit(source(require_indexable=True), unsaid).entries


def test_what_the_platform_does_not_count_is_not_zero() -> None:
    (entry,) = visit(source(), Timeline([status(1, replies_count=0)])).entries.values()
    assert entry.engagement is not None
    assert (entry.engagement.replies, entry.engagement.likes) == (0, None)


def test_no_address_of_an_entry_names_a_person() -> None:
    words = '<a href="https://m.example/@anna" class="u-url mention">@anna</a> <a href="https://m.example/@bruno">b</a>'
    (entry,) = visit(source(), Timeline([status(1, content=words)])).entries.values()
    assert (entry.url, entry.links) == ("https://m.example/statuses/x0001", ())


# --- what is gone --------------------------------------------------------------------------------


def test_what_is_missing_or_withdrawn_becomes_a_tombstone() -> None:
    (request,) = CONNECTOR.recheck(source(), ["x1", "x2", "x3"])
    body = json.dumps(
        [status(3) | {"id": "x3"}, status(2, account={"noindex": True}) | {"id": "x2"}]
    ).encode()
    found = list(CONNECTOR.parse(Fetched("m", request, request.url, 200, {}, body, NOW), source()))
    assert request.purpose is Purpose.RECHECK
    assert [(t.raw_id, t.state, t.instance) for t in found if isinstance(t, Tombstone)] == [
        ("x1", "deleted", "m.example"), ("x2", "withdrawn", "m.example"),
    ]  # fmt: skip
    assert [e.raw_id for e in found if isinstance(e, Entry)] == ["x3"]


def test_twenty_posts_are_asked_for_at_once() -> None:
    assert len(list(CONNECTOR.recheck(source(), [f"x{n}" for n in range(45)]))) == 3


# --- the demo's server ---------------------------------------------------------------------------


@pytest.fixture(scope="module")
def served() -> Iterator[ServedWorld]:
    with serve(world(7, NOW)) as running:
        yield running


def test_the_demo_server_gives_all_that_may_be_kept(served: ServedWorld) -> None:
    site = source(served.addresses["marktplatz-social"] + "/", local=True, days=30)
    harvest = visit(site, over_sockets).harvest(NOW)
    lawful = [p for p in served.world.posts if p.platform == "mastodon" and p.may_be_kept]
    assert {d.entry.raw_id for d in harvest.documents} == {status_id(p) for p in lawful}
    assert harvest.visit.outcome is Outcome.OK


def test_the_demo_server_tells_what_was_deleted(served: ServedWorld) -> None:
    site = source(served.addresses["marktplatz-social"] + "/")
    posts = [p for p in served.world.posts if p.platform == "mastodon" and (p.may_be_kept or p.deleted_at)]
    tombstones = []
    for request in CONNECTOR.recheck(site, [status_id(p) for p in posts]):
        code, body = over_sockets(request)
        parts = CONNECTOR.parse(Fetched("m", request, request.url, code, {}, body, NOW), site)
        tombstones += [part.raw_id for part in parts if isinstance(part, Tombstone)]
    assert tombstones == [status_id(p) for p in posts if p.deleted_at]


def test_only_the_wanted_languages_and_the_undeclared_stay() -> None:
    rows = [status(3, language="de"), status(2, language="ja"), status(1, language=None)]

    def server(request: Request) -> tuple[int, bytes]:
        if "instance" in request.url:
            return 404, b""
        return 200, json.dumps([] if "min_id" in request.url or "max_id" in request.url else rows).encode()

    done = visit(source(languages=["de"], days=10_000), server)
    assert sorted(done.entries) == ["x0001", "x0003"]
