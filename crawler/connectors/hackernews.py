"""Hacker News through Algolia's search by date, and Hacker News' own interface for what was taken down."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlencode

from crawler.dates import parse_date
from crawler.queries import queries, query_of
from crawler.shapes import View, answered, count, listed, server, unlike
from crawler.walk import Leaf, Part, Walk, WalkBack, youngest
from domain.model import (
    Author,
    Engagement,
    Entry,
    Fetched,
    Gap,
    ItemKind,
    Purpose,
    Request,
    Source,
    Tombstone,
)

PLATFORM = "hackernews"
REMEDY = "check that the address is the search interface"
EVERYTHING = "*"
PER_SLICE = 1000  # the index never gives more hits to one question, whatever its pages
ITEM_URL = "https://hacker-news.firebaseio.com/v0/item/{}.json"


class HackerNews(WalkBack):
    """`url` is the search (https://hn.algolia.com/). `options`: `queries` (without them: everything), `tags` (as the
    search knows them, default `(story,comment)`), `days` (first visit, default 2)."""

    kind = "hackernews"
    # The index lags behind, and posts that were held back appear with their old time.
    overlap = timedelta(hours=1)

    def questions(self, source: Source) -> Sequence[str]:
        """What is searched for."""
        return [query.words for query in queries(source)] or [EVERYTHING]

    def page(self, source: Source, question: str, walk: Walk) -> Request:
        """A slice of time, from the floor up to where the last slice ended."""
        floor = parse_date(walk.floor) or datetime.fromtimestamp(0, UTC)
        bounds = [
            f"created_at_i>{int(floor.timestamp())}",
            *([f"created_at_i<={walk.onward}"] if walk.onward else []),
        ]
        query = {
            "query": "" if question == EVERYTHING else question,
            "tags": str(source.options.get("tags", "(story,comment)")),
            "numericFilters": ",".join(bounds),
            "hitsPerPage": str(PER_SLICE),
        }
        url = f"{server(source)}/api/v1/search_by_date?{urlencode(query)}"
        return Request(url, purse=query_of(source, question).purse)

    def leaf(self, fetched: Fetched, source: Source, question: str, walk: Walk) -> Leaf:
        """Newest first; a full slice leads to the one before it in time."""
        answer = answered(fetched, source, REMEDY)
        if not isinstance(answer, dict) or not isinstance(answer.get("hits"), list):
            raise unlike(source, "the answer holds no hits", REMEDY)
        hits = [hit for hit in listed(answer["hits"]) if hit.get("objectID")]
        entries = [_entry(hit, source) for hit in hits]
        onward, gaps = _before(hits, walk)
        return Leaf([*entries, *gaps], youngest(e.published for e in entries), onward)

    def other(self, fetched: Fetched, source: Source) -> Iterable[Part]:
        """What a post that was asked for again has become."""
        return _rechecked(answered(fetched, source, REMEDY), fetched, source)

    def recheck(self, source: Source, raw_ids: Sequence[str]) -> Iterable[Request]:
        """One call per post: the search only leaves out what is gone, the platform says so."""
        for raw_id in raw_ids:
            yield Request(ITEM_URL.format(raw_id), Purpose.RECHECK, context={"id": raw_id})


def _before(hits: Sequence[View], walk: Walk) -> tuple[str, list[Gap]]:
    """The second in which a full slice ends, since it may go on in the next one, and what nobody will ever see."""
    stamps = [hit["created_at_i"] for hit in hits if isinstance(hit.get("created_at_i"), int)]
    if len(hits) < PER_SLICE or not stamps:
        return "", []
    oldest = min(stamps)
    if str(oldest) != walk.onward:
        return str(oldest), []
    return str(oldest - 1), [Gap(f"more than {PER_SLICE} posts in one second ({oldest})")]


def _rechecked(answer: Any, fetched: Fetched, source: Source) -> Iterator[Tombstone]:
    raw_id = fetched.request.context["id"]
    if not isinstance(answer, dict) or answer.get("deleted"):
        yield Tombstone(source.id, raw_id, "deleted", "deleted by its author", PLATFORM)
    elif answer.get("dead"):
        yield Tombstone(source.id, raw_id, "withdrawn", "taken down by the platform", PLATFORM)


def _entry(hit: View, source: Source) -> Entry:
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
        engagement=Engagement(score=count(hit, "points"), replies=count(hit, "num_comments")),
        comments=count(hit, "num_comments"),
    )


CONNECTOR = HackerNews()
