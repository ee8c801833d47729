"""Mastodon's interface, as Mastodon and its kin speak it: public and hashtag timelines, read forward by `min_id`.

Ids are opaque strings. No Link header is needed, since some servers of the family send none.
"""

import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from html import unescape
from typing import Any
from urllib.parse import parse_qs, quote, urlencode, urlsplit

from crawler.connector import Listing, outcome_of
from crawler.dates import parse_date
from crawler.plain import mask_mentions
from domain.errors import Forbidden, ParseError
from domain.model import (
    Author,
    Checkpoint,
    Consent,
    Engagement,
    Entry,
    Fetched,
    ItemKind,
    Outcome,
    Purpose,
    Request,
    Source,
    Tombstone,
)

PLATFORM = "mastodon"
PER_PAGE = 40  # the most that the interface allows
PAGES_PER_TIMELINE = 20  # keeps 300 requests in five minutes far away
RECHECKED_AT_ONCE = 20  # the most ids in one call for statuses
CURSOR = "min_id "
"""Cursor names are this and the timeline's path."""
ANCHOR = re.compile(r"<a\b[^>]{0,2000}>", re.IGNORECASE)
HREF = re.compile(r"""\bhref=["'](https?://[^"'\s]+)""", re.IGNORECASE)

Status = Mapping[str, Any]


class Mastodon(Listing):
    """`url` is the server. `options`: `timeline: public` or `tags: [one, two]`; `local: true` leaves out other
    servers; `languages` keeps only posts in these; `days` (how far the first visit reaches back, default 2); `require_indexable: true` keeps only authors
    who agreed to be found, instead of leaving out those who declined."""

    kind = "mastodon"

    def plan(self, source: Source, checkpoint: Checkpoint, now: datetime) -> Iterable[Request]:
        """First what the server keeps open; the timelines follow from the answer."""
        since = now - timedelta(days=float(str(source.options.get("days", 2))))
        marks = {path: checkpoint.cursor.get(CURSOR + path, "") for path in timelines(source)}
        context = {"since": since.isoformat(), "marks": json.dumps(marks)}
        yield Request(server(source) + "/api/v2/instance", Purpose.DISCOVERY, context=context)

    def parse(self, fetched: Fetched, source: Source) -> Iterable[Entry | Tombstone | Request]:
        """Posts newest first and the next page. Raises ParseError, and Forbidden where the server is closed."""
        match fetched.request.purpose:
            case Purpose.DISCOVERY:
                return _first_pages(fetched, source)
            case Purpose.RECHECK:
                return _rechecked(fetched, source)
            case _:
                return _page(fetched, source)

    def advance(self, source: Source, checkpoint: Checkpoint, entries: Sequence[Entry]) -> Checkpoint:
        """Moves to the last page that was read, whoever's posts it held.

        That page is not asked for conditionally: unchanged or not, it leads on to the next.
        """
        cursor, paths = dict(checkpoint.cursor), timelines(source)
        read = [urlsplit(url) for url in checkpoint.validators]
        for path in paths:
            marks = [
                mark for url in read if url.path == path for mark in parse_qs(url.query).get("min_id", ())
            ]
            cursor |= {f"{CURSOR}{path}": mark for mark in marks[-1:]}
        kept = {url: v for url, v in checkpoint.validators.items() if urlsplit(url).path not in paths}
        return replace(checkpoint, cursor=cursor, validators=kept)

    def recheck(self, source: Source, raw_ids: Sequence[str]) -> Iterable[Request]:
        """Asks for twenty posts at a time (Mastodon 4.3 and later); what is missing in the answer is gone.

        Older servers are asked post by post, and those that show single posts to members only for their timelines.
        """
        for start in range(0, len(raw_ids), RECHECKED_AT_ONCE):
            some = raw_ids[start : start + RECHECKED_AT_ONCE]
            query = urlencode([("id[]", raw_id) for raw_id in some])
            context = {"ids": json.dumps(list(some))}
            yield Request(f"{server(source)}/api/v1/statuses?{query}", Purpose.RECHECK, context=context)

    def health(self, fetched: Fetched) -> Outcome:
        """By status; a server that does not say what it keeps open is asked for its timelines all the same."""
        if fetched.request.purpose is Purpose.DISCOVERY and fetched.status in (401, 403, 404):
            return Outcome.OK
        if "ids" in fetched.request.context and fetched.status in (401, 403, 404):
            return Outcome.OK  # no such call here: there are others
        return outcome_of(fetched.status)


# --- requests ------------------------------------------------------------------------------------


def server(source: Source) -> str:
    """The server's address without a slash at the end."""
    parts = urlsplit(source.url)
    return f"{parts.scheme}://{parts.netloc}"


def timelines(source: Source) -> tuple[str, ...]:
    """Paths of the timelines that the source asks for: its hashtags, else the public one."""
    tags = source.options.get("tags")
    names = [str(tag).lstrip("#") for tag in tags] if isinstance(tags, list) else []
    return tuple(f"/api/v1/timelines/tag/{quote(name)}" for name in names) or ("/api/v1/timelines/public",)


def _timeline(source: Source, path: str, context: Mapping[str, str], **bounds: str) -> Request:
    local = {"local": "true"} if source.options.get("local") else {}
    query = urlencode({"limit": str(PER_PAGE), **local, **bounds})
    return Request(f"{server(source)}{path}?{query}", Purpose.LISTING, context=context)


def _first_pages(fetched: Fetched, source: Source) -> Iterator[Request]:
    _refuse_if_closed(fetched, source)
    marks = json.loads(fetched.request.context["marks"])
    for path, mark in marks.items():
        context = {"path": path, "page": "1", "since": fetched.request.context["since"]}
        yield _timeline(source, path, context, **({"min_id": mark} if mark else {}))


def _refuse_if_closed(fetched: Fetched, source: Source) -> None:
    """Raises Forbidden when the server (Mastodon 4.5 and later) says that it keeps a wanted timeline to members."""
    try:
        said = json.loads(fetched.body)["configuration"]["timelines_access"]
        feeds = said["hashtag_feeds" if source.options.get("tags") else "live_feeds"]
        access = [str(feeds["local"]), *([] if source.options.get("local") else [str(feeds["remote"])])]
    except (ValueError, KeyError, TypeError):
        return
    closed = [word for word in access if word != "public"]
    if closed:
        raise Forbidden(
            f"the server's timelines are not public: {', '.join(closed)}",
            source_id=source.id,
            remedy="ask the server's administrators, or set `local: true` if only other servers' posts are closed",
        )


def _next_page(fetched: Fetched, source: Source, statuses: Sequence[Status]) -> Iterator[Request]:
    """Forward from a mark until a page is empty; a first visit walks back to `since`, then on from the newest."""
    context, page = fetched.request.context, int(fetched.request.context.get("page", "1"))
    if "path" not in context:  # a page that is read again by itself leads nowhere
        return
    asked = parse_qs(urlsplit(fetched.request.url).query)
    ids = [str(status["id"]) for status in statuses]
    newest = ids[:1] if "min_id" in asked else [context["newest"]] if "newest" in context else ids[:1]
    if not newest or page >= PAGES_PER_TIMELINE:
        return
    onward = {**context, "page": str(page + 1), "newest": newest[0]}
    backward = (
        "min_id" not in asked and page < PAGES_PER_TIMELINE - 1 and _reaches(statuses, context["since"])
    )
    # A server that does not know max_id would give the same page for ever.
    if backward and not {*ids} & {*asked.get("max_id", ())}:
        yield _timeline(source, context["path"], onward, max_id=ids[-1])
    else:
        yield _timeline(source, context["path"], onward, min_id=newest[0])


def _reaches(statuses: Sequence[Status], since: str) -> bool:
    """Whether there may be more posts after `since` behind this page."""
    bound = parse_date(since)
    oldest = parse_date(str(statuses[-1].get("created_at") or "")) if statuses else None
    return bound is not None and oldest is not None and oldest > bound


# --- answers -------------------------------------------------------------------------------------


def _statuses(fetched: Fetched, source: Source) -> list[Status]:
    try:
        found = json.loads(fetched.body)
    except ValueError as error:
        raise _no_statuses(source, f"not JSON: {error}") from error
    if not isinstance(found, list):
        raise _no_statuses(source, "the answer is no list of posts")
    return [status for status in found if isinstance(status, dict) and status.get("id")]


def _no_statuses(source: Source, why: str) -> ParseError:
    return ParseError(why[:300], source_id=source.id, remedy="check that the address is a Mastodon server")


def _page(fetched: Fetched, source: Source) -> Iterator[Entry | Request]:
    statuses = _statuses(fetched, source)
    since = None if "min_id=" in fetched.request.url else parse_date(fetched.request.context.get("since", ""))
    for status in statuses:
        entry = _entry(status, source)
        is_young = not (since and entry.published and entry.published < since)
        if is_young and may_be_kept(status, source) and _is_in(entry.language, source):
            yield entry
    yield from _next_page(fetched, source, statuses)


def _rechecked(fetched: Fetched, source: Source) -> Iterable[Entry | Tombstone | Request]:
    context = fetched.request.context
    if "id" in context:
        return [_standing(_status(fetched, source), context["id"], source)]
    ids = json.loads(context["ids"])
    if "path" in context:
        return _walked(fetched, source, ids)
    if "trial" in context:
        if fetched.status in (401, 403):
            return [_walk(source, ids, timelines(source)[0])]
        return [_single(source, raw_id) for raw_id in ids]
    if fetched.status != 200:
        return [replace(_single(source, ids[0]), context={"ids": json.dumps(ids), "trial": "yes"})]
    found = {str(status["id"]): status for status in _statuses(fetched, source)}
    return [_standing(found.get(raw_id), raw_id, source) for raw_id in ids]


def _standing(status: Status | None, raw_id: str, source: Source) -> Entry | Tombstone:
    if status is None:
        return _tombstone(source, raw_id, "deleted", "missing when asked for again")
    if not may_be_kept(status, source):
        return _tombstone(source, raw_id, "withdrawn", "no longer public, or its author declined")
    return _entry(status, source)


def _single(source: Source, raw_id: str) -> Request:
    url = f"{server(source)}/api/v1/statuses/{quote(raw_id)}"
    return Request(url, Purpose.RECHECK, context={"id": raw_id})


def _status(fetched: Fetched, source: Source) -> Status:
    try:
        return _mapping(json.loads(fetched.body))
    except ValueError as error:
        raise _no_statuses(source, f"not JSON: {error}") from error


def _walk(source: Source, ids: Sequence[str], path: str, page: int = 1, **bounds: str) -> Request:
    context = {"ids": json.dumps(list(ids)), "path": path, "page": str(page)}
    return replace(_timeline(source, path, context, **bounds), purpose=Purpose.RECHECK)


def _walked(fetched: Fetched, source: Source, ids: Sequence[str]) -> Iterator[Entry | Tombstone | Request]:
    """Goes back through the timelines; what none of them holds is gone, unless one was too long to read whole."""
    context = fetched.request.context
    path, page = context["path"], int(context["page"])
    found = {str(status["id"]): status for status in _statuses(fetched, source)}
    yield from (_standing(found[raw_id], raw_id, source) for raw_id in ids if raw_id in found)
    left = [raw_id for raw_id in ids if raw_id not in found]
    oldest = list(found)[-1:]
    asked = parse_qs(urlsplit(fetched.request.url).query)
    if left and oldest and not {*found} & {*asked.get("max_id", ())}:
        if page < PAGES_PER_TIMELINE:
            yield _walk(source, left, path, page + 1, max_id=oldest[0])
        return
    others = timelines(source)[timelines(source).index(path) + 1 :]
    if left and others:
        yield _walk(source, left, others[0])
    elif not others:
        yield from (_tombstone(source, raw_id, "gone", "no longer in the timelines") for raw_id in left)


def _tombstone(source: Source, raw_id: str, state: Any, reason: str) -> Tombstone:
    return Tombstone(source.id, raw_id, state, reason, PLATFORM, urlsplit(source.url).netloc)


def may_be_kept(status: Status, source: Source) -> bool:
    """Whether the post is public and its author did not decline: noindex, not indexable, #nobot in the bio."""
    consent = consent_of(status)
    declined = consent.noindex or consent.no_bot or consent.indexable is False
    agreed = consent.indexable or not source.options.get("require_indexable")
    return status.get("visibility") == "public" and not declined and bool(agreed)


def _is_in(language: str, source: Source) -> bool:
    """Whether a post in this language is wanted; one that names none is."""
    wanted = source.options.get("languages")
    return not isinstance(wanted, list) or not language or language in map(str, wanted)


def consent_of(status: Status) -> Consent:
    """What the author's account says about being found and read."""
    account = _mapping(status.get("account"))
    note = str(account.get("note") or "").lower()
    # A server marks hashtags up: #<span>nobot</span>.
    no_bot = "#nobot" in note or "#<span>nobot<" in note
    return Consent(indexable=_flag(account, "indexable"), noindex=_flag(account, "noindex"), no_bot=no_bot)


def _flag(account: Mapping[str, Any], name: str) -> bool | None:
    value = account.get(name)
    return value if isinstance(value, bool) else None


def _entry(status: Status, source: Source) -> Entry:
    raw_id, repeated = str(status["id"]), _mapping(status.get("reblog"))
    quoted = _mapping(_mapping(status.get("quote")).get("quoted_status"))
    parent = str(status.get("in_reply_to_id") or "")
    content = "" if repeated else str(status.get("content") or "")
    return Entry(
        source_id=source.id,
        raw_id=raw_id,
        # The permalink holds the author's handle; this address leads to the same page and does not.
        url=f"{server(source)}/statuses/{quote(raw_id)}",
        title="" if repeated else str(status.get("spoiler_text") or ""),
        content=content,
        language=str(status.get("language") or "").split("-")[0].lower(),
        published=parse_date(str(status.get("created_at") or "")),
        updated=parse_date(str(status.get("edited_at") or "")),
        tags=tuple(str(tag["name"]) for tag in status.get("tags") or () if _mapping(tag).get("name")),
        links=_links(content),
        kind=_kind(parent, quoted, repeated),
        platform=PLATFORM,
        instance=urlsplit(source.url).netloc,
        parent=parent,
        quoted=str((quoted or repeated).get("id") or ""),
        author=_author(_mapping(status.get("account")), source),
        engagement=_engagement(status),
        sensitive=bool(status.get("sensitive")),
        consent=consent_of(status),
    )


def _kind(parent: str, quoted: Status, repeated: Status) -> ItemKind:
    if repeated:
        return ItemKind.REPOST
    if parent:
        return ItemKind.REPLY
    return ItemKind.QUOTE if quoted else ItemKind.POST


def _author(account: Mapping[str, Any], source: Source) -> Author | None:
    if not account.get("id"):
        return None
    # Display name, picture and bio are nobody's business here.
    raw_id = f"{PLATFORM}|{urlsplit(source.url).netloc}|{account['id']}"
    handle = str(account.get("acct") or account.get("username") or "")
    return Author(raw_id, handle=handle, kind="bot" if account.get("bot") else "person")


def _engagement(status: Status) -> Engagement:
    def count(name: str) -> int | None:
        value = status.get(name)
        return value if isinstance(value, int) else None

    return Engagement(
        likes=count("favourites_count"),
        reposts=count("reblogs_count"),
        replies=count("replies_count"),
        quotes=count("quotes_count"),
    )


def _links(content: str) -> tuple[str, ...]:
    """Addresses that the post points at; neither hashtags nor anybody's profile."""
    anchors = (tag for tag in ANCHOR.findall(content) if "mention" not in tag)
    found = (unescape(href[1]) for tag in anchors if (href := HREF.search(tag)))
    return tuple(link for link in found if mask_mentions(link) == link)


def _mapping(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}


CONNECTOR = Mastodon()
