"""Threads' keyword search, by the operator's own token of an application that Meta has reviewed for it."""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from urllib.parse import quote, urlencode

from crawler.dates import parse_date
from crawler.queries import queries, query_of
from crawler.secret import SECRET
from crawler.shapes import View, answered_object, listed, mapping, paragraphs, server, text, unlike
from crawler.walk import Leaf, Walk, WalkBack, later, stamp, youngest
from domain.model import Author, Entry, Fetched, ItemKind, Purpose, Request, Source

PLATFORM = "threads"
REMEDY = "check that the token holds, and that the application may use threads_keyword_search"
PER_PAGE = 100
FIELDS = "id,text,timestamp,permalink,username,is_reply,root_post,quoted_post,replied_to"


class Threads(WalkBack):
    """`url` is https://graph.threads.net/. `options`: `queries` (one with a leading # is searched as a tag). Meta allows
    2,200 queries a day: set `limits: {daily_budget: 2200}` or less."""

    kind = "threads"
    leaves_pages_alone = True
    needs_key = True
    needs_budget = True
    unit = "queries"
    nothing_asked = "give options: queries"
    overlap = timedelta(minutes=10)

    def questions(self, source: Source) -> Sequence[str]:
        """The queries."""
        return [query.words for query in queries(source)]

    def page(self, source: Source, question: str, walk: Walk) -> Request:
        """The newest posts of a span of time, which ends at `onward` (seconds since 1970)."""
        since = parse_date(walk.floor) or datetime.fromtimestamp(0, UTC)
        asked = {
            "q": question.lstrip("#"),
            "search_type": "RECENT",
            "search_mode": "TAG" if question.startswith("#") else "KEYWORD",
            "since": str(int(since.timestamp())),
            **({"until": walk.onward} if walk.onward else {}),
            "limit": str(PER_PAGE),
            "fields": FIELDS,
            "access_token": SECRET,
        }
        return Request(
            f"{server(source)}/v1.0/keyword_search?{urlencode(asked)}", purse=query_of(source, question).purse
        )

    def recheck(self, source: Source, raw_ids: Sequence[str]) -> Iterable[Request]:
        """One call per post; 404 on two different days is believed."""
        for raw_id in raw_ids:
            url = (
                f"{server(source)}/v1.0/{quote(raw_id)}?{urlencode({'fields': 'id', 'access_token': SECRET})}"
            )
            yield Request(url, Purpose.RECHECK, context={"id": raw_id})

    def leaf(self, fetched: Fetched, source: Source, question: str, walk: Walk) -> Leaf:
        """Posts that are younger than the floor; a full page leads to the span before it."""
        rows = answered_object(fetched, source, REMEDY).get("data")
        if not isinstance(rows, list):
            raise unlike(source, "the answer holds no posts", REMEDY)
        entries = [_entry(row, source) for row in listed(rows) if row.get("id")]
        young = [e for e in entries if not e.published or later(stamp(e.published), walk.floor) != walk.floor]
        return Leaf(young, youngest(e.published for e in young), _before(entries, walk) if young else "")


def _before(entries: Sequence[Entry], walk: Walk) -> str:
    oldest = min((e.published for e in entries if e.published), default=None)
    if len(entries) < PER_PAGE or oldest is None:
        return ""
    until = int(oldest.timestamp()) + 1
    return str(until if str(until) != walk.onward else until - 1)


def _entry(row: View, source: Source) -> Entry:
    name, parent, quoted = (
        text(row, "username"),
        text(mapping(row, "replied_to"), "id"),
        text(mapping(row, "quoted_post"), "id"),
    )
    is_reply = bool(row.get("is_reply"))
    return Entry(
        source_id=source.id,
        raw_id=text(row, "id"),
        # The permalink holds the author's name; this address leads to the same post and does not.
        url=f"https://www.threads.net/t/{text(row, 'permalink').rstrip('/').rsplit('/', 1)[-1]}",
        content=paragraphs(text(row, "text")),
        published=parse_date(text(row, "timestamp")),
        kind=ItemKind.REPLY if is_reply else ItemKind.QUOTE if quoted else ItemKind.POST,
        platform=PLATFORM,
        parent=parent,
        root=text(mapping(row, "root_post"), "id"),
        quoted=quoted,
        author=Author(f"{PLATFORM}||{name}", handle=name, kind="person") if name else None,
    )


CONNECTOR = Threads()
