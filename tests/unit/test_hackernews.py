"""Hacker News: slices of time under the index's ceiling, and what was taken down."""

import json
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest

from crawler.connectors.hackernews import CONNECTOR, PER_SLICE
from crawler.visit import CrawlJob, Visiting
from domain.errors import ParseError
from domain.model import Checkpoint, Fetched, Lens, Outcome, Request, Source, Tombstone

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
SITE = Source(
    id="hn", name="HN", kind="hackernews", url="https://hn.example/", language="en", markets=("US",), lens=Lens.USER,
    fetch_pages=False,
)  # fmt: skip


class Index:
    """A search that, as Algolia's, shows the newest thousand hits of a question and no more."""

    def __init__(self, stamps: list[int]) -> None:
        self.stamps, self.asked = stamps, 0

    def __call__(self, request: Request) -> bytes:
        self.asked += 1
        bounds = httpx.URL(request.url).params["numericFilters"].split(",")
        floor = int(bounds[0].removeprefix("created_at_i>"))
        ceiling = int(bounds[1].removeprefix("created_at_i<=")) if bounds[1:] else max(self.stamps)
        found = [n for n, at in enumerate(self.stamps) if floor < at <= ceiling]
        newest = sorted(found, key=lambda n: -self.stamps[n])[:PER_SLICE]
        return json.dumps({"hits": [self.hit(n) for n in newest]}).encode()

    def hit(self, number: int) -> dict[str, Any]:
        at = self.stamps[number]
        created = datetime.fromtimestamp(at, UTC).isoformat()
        return {
            "objectID": str(number),
            "created_at_i": at,
            "created_at": created,
            "title": "T",
            "author": "a",
        }


def visit(index: Index, checkpoint: Checkpoint) -> Visiting:
    visiting = Visiting(CrawlJob(SITE, checkpoint, lambda ids: {}), NOW)
    waiting = visiting.first_requests()
    while waiting:
        request = waiting.pop(0)
        waiting += visiting.answered(Fetched("hn", request, request.url, 200, {}, index(request), NOW))
    visiting.choose(fetch_pages=False)
    return visiting


def test_more_than_a_thousand_hits_are_read_in_slices_of_time() -> None:
    start = int(NOW.timestamp()) - 40_000
    index = Index([start + n * 10 for n in range(3500)])
    done = visit(index, Checkpoint("hn"))
    assert len(done.entries) == 3500
    assert index.asked == 4


def test_the_next_visit_overlaps_by_an_hour() -> None:
    index = Index([int(NOW.timestamp()) - 600])
    checkpoint = visit(index, Checkpoint("hn")).harvest(NOW).checkpoint
    (request,) = CONNECTOR.plan(SITE, checkpoint, NOW)
    assert f"created_at_i>{int(NOW.timestamp()) - 4200}" in httpx.URL(request.url).params["numericFilters"]


def test_more_than_a_thousand_hits_in_one_second_are_a_gap_that_is_told() -> None:
    at = int(NOW.timestamp()) - 600
    done = visit(index := Index([at] * 1500 + [at - 60] * 5), Checkpoint("hn"))
    assert (len(done.entries), index.asked) == (1005, 3)
    told = done.harvest(NOW).visit
    assert told.outcome is Outcome.BELOW_USUAL
    assert told.reason == f"gap: more than 1000 posts in one second ({at})"


def test_what_a_cap_on_slices_left_is_read_at_the_next_visit() -> None:
    start = int(NOW.timestamp()) - 150_000
    index = Index([start + n * 10 for n in range(14_000)])
    first = visit(index, Checkpoint("hn"))
    second = visit(index, first.harvest(NOW).checkpoint)
    assert len(first.entries) < 14_000
    assert len({**first.entries, **second.entries}) == 14_000


@pytest.mark.parametrize(
    ("body", "state"),
    [(b"null", "deleted"), (b'{"id": 1, "deleted": true}', "deleted"), (b'{"id": 1, "dead": true}', "withdrawn"), (b'{"id": 1}', "")],
)  # fmt: skip
def test_what_is_gone_becomes_a_tombstone(body: bytes, state: str) -> None:
    (request,) = CONNECTOR.recheck(SITE, ["1"])
    found = list(CONNECTOR.parse(Fetched("hn", request, request.url, 200, {}, body, NOW), SITE))
    assert [part.state for part in found if isinstance(part, Tombstone)] == ([state] if state else [])


@pytest.mark.parametrize("body", [b"<html>", b"[]", b'{"message": "no"}'])
def test_what_is_no_answer_of_the_search_is_told(body: bytes) -> None:
    (request,) = CONNECTOR.plan(SITE, Checkpoint("hn"), NOW)
    with pytest.raises(ParseError):
        list(CONNECTOR.parse(Fetched("hn", request, request.url, 200, {}, body, NOW), SITE))
