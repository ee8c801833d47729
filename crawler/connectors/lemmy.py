"""Lemmy's interface (0.19, `/api/v3`): posts and comments of a server or of single communities, newest first."""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from html import escape
from typing import Any
from urllib.parse import urlencode, urlsplit

from crawler.connector import Listing
from crawler.dates import parse_date
from domain.errors import ParseError
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

PLATFORM = "lemmy"
WATERMARK = "since"
# Posts of other servers arrive late with their own time.
OVERLAP = timedelta(hours=1)
PER_PAGE = 50
PAGES_PER_LISTING = 10
POSTS, COMMENTS = "post", "comment"

View = Mapping[str, Any]


class Lemmy(Listing):
    """`url` is the server. `options`: `communities` (names as the server knows them; without them its own local
    posts), `comments: true` reads comments too, `days` (first visit, default 2)."""

    kind = "lemmy"
    needs_all_pages = True

    def plan(self, source: Source, checkpoint: Checkpoint, now: datetime) -> Iterable[Request]:
        """Posts, and comments if wanted, of each community or of the server."""
        mark = parse_date(checkpoint.cursor.get(WATERMARK, ""))
        since = mark - OVERLAP if mark else now - timedelta(days=float(str(source.options.get("days", 2))))
        for community in communities(source):
            for what in (POSTS, COMMENTS) if source.options.get("comments") else (POSTS,):
                yield _page(source, {"what": what, "in": community, "since": since.isoformat(), "page": "1"})

    def parse(self, fetched: Fetched, source: Source) -> Iterable[Entry | Tombstone | Request]:
        """Posts or comments and the next page while it may hold young ones. Raises ParseError."""
        answer = _answer(fetched, source)
        if fetched.request.purpose is Purpose.RECHECK:
            return _rechecked(answer, fetched, source)
        return _listed(answer, fetched, source)

    def advance(self, source: Source, checkpoint: Checkpoint, entries: Sequence[Entry]) -> Checkpoint:
        """Moves the watermark to the youngest post."""
        moments = [e.published.isoformat() for e in entries if e.published is not None]
        newest = max([checkpoint.cursor.get(WATERMARK, ""), *moments])
        # A first page that did not change must still lead to a second that failed last time.
        after = replace(checkpoint, validators={})
        return replace(after, cursor={**checkpoint.cursor, WATERMARK: newest}) if newest else after

    def recheck(self, source: Source, raw_ids: Sequence[str]) -> Iterable[Request]:
        """One call per post or comment, whose raw id is `post/ID` or `comment/ID`."""
        for raw_id in raw_ids:
            what, _, number = raw_id.partition("/")
            url = f"{_server(source)}/api/v3/{what}?{urlencode({'id': number})}"
            yield Request(url, Purpose.RECHECK, context={"id": raw_id, "what": what})


def communities(source: Source) -> tuple[str, ...]:
    """Names of communities; one empty name stands for the whole server."""
    wanted = source.options.get("communities")
    return tuple(map(str, wanted)) if isinstance(wanted, list) and wanted else ("",)


def _server(source: Source) -> str:
    parts = urlsplit(source.url)
    return f"{parts.scheme}://{parts.netloc}"


def _page(source: Source, context: Mapping[str, str]) -> Request:
    place = {"community_name": context["in"]} if context["in"] else {"type_": "Local"}
    query = {"sort": "New", "limit": str(PER_PAGE), "page": context["page"], **place}
    return Request(f"{_server(source)}/api/v3/{context['what']}/list?{urlencode(query)}", context=context)


def _answer(fetched: Fetched, source: Source) -> Mapping[str, Any]:
    try:
        found = json.loads(fetched.body)
    except ValueError as error:
        raise _no_posts(source, f"not JSON: {error}") from error
    if not isinstance(found, dict):
        raise _no_posts(source, "the answer is no object")
    return found


def _no_posts(source: Source, why: str) -> ParseError:
    return ParseError(
        why[:300], source_id=source.id, remedy="check that the address is a Lemmy server (0.19)"
    )


def _listed(answer: Mapping[str, Any], fetched: Fetched, source: Source) -> Iterator[Entry | Request]:
    context = fetched.request.context
    views = answer.get(context["what"] + "s")
    if not isinstance(views, list):
        raise _no_posts(source, f"the answer holds no {context['what']}s")
    since = parse_date(context["since"])
    told = [
        (view, _entry(view, context["what"], source)) for view in views if _standing(view, context["what"])
    ]
    young = [(view, e) for view, e in told if not (since and e.published and e.published < since)]
    for view, entry in young:
        if may_be_kept(view):
            yield entry
    # Pinned posts stand above younger ones, so a page is the last only when nothing on it is young.
    page = int(context["page"])
    if len(views) >= PER_PAGE and young and page < PAGES_PER_LISTING:
        yield _page(source, {**context, "page": str(page + 1)})


def _rechecked(answer: Mapping[str, Any], fetched: Fetched, source: Source) -> Iterator[Entry | Tombstone]:
    context = fetched.request.context
    view = answer.get(f"{context['what']}_view")
    if not isinstance(view, dict):
        raise _no_posts(source, "the answer holds no post")
    one = _mapping(view, context["what"])
    if one.get("deleted"):
        yield _tombstone(source, context["id"], "deleted by its author")
    elif one.get("removed") or not may_be_kept(view):
        yield _tombstone(source, context["id"], "removed, or its author declined")
    else:
        yield _entry(view, context["what"], source)


def _tombstone(source: Source, raw_id: str, reason: str) -> Tombstone:
    instance = urlsplit(source.url).netloc
    return Tombstone(source.id, raw_id, "deleted", reason, PLATFORM, instance)


def _standing(view: object, what: str) -> bool:
    one = _mapping(view, what)
    return bool(one.get("id")) and not one.get("deleted") and not one.get("removed")


def may_be_kept(view: View) -> bool:
    """Whether the author's bio does not carry #nobot, and the community is open to everyone."""
    bio = str(_mapping(view, "creator").get("bio") or "").lower()
    return "#nobot" not in bio and _mapping(view, "community").get("visibility", "Public") == "Public"


def _entry(view: View, what: str, source: Source) -> Entry:
    one, counts = _mapping(view, what), _mapping(view, "counts")
    number, is_post = str(one["id"]), what == POSTS
    link = str(one.get("url") or "")
    return Entry(
        source_id=source.id,
        raw_id=f"{what}/{number}",
        url=f"{_server(source)}/{what}/{number}",
        title=str(one.get("name") or "") if is_post else "",
        content=_paragraphs(str((one.get("body") if is_post else one.get("content")) or "")),
        published=parse_date(str(one.get("published") or "")),
        updated=parse_date(str(one.get("updated") or "")),
        links=(link,) if link else (),
        kind=ItemKind.POST if is_post else ItemKind.COMMENT,
        platform=PLATFORM,
        instance=urlsplit(source.url).netloc,
        parent="" if is_post else _parent(one),
        root="" if is_post else f"{POSTS}/{one.get('post_id')}",
        community=str(_mapping(view, "community").get("name") or ""),
        author=_author(_mapping(view, "creator"), source),
        engagement=Engagement(
            score=_count(counts, "score"), likes=_count(counts, "upvotes"), replies=_replies(counts)
        ),
        comments=_count(counts, "comments"),
        sensitive=bool(one.get("nsfw")),
        consent=Consent(no_bot=False),
    )


def _paragraphs(markdown: str) -> str:
    """Markdown is readable as it stands; only its signs must not be taken for markup."""
    return "".join(f"<p>{escape(part)}</p>" for part in markdown.split("\n") if part.strip())


def _parent(comment: Mapping[str, Any]) -> str:
    """A comment's path is `0.ID.ID…`, itself last; right under the post it has two parts."""
    above = str(comment.get("path") or "").split(".")[:-1]
    return f"{COMMENTS}/{above[-1]}" if len(above) > 1 else f"{POSTS}/{comment.get('post_id')}"


def _author(person: Mapping[str, Any], source: Source) -> Author | None:
    # The actor's address is the same on every server; the number is this server's own.
    actor = str(person.get("actor_id") or person.get("id") or "")
    if not actor:
        return None
    name = str(person.get("name") or "")
    return Author(f"{PLATFORM}||{actor}", handle=name, kind="bot" if person.get("bot_account") else "person")


def _replies(counts: Mapping[str, Any]) -> int | None:
    found = _count(counts, "comments")
    return _count(counts, "child_count") if found is None else found


def _count(counts: Mapping[str, Any], name: str) -> int | None:
    value = counts.get(name)
    return value if isinstance(value, int) else None


def _mapping(value: object, name: str) -> Mapping[str, Any]:
    found = value.get(name) if isinstance(value, dict) else None
    return found if isinstance(found, dict) else {}


CONNECTOR = Lemmy()
