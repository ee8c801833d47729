"""Hacker News through Algolia's search by date, and Hacker News' own interface for what was taken down."""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlencode, urlsplit

from crawler.connector import Listing
from crawler.dates import parse_date
from domain.errors import ParseError
from domain.model import (
    Author,
    Checkpoint,
    Engagement,
    Entry,
    Fetched,
    ItemKind,
    Purpose,
    Request,
    Source,
    Tombstone,
)

PLATFORM = "hackernews"
WATERMARK = "since"
# The index lags behind, and posts that were held back appear with their old time.
OVERLAP = timedelta(hours=1)
PER_SLICE = 1000  # the index never gives more hits to one question, whatever its pages
SLICES_PER_QUESTION = 10
ITEM_URL = "https://hacker-news.firebaseio.com/v0/item/{}.json"

Hit = Mapping[str, Any]


class HackerNews(Listing):
    """`url` is the search (https://hn.algolia.com/). `options`: `queries` (without them: everything), `tags` (as the
    search knows them, default `(story,comment)`), `days` (first visit, default 2)."""

    kind = "hackernews"
    needs_all_pages = True

    def plan(self, source: Source, checkpoint: Checkpoint, now: datetime) -> Iterable[Request]:
        """One question per query, from the watermark on."""
        mark = parse_date(checkpoint.cursor.get(WATERMARK, ""))
        since = mark - OVERLAP if mark else now - timedelta(days=float(str(source.options.get("days", 2))))
        for query in queries(source):
            yield _slice(source, {"query": query, "since": since.isoformat(), "slice": "1"})

    def parse(self, fetched: Fetched, source: Source) -> Iterable[Entry | Tombstone | Request]:
        """Newest first; a full slice leads to the one before it in time. Raises ParseError."""
        answer = _answer(fetched, source)
        if fetched.request.purpose is Purpose.RECHECK:
            return _rechecked(answer, fetched, source)
        if not isinstance(answer, dict) or not isinstance(answer.get("hits"), list):
            raise _no_hits(source, "the answer holds no hits")
        hits = [hit for hit in answer["hits"] if isinstance(hit, dict) and hit.get("objectID")]
        return _slice_of(hits, fetched, source)

    def advance(self, source: Source, checkpoint: Checkpoint, entries: Sequence[Entry]) -> Checkpoint:
        """Moves the watermark to the youngest hit."""
        moments = [e.published.isoformat() for e in entries if e.published is not None]
        newest = max([checkpoint.cursor.get(WATERMARK, ""), *moments])
        # A first slice that did not change must still lead to a second that failed last time.
        after = replace(checkpoint, validators={})
        return replace(after, cursor={**checkpoint.cursor, WATERMARK: newest}) if newest else after

    def recheck(self, source: Source, raw_ids: Sequence[str]) -> Iterable[Request]:
        """One call per post: the search only leaves out what is gone, the platform says so."""
        for raw_id in raw_ids:
            yield Request(ITEM_URL.format(raw_id), Purpose.RECHECK, context={"id": raw_id})


def queries(source: Source) -> tuple[str, ...]:
    """What is searched for; an empty query finds everything."""
    wanted = source.options.get("queries")
    return tuple(map(str, wanted)) if isinstance(wanted, list) and wanted else ("",)


def _slice(source: Source, context: Mapping[str, str], until: int | None = None) -> Request:
    since = parse_date(context["since"]) or datetime.fromtimestamp(0, UTC)
    bounds = [f"created_at_i>{int(since.timestamp())}", *([f"created_at_i<={until}"] if until else [])]
    query = {
        "query": context["query"],
        "tags": str(source.options.get("tags", "(story,comment)")),
        "numericFilters": ",".join(bounds),
        "hitsPerPage": str(PER_SLICE),
    }
    parts = urlsplit(source.url)
    url = f"{parts.scheme}://{parts.netloc}/api/v1/search_by_date?{urlencode(query)}"
    return Request(url, context=context)


def _answer(fetched: Fetched, source: Source) -> Any:
    try:
        return json.loads(fetched.body)
    except ValueError as error:
        raise _no_hits(source, f"not JSON: {error}") from error


def _no_hits(source: Source, why: str) -> ParseError:
    return ParseError(why[:300], source_id=source.id, remedy="check that the address is the search interface")


def _slice_of(hits: Sequence[Hit], fetched: Fetched, source: Source) -> Iterator[Entry | Request]:
    context = fetched.request.context
    for hit in hits:
        yield _entry(hit, source)
    stamps = [hit["created_at_i"] for hit in hits if isinstance(hit.get("created_at_i"), int)]
    number = int(context["slice"])
    if len(hits) >= PER_SLICE and stamps and number < SLICES_PER_QUESTION:
        # The second in which the slice ends may go on in the next one.
        yield _slice(source, {**context, "slice": str(number + 1)}, min(stamps))


def _rechecked(answer: Any, fetched: Fetched, source: Source) -> Iterator[Tombstone]:
    raw_id = fetched.request.context["id"]
    if not isinstance(answer, dict) or answer.get("deleted"):
        yield Tombstone(source.id, raw_id, "deleted", "deleted by its author", PLATFORM)
    elif answer.get("dead"):
        yield Tombstone(source.id, raw_id, "withdrawn", "taken down by the platform", PLATFORM)


def _entry(hit: Hit, source: Source) -> Entry:
    raw_id, author = str(hit["objectID"]), str(hit.get("author") or "")
    is_comment = "comment_text" in hit and hit["comment_text"] is not None
    root = str(hit.get("story_id") or "")
    return Entry(
        source_id=source.id,
        raw_id=raw_id,
        url=f"https://news.ycombinator.com/item?id={raw_id}",
        title="" if is_comment else str(hit.get("title") or ""),
        content=str((hit.get("comment_text") if is_comment else hit.get("story_text")) or ""),
        language="en",
        published=parse_date(str(hit.get("created_at") or "")),
        links=() if is_comment or not hit.get("url") else (str(hit["url"]),),
        kind=ItemKind.COMMENT if is_comment else ItemKind.POST,
        platform=PLATFORM,
        parent=str(hit.get("parent_id") or "") if is_comment else "",
        root=root if is_comment else "",
        author=Author(f"{PLATFORM}||{author}", handle=author, kind="person") if author else None,
        engagement=Engagement(score=_count(hit, "points"), replies=_count(hit, "num_comments")),
        comments=_count(hit, "num_comments"),
    )


def _count(hit: Hit, name: str) -> int | None:
    value = hit.get(name)
    return value if isinstance(value, int) else None


CONNECTOR = HackerNews()
