"""Bluesky's public calls: what people search for, what accounts write, what feeds gather.

`searchPosts` asks for a session on Bluesky's own servers since 2025; accounts and feeds are open to everyone.
"""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from html import escape
from typing import Any, Literal
from urllib.parse import urlencode, urlsplit

from crawler.connector import Listing
from crawler.dates import parse_date
from crawler.plain import mask_mentions
from domain.errors import ConfigError, ParseError
from domain.model import (
    Author,
    Checkpoint,
    Consent,
    Engagement,
    Entry,
    Fetched,
    ItemKind,
    Purpose,
    Request,
    Source,
    Tombstone,
)

PLATFORM = "bluesky"
WATERMARK = "since"
# An index may see a post some minutes after it was written.
OVERLAP = timedelta(minutes=10)
PER_PAGE = 100
PAGES_PER_QUESTION = 10
RECHECKED_AT_ONCE = 25
CALLS = {"queries": ("searchPosts", "q"), "actors": ("getAuthorFeed", "actor"), "feeds": ("getFeed", "feed")}
"""Option -> the call it is for and the name of its parameter there."""
DECLINED = frozenset({"!no-unauthenticated", "!hide", "!takedown", "!suspend"})
SENSITIVE = frozenset({"porn", "sexual", "nudity", "graphic-media", "gore"})

View = Mapping[str, Any]


class Bluesky(Listing):
    """`url` is the server that answers XRPC calls. `options`: `queries`, `actors` (handles or DIDs), `feeds`
    (at:// addresses); `languages` keeps only posts in these; `days` (first visit, default 2)."""

    kind = "bluesky"
    needs_all_pages = True

    def plan(self, source: Source, checkpoint: Checkpoint, now: datetime) -> Iterable[Request]:
        """One question per query, account and feed. Raises ConfigError when there is none."""
        mark = parse_date(checkpoint.cursor.get(WATERMARK, ""))
        since = mark - OVERLAP if mark else now - timedelta(days=float(str(source.options.get("days", 2))))
        asked = list(questions(source))
        if not asked:
            raise ConfigError(
                f"source {source.id!r} asks nothing of Bluesky",
                remedy="give options: queries, actors or feeds",
            )
        for option, value in asked:
            yield _question(source, {"option": option, "value": value, "since": _stamp(since), "page": "1"})

    def parse(self, fetched: Fetched, source: Source) -> Iterable[Entry | Tombstone | Request]:
        """Posts newest first, and the next page while there are younger ones than the watermark. Raises ParseError."""
        answer = _answer(fetched, source)
        if fetched.request.purpose is Purpose.RECHECK:
            return _rechecked(answer, fetched, source)
        return _page(answer, fetched, source)

    def advance(self, source: Source, checkpoint: Checkpoint, entries: Sequence[Entry]) -> Checkpoint:
        """Moves the watermark to the youngest post."""
        moments = [_stamp(e.published) for e in entries if e.published is not None]
        newest = max([checkpoint.cursor.get(WATERMARK, ""), *moments])
        # A first page that did not change must still lead to a second that failed last time.
        after = replace(checkpoint, validators={})
        return replace(after, cursor={**checkpoint.cursor, WATERMARK: newest}) if newest else after

    def recheck(self, source: Source, raw_ids: Sequence[str]) -> Iterable[Request]:
        """Asks for 25 posts at a time; what is missing in the answer is gone."""
        for start in range(0, len(raw_ids), RECHECKED_AT_ONCE):
            some = list(raw_ids[start : start + RECHECKED_AT_ONCE])
            url = _call(source, "getPosts", [("uris", uri) for uri in some])
            yield Request(url, Purpose.RECHECK, context={"ids": json.dumps(some)})


# --- questions -----------------------------------------------------------------------------------


def questions(source: Source) -> Iterator[tuple[str, str]]:
    """Pairs of option and value, such as ("queries", "rückruf")."""
    for option in CALLS:
        values = source.options.get(option)
        yield from ((option, str(value)) for value in (values if isinstance(values, list) else ()))


def _question(source: Source, context: Mapping[str, str], cursor: str = "") -> Request:
    call, parameter = CALLS[context["option"]]
    query = [(parameter, context["value"]), ("limit", str(PER_PAGE))]
    if call == "searchPosts" and "since" in context:
        query += [("sort", "latest"), ("since", context["since"])]
    return Request(_call(source, call, query + ([("cursor", cursor)] if cursor else [])), context=context)


def _call(source: Source, call: str, query: Sequence[tuple[str, str]]) -> str:
    parts = urlsplit(source.url)
    return f"{parts.scheme}://{parts.netloc}/xrpc/app.bsky.feed.{call}?{urlencode(query)}"


def _stamp(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3] + "Z"


# --- answers -------------------------------------------------------------------------------------


def _answer(fetched: Fetched, source: Source) -> Mapping[str, Any]:
    try:
        found = json.loads(fetched.body)
    except ValueError as error:
        raise _no_posts(source, f"not JSON: {error}") from error
    if not isinstance(found, dict) or not ({"posts", "feed"} & found.keys()):
        raise _no_posts(source, "the answer holds no posts")
    return found


def _no_posts(source: Source, why: str) -> ParseError:
    return ParseError(why[:300], source_id=source.id, remedy="check that the address answers XRPC calls")


def _views(answer: Mapping[str, Any]) -> list[View]:
    """Posts of an answer; what somebody repeated stands where it was written."""
    rows = [row for row in answer.get("feed") or () if isinstance(row, dict) and not row.get("reason")]
    found = [*(answer.get("posts") or ()), *(row.get("post") for row in rows)]
    return [view for view in found if isinstance(view, dict) and view.get("uri") and _mapping(view, "record")]


def _page(answer: Mapping[str, Any], fetched: Fetched, source: Source) -> Iterator[Entry | Request]:
    context, views = fetched.request.context, _views(answer)
    since = parse_date(context["since"])
    young = [view for view in views if not (since and (at := written_at(view)) and at < since)]
    for view in young:
        if may_be_kept(view) and _in_languages(view, source):
            yield _entry(view, source)
    page, cursor = int(context["page"]), str(answer.get("cursor") or "")
    if cursor and young and page < PAGES_PER_QUESTION:
        yield _question(source, {**context, "page": str(page + 1)}, cursor)


def _rechecked(answer: Mapping[str, Any], fetched: Fetched, source: Source) -> Iterator[Entry | Tombstone]:
    standing = {str(view["uri"]): view for view in _views(answer)}
    for uri in json.loads(fetched.request.context["ids"]):
        if uri not in standing:
            yield _tombstone(source, uri, "deleted", "missing when asked for again")
        elif not may_be_kept(standing[uri]):
            yield _tombstone(source, uri, "withdrawn", "its author declined")
        else:
            yield _entry(standing[uri], source)


def _tombstone(source: Source, uri: str, state: Literal["deleted", "withdrawn"], reason: str) -> Tombstone:
    return Tombstone(source.id, uri, state, reason, PLATFORM)


def labels_of(view: View) -> frozenset[str]:
    """Labels of the post, of its author, and those the author set on it. A label taken back does not count."""
    own = _mapping(_mapping(view, "record"), "labels").get("values") or ()
    told = [*(view.get("labels") or ()), *(_mapping(view, "author").get("labels") or ()), *own]
    return frozenset(str(one.get("val")) for one in told if isinstance(one, dict) and not one.get("neg"))


def may_be_kept(view: View) -> bool:
    """Whether neither the author nor the platform keeps the post from readers without an account."""
    return not labels_of(view) & DECLINED


def written_at(view: View) -> datetime | None:
    """The earlier of what the author's clock and the index say; a record may bear any date."""
    stated = (_mapping(view, "record").get("createdAt"), view.get("indexedAt"))
    return min((at for one in stated if (at := parse_date(str(one or "")))), default=None)


def _in_languages(view: View, source: Source) -> bool:
    wanted = source.options.get("languages")
    return (
        not isinstance(wanted, list) or not (said := _languages(view)) or bool({*map(str, wanted)} & {*said})
    )


def _languages(view: View) -> list[str]:
    return [str(one).split("-")[0].lower() for one in _mapping(view, "record").get("langs") or ()]


def _entry(view: View, source: Source) -> Entry:
    record, author = _mapping(view, "record"), _mapping(view, "author")
    uri, features, reply = str(view["uri"]), _features(record), _mapping(record, "reply")
    parent, quoted = str(_mapping(reply, "parent").get("uri") or ""), _quoted(record)
    return Entry(
        source_id=source.id,
        raw_id=uri,
        url=web_address(uri),
        content="<p>" + escape(str(record.get("text") or "")).replace("\n", "<br>") + "</p>",
        language=next(iter(_languages(view)), ""),
        published=written_at(view),
        tags=_unique(
            [*map(str, record.get("tags") or ()), *(str(f["tag"]) for f in features if f.get("tag"))]
        ),
        links=_links(record, features),
        kind=ItemKind.REPLY if parent else ItemKind.QUOTE if quoted else ItemKind.POST,
        platform=PLATFORM,
        parent=parent,
        root=str(_mapping(reply, "root").get("uri") or ""),
        quoted=quoted,
        author=Author(f"{PLATFORM}||{author['did']}", str(author.get("handle") or ""), kind="person")
        if author.get("did")
        else None,
        engagement=_engagement(view),
        sensitive=bool(labels_of(view) & SENSITIVE),
        consent=Consent(no_unauthenticated=False),
    )


def web_address(uri: str) -> str:
    """Where a browser shows `at://DID/app.bsky.feed.post/KEY`."""
    did, _, key = uri.removeprefix("at://").split("/", 2) if uri.count("/") >= 4 else (uri, "", "")
    return f"https://bsky.app/profile/{did}/post/{key}"


def _quoted(record: View) -> str:
    embedded = _mapping(_mapping(record, "embed"), "record")
    return str(embedded.get("uri") or _mapping(embedded, "record").get("uri") or "")


def _features(record: View) -> list[Mapping[str, Any]]:
    facets = [facet for facet in record.get("facets") or () if isinstance(facet, dict)]
    return [one for facet in facets for one in facet.get("features") or () if isinstance(one, dict)]


def _links(record: View, features: Sequence[Mapping[str, Any]]) -> tuple[str, ...]:
    card = _mapping(_mapping(record, "embed"), "external").get("uri")
    found = [str(uri) for uri in (card, *(f.get("uri") for f in features)) if uri]
    return _unique(link for link in found if mask_mentions(link) == link)


def _engagement(view: View) -> Engagement:
    def count(name: str) -> int | None:
        value = view.get(name)
        return value if isinstance(value, int) else None

    return Engagement(
        likes=count("likeCount"),
        reposts=count("repostCount"),
        replies=count("replyCount"),
        quotes=count("quoteCount"),
    )


def _unique(words: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(words))


def _mapping(value: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    found = value.get(name)
    return found if isinstance(found, dict) else {}


CONNECTOR = Bluesky()
