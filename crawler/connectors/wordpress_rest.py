"""WordPress's REST interface: posts with full text, by the moment of their last change."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from html import unescape
from typing import Any
from urllib.parse import urlencode, urlsplit

from crawler.connector import Listing
from crawler.dates import parse_date
from domain.errors import ParseError
from domain.model import Checkpoint, Entry, Fetched, Purpose, Request, Source, Tombstone

WATERMARK = "modified_gmt"
# Saved posts may become visible a little later than their stamp says.
OVERLAP = timedelta(minutes=10)
PAGES_PER_VISIT = 5


class WordPressRest(Listing):
    """`url` is the site or its posts endpoint. `options`: `days` (first visit, default 2), `query` (more parameters)."""

    kind = "wordpress_rest"

    def plan(self, source: Source, checkpoint: Checkpoint, now: datetime) -> Iterable[Request]:
        """Posts changed since the watermark, youngest change first."""
        mark = parse_date(checkpoint.cursor.get(WATERMARK, ""))
        since = mark - OVERLAP if mark else now - timedelta(days=float(str(source.options.get("days", 2))))
        yield _page(source, since, 1)

    def parse(self, fetched: Fetched, source: Source) -> Iterable[Entry | Tombstone | Request]:
        """Posts, and the request for the next page while the header says that there is one. Raises ParseError."""
        try:
            posts = json.loads(fetched.body)
        except ValueError as error:
            raise _no_posts(source, f"not JSON: {error}") from error
        if not isinstance(posts, list):
            raise _no_posts(source, "the answer is no list of posts")
        for post in posts:
            if isinstance(post, dict) and post.get("link"):
                yield _entry(post, source)
        page = int(fetched.request.context["page"])
        total = fetched.headers.get("x-wp-totalpages", "1")
        since = parse_date(fetched.request.context["since"])
        if since and page < min(PAGES_PER_VISIT, int(total) if total.isdigit() else 1):
            yield _page(source, since, page + 1)

    def advance(self, source: Source, checkpoint: Checkpoint, entries: Sequence[Entry]) -> Checkpoint:
        """Moves the watermark to the youngest change seen."""
        moments = [e.updated.isoformat() for e in entries if e.updated is not None]
        newest = max([checkpoint.cursor.get(WATERMARK, ""), *moments])
        return replace(checkpoint, cursor={**checkpoint.cursor, WATERMARK: newest}) if newest else checkpoint


def endpoint(url: str) -> str:
    """The posts endpoint of a site's address; an endpoint stays as it is."""
    return url if "/wp-json/" in url or "rest_route=" in url else url.rstrip("/") + "/wp-json/wp/v2/posts"


def _page(source: Source, since: datetime, page: int) -> Request:
    query = {
        "per_page": "50",
        "page": str(page),
        "orderby": "modified",
        "modified_after": since.strftime("%Y-%m-%dT%H:%M:%S"),
        "_embed": "author,wp:term",
        **_more(source.options.get("query")),
    }
    base = endpoint(source.url)
    url = f"{base}{'&' if urlsplit(base).query else '?'}{urlencode(query)}"
    return Request(url, Purpose.LISTING, context={"since": since.isoformat(), "page": str(page)})


def _more(query: object) -> Mapping[str, str]:
    return {str(k): str(v) for k, v in query.items()} if isinstance(query, Mapping) else {}


def _no_posts(source: Source, why: str) -> ParseError:
    return ParseError(why[:300], source_id=source.id, remedy="check that the site's REST interface is open")


def _entry(post: Mapping[str, Any], source: Source) -> Entry:
    embedded = post.get("_embedded") or {}
    authors = [a.get("name", "") for a in embedded.get("author", ()) if isinstance(a, dict)]
    terms = [t for group in embedded.get("wp:term", ()) for t in group if isinstance(t, dict)]
    return Entry(
        source_id=source.id,
        raw_id=str(_rendered(post, "guid") or post["link"]),
        url=str(post["link"]),
        title=unescape(_rendered(post, "title")).strip(),
        summary=_rendered(post, "excerpt"),
        content=_rendered(post, "content"),
        published=_moment(post, "date_gmt"),
        updated=_moment(post, "modified_gmt"),
        authors=tuple(a for a in authors if a),
        tags=tuple(dict.fromkeys(unescape(str(t.get("name", ""))) for t in terms if t.get("name"))),
    )


def _rendered(post: Mapping[str, Any], key: str) -> str:
    value = post.get(key)
    return str(value.get("rendered", "")) if isinstance(value, dict) else str(value or "")


def _moment(post: Mapping[str, Any], key: str) -> datetime | None:
    # WordPress writes GMT without saying so.
    return parse_date(str(post.get(key) or ""))


CONNECTOR = WordPressRest()
