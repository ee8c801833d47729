"""Posts of the AT Protocol, as Bluesky's calls and its event stream show them."""

import json
from collections.abc import Iterator, Sequence
from datetime import datetime
from html import escape
from urllib.parse import urlencode

from crawler.dates import parse_date
from crawler.plain import mask_mentions
from crawler.shapes import View, answered_object, count, listed, mapping, short_language, text, unique, unlike
from domain.model import (
    Author,
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
REMEDY = "check that the address answers XRPC calls"
RECHECKED_AT_ONCE = 25
APPVIEW = "https://public.api.bsky.app"
DECLINED = frozenset({"!no-unauthenticated", "!hide", "!takedown", "!suspend"})
SENSITIVE = frozenset({"porn", "sexual", "nudity", "graphic-media", "gore"})


def labels_of(view: View) -> frozenset[str]:
    """Labels of the post, of its author, and those the author set on it. A label taken back does not count."""
    own = mapping(view, "record", "labels").get("values") or ()
    told = [*(view.get("labels") or ()), *(mapping(view, "author").get("labels") or ()), *own]
    return frozenset(str(one.get("val")) for one in told if isinstance(one, dict) and not one.get("neg"))


def may_be_kept(view: View) -> bool:
    """Whether neither the author nor the platform keeps the post from readers without an account."""
    return not labels_of(view) & DECLINED


def written_at(view: View) -> datetime | None:
    """The earlier of what the author's clock and the index say; a record may bear any date."""
    stated = (mapping(view, "record").get("createdAt"), view.get("indexedAt"))
    return min((at for one in stated if (at := parse_date(str(one or "")))), default=None)


def languages_of(view: View) -> list[str]:
    """Languages that the record declares."""
    return [short_language(one) for one in mapping(view, "record").get("langs") or ()]


def author_id(did: str) -> str:
    """An account, as pseudonyms are made of it."""
    return f"{PLATFORM}||{did}"


def entry_of(view: View, source: Source) -> Entry:
    """A post as an entry. `view` has uri, record, author; counts where the platform says them."""
    record, author = mapping(view, "record"), mapping(view, "author")
    uri, features = str(view["uri"]), _features(record)
    parent, quoted = text(mapping(record, "reply", "parent"), "uri"), _quoted(record)
    tags = [*map(str, record.get("tags") or ()), *(str(f["tag"]) for f in features if f.get("tag"))]
    return Entry(
        source_id=source.id,
        raw_id=uri,
        url=web_address(uri),
        content="<p>" + escape(str(record.get("text") or "")).replace("\n", "<br>") + "</p>",
        language=next(iter(languages_of(view)), ""),
        published=written_at(view),
        tags=unique(tags),
        links=_links(record, features),
        kind=ItemKind.REPLY if parent else ItemKind.QUOTE if quoted else ItemKind.POST,
        platform=PLATFORM,
        parent=parent,
        root=text(mapping(record, "reply", "root"), "uri"),
        quoted=quoted,
        author=Author(author_id(str(author["did"])), text(author, "handle"), kind="person")
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
    embedded = mapping(record, "embed", "record")
    return text(embedded, "uri") or text(mapping(embedded, "record"), "uri")


def _features(record: View) -> list[View]:
    facets = listed(record.get("facets") or [])
    return [one for facet in facets for one in listed(facet.get("features") or [])]


def _links(record: View, features: Sequence[View]) -> tuple[str, ...]:
    card = mapping(record, "embed", "external").get("uri")
    found = [str(uri) for uri in (card, *(f.get("uri") for f in features)) if uri]
    return unique(link for link in found if mask_mentions(link) == link)


def _engagement(view: View) -> Engagement:
    return Engagement(
        likes=count(view, "likeCount"),
        reposts=count(view, "repostCount"),
        replies=count(view, "replyCount"),
        quotes=count(view, "quoteCount"),
    )


# --- calls ---------------------------------------------------------------------------------------


def call_url(server: str, call: str, query: Sequence[tuple[str, str]]) -> str:
    """The address of a call of `app.bsky.feed`."""
    return f"{server}/xrpc/app.bsky.feed.{call}?{urlencode(query)}"


def appview(source: Source) -> str:
    """The server that tells posts and profiles to everyone, without a slash at the end."""
    return str(source.options.get("appview") or APPVIEW).rstrip("/")


def posts_answer(fetched: Fetched, source: Source) -> View:
    """An answer that holds posts. Raises ParseError."""
    found = answered_object(fetched, source, REMEDY)
    if not {"posts", "feed"} & found.keys():
        raise unlike(source, "the answer holds no posts", REMEDY)
    return found


def views_of(answer: View) -> list[View]:
    """Posts of an answer; what somebody repeated stands where it was written."""
    rows = [row for row in answer.get("feed") or () if isinstance(row, dict) and not row.get("reason")]
    found = [*(answer.get("posts") or ()), *(row.get("post") for row in rows)]
    return [view for view in found if isinstance(view, dict) and view.get("uri") and mapping(view, "record")]


def asked_again(server: str, uris: Sequence[str]) -> Iterator[Request]:
    """Requests for these posts, 25 at a time."""
    for start in range(0, len(uris), RECHECKED_AT_ONCE):
        some = list(uris[start : start + RECHECKED_AT_ONCE])
        url = call_url(server, "getPosts", [("uris", uri) for uri in some])
        yield Request(url, Purpose.RECHECK, context={"ids": json.dumps(some)})


def told_again(fetched: Fetched, source: Source) -> Iterator[Entry | Tombstone]:
    """What the posts that were asked for again have become; what is missing in the answer is gone."""
    standing = {str(view["uri"]): view for view in views_of(posts_answer(fetched, source))}
    for uri in json.loads(fetched.request.context["ids"]):
        if uri not in standing:
            yield Tombstone(source.id, uri, "deleted", "missing when asked for again", PLATFORM)
        elif not may_be_kept(standing[uri]):
            yield Tombstone(source.id, uri, "withdrawn", "its author declined", PLATFORM)
        else:
            yield entry_of(standing[uri], source)
