"""X's search of the last seven days, by the operator's own key: each post read costs money.

The most that a page can cost is taken from the budget before it is asked for; what it did not bring is given back.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from math import ceil
from urllib.parse import urlencode

from crawler.dates import parse_date
from crawler.queries import queries, query_of
from crawler.secret import SECRET
from crawler.shapes import (
    View,
    answered_object,
    count,
    listed,
    mapping,
    missing,
    number,
    paragraphs,
    server,
    short_language,
    text,
    unlike,
)
from crawler.walk import Leaf, Part, Walk, WalkBack
from domain.model import Author, Engagement, Entry, Fetched, ItemKind, Purpose, Request, Source

PLATFORM = "x"
REMEDY = "check the key, its plan, and the words of the query"
PER_PAGE = 100
CENTS_PER_POST = 0.5
FIELDS = "created_at,lang,public_metrics,conversation_id,referenced_tweets,author_id,possibly_sensitive"


class X(WalkBack):
    """`url` is https://api.x.com/. `options`: `queries` (X's own operators may stand in them), `cents_per_read`
    (default 0.5), `per_page` (10 to 100), `recheck: true`. Budgets count US cents."""

    kind = "x"
    leaves_pages_alone = True
    needs_key = True
    needs_budget = True
    unit = "cents"
    nothing_asked = "give options: queries"

    def questions(self, source: Source) -> Sequence[str]:
        """The queries."""
        return [query.words for query in queries(source)]

    def floor(self, source: Source, done: str, now: datetime) -> str:
        """Ids grow with time."""
        return done

    def page(self, source: Source, question: str, walk: Walk) -> Request:
        """Posts above the floor's id and below `onward`."""
        query, size = query_of(source, question), int(number(source, "per_page", PER_PAGE))
        spoken = " OR ".join(f"lang:{code}" for code in query.languages)
        words = f"{question} ({spoken})" if spoken else question
        asked = {"query": words, "max_results": str(size), "sort_order": "recency", "tweet.fields": FIELDS}
        asked |= {"since_id": walk.floor} if walk.floor else {}
        asked |= {"until_id": walk.onward} if walk.onward else {}
        price = number(source, "cents_per_read", CENTS_PER_POST)
        return Request(
            f"{server(source)}/2/tweets/search/recent?{urlencode(asked)}",
            headers={"authorization": f"Bearer {SECRET}"},
            context={"price": str(price)},
            cost=ceil(size * price),
            purse=query.purse,
        )

    def charged(self, fetched: Fetched) -> int:
        """By posts in the answer. A refusal costs nothing; of a fault nobody knows, so it costs all."""
        if 400 <= fetched.status < 500:
            return 0
        if fetched.status != 200:
            return fetched.request.cost
        return min(
            fetched.request.cost,
            ceil(fetched.body.count(b'"author_id"') * float(fetched.request.context["price"])),
        )

    def other(self, fetched: Fetched, source: Source) -> Iterable[Part]:
        """Posts that were asked for again: what X does not show any more is gone."""
        rows = answered_object(fetched, source, REMEDY).get("data") or []
        return missing(fetched, source, rows, PLATFORM)

    def recheck(self, source: Source, raw_ids: Sequence[str]) -> Iterable[Request]:
        """A hundred at a time; it costs as much as reading them did, so it is asked only with `recheck: true`."""
        if not source.options.get("recheck"):
            return
        price = number(source, "cents_per_read", CENTS_PER_POST)
        for start in range(0, len(raw_ids), PER_PAGE):
            some = list(raw_ids[start : start + PER_PAGE])
            url = (
                f"{server(source)}/2/tweets?{urlencode({'ids': ','.join(some), 'tweet.fields': 'author_id'})}"
            )
            context = {"price": str(price), "ids": json.dumps(some)}
            headers = {"authorization": f"Bearer {SECRET}"}
            yield Request(
                url, Purpose.RECHECK, headers=headers, context=context, cost=ceil(len(some) * price)
            )

    def leaf(self, fetched: Fetched, source: Source, question: str, walk: Walk) -> Leaf:
        """Posts newest first."""
        answer = answered_object(fetched, source, REMEDY)
        if "meta" not in answer:
            raise unlike(source, "the answer is not one of the search", REMEDY)
        meta, rows = (
            mapping(answer, "meta"),
            [row for row in listed(answer.get("data") or []) if row.get("id")],
        )
        onward = text(meta, "oldest_id") if text(meta, "next_token") else ""
        return Leaf([_entry(row, source) for row in rows], text(meta, "newest_id"), onward)


def _entry(row: View, source: Source) -> Entry:
    raw_id, author, counts = text(row, "id"), text(row, "author_id"), mapping(row, "public_metrics")
    related = {text(one, "type"): text(one, "id") for one in listed(row.get("referenced_tweets") or [])}
    repeated = related.get("retweeted", "")
    root = text(row, "conversation_id")
    return Entry(
        source_id=source.id,
        raw_id=raw_id,
        url=f"https://x.com/i/status/{raw_id}",
        content=paragraphs(text(row, "text")),
        language=short_language(row.get("lang")) if row.get("lang") != "und" else "",
        published=parse_date(text(row, "created_at")),
        kind=_kind(related),
        platform=PLATFORM,
        parent=related.get("replied_to", ""),
        root=root if root != raw_id else "",
        quoted=related.get("quoted", "") or repeated,
        author=Author(f"{PLATFORM}||{author}", kind="person") if author else None,
        engagement=Engagement(
            likes=count(counts, "like_count"),
            reposts=count(counts, "retweet_count"),
            replies=count(counts, "reply_count"),
            quotes=count(counts, "quote_count"),
            views=count(counts, "impression_count"),
        ),
        sensitive=bool(row.get("possibly_sensitive")),
    )


def _kind(related: Mapping[str, str]) -> ItemKind:
    kinds = {"retweeted": ItemKind.REPOST, "replied_to": ItemKind.REPLY, "quoted": ItemKind.QUOTE}
    return next((kind for name, kind in kinds.items() if name in related), ItemKind.POST)


CONNECTOR = X()
