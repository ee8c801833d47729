"""Lemmy: pages by time, comments under their posts, what is gone."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from crawler.connectors.lemmy import CONNECTOR, PER_PAGE
from crawler.visit import CrawlJob, Visiting
from domain.errors import ParseError
from domain.model import Checkpoint, Entry, Fetched, Lens, Request, Source, Tombstone

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)


def source(**options: object) -> Source:
    return Source(
        id="l", name="L", kind="lemmy", url="https://l.example/", language="de", markets=("DE",), lens=Lens.USER,
        fetch_pages=False, options=options,
    )  # fmt: skip


def post(number: int, **more: Any) -> dict[str, Any]:
    at = (NOW - timedelta(minutes=number)).isoformat()
    one = {"id": number, "name": "T", "published": at, **more}
    return {"post": one, "creator": {"id": 1, "name": "anna"}, "community": {"name": "c"}, "counts": {}}


def comment(number: int, path: str) -> dict[str, Any]:
    one = {"id": number, "content": "Ja", "post_id": 5, "path": path, "published": NOW.isoformat()}
    return {"comment": one, "creator": {"actor_id": "https://l.example/u/a"}, "counts": {"child_count": 3}}


def visit(site: Source, posts: list[dict[str, Any]], checkpoint: Checkpoint | None = None) -> Visiting:
    visiting = Visiting(CrawlJob(site, checkpoint or Checkpoint("l"), lambda ids: {}), NOW)
    waiting = visiting.first_requests()
    while waiting:
        request = waiting.pop(0)
        start = (int(httpx.URL(request.url).params["page"]) - 1) * PER_PAGE
        body = json.dumps({"posts": posts[start : start + PER_PAGE], "comments": []}).encode()
        waiting += visiting.answered(Fetched("l", request, request.url, 200, {}, body, NOW))
    visiting.choose(fetch_pages=False)
    return visiting


def read(request: Request, answer: object) -> list[Entry | Tombstone]:
    body = json.dumps(answer).encode()
    found = CONNECTOR.parse(Fetched("l", request, request.url, 200, {}, body, NOW), source())
    return [part for part in found if isinstance(part, Entry | Tombstone)]


def test_pages_are_read_as_far_as_they_are_young() -> None:
    posts = [post(n) for n in range(1, 120)] + [post(n) for n in range(3000, 3200)]
    assert len(visit(source(), posts).entries) == 119


def test_the_next_visit_overlaps_by_an_hour() -> None:
    checkpoint = visit(source(), [post(10)]).harvest(NOW).checkpoint
    (request,) = CONNECTOR.plan(source(), checkpoint, NOW)
    assert request.context["since"] == "2026-03-02T07:50:00.000Z"


def test_each_community_is_asked_for_posts_and_comments() -> None:
    urls = [
        r.url for r in CONNECTOR.plan(source(communities=["a", "b"], comments=True), Checkpoint("l"), NOW)
    ]
    assert [("/comment/" in url, "community_name=a" in url) for url in urls] == [
        (False, True), (True, True), (False, False), (True, False),
    ]  # fmt: skip


@pytest.mark.parametrize(("path", "parent"), [("0.7", "post/5"), ("0.6.7", "comment/6")])
def test_a_comment_names_what_it_answers(path: str, parent: str) -> None:
    _, request = CONNECTOR.plan(source(comments=True), Checkpoint("l"), NOW)
    (entry,) = read(request, {"comments": [comment(7, path)]})
    assert isinstance(entry, Entry)
    assert (entry.raw_id, entry.parent, entry.root) == ("comment/7", parent, "post/5")
    assert entry.engagement is not None
    assert (entry.engagement.replies, entry.engagement.score) == (3, None)


@pytest.mark.parametrize(
    ("more", "gone"), [({"deleted": True}, True), ({"removed": True}, True), ({}, False)]
)
def test_what_is_gone_becomes_a_tombstone(more: dict[str, Any], gone: bool) -> None:
    (request,) = CONNECTOR.recheck(source(), ["post/5"])
    (found,) = read(request, {"post_view": post(5, **more)})
    assert isinstance(found, Tombstone) is gone
    assert request.url == "https://l.example/api/v3/post?id=5"


@pytest.mark.parametrize("answer", [[], {"error": "rate_limit_error"}])
def test_what_is_no_listing_is_told(answer: object) -> None:
    (request,) = CONNECTOR.plan(source(), Checkpoint("l"), NOW)
    with pytest.raises(ParseError):
        read(request, answer)
