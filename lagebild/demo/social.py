"""An invented Mastodon server, and Bluesky's public calls and event stream, over the world's posts."""

import json
import zlib
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from html import escape
from typing import Any

from lagebild.demo.faults import Answer
from lagebild.demo.posts import Post
from lagebild.demo.world import World

JSON = "application/json; charset=utf-8"
MOST_PER_PAGE = 40
USUAL_PER_PAGE = 20
LOOK_BACK = timedelta(hours=36)  # Jetstream v1 keeps so much, and clamps an older cursor without a word
POSTS = "app.bsky.feed.post"
OPEN = {"local": "public", "remote": "public"}
INSTANCE = {
    "domain": "marktplatz.example",
    "title": "marktplatz.example",
    "version": "4.5.2",
    "configuration": {
        "timelines_access": {
            "live_feeds": {"local": "public", "remote": "authenticated"},
            "hashtag_feeds": OPEN,
            "trending_link_feeds": OPEN,
        }
    },
    "rules": [{"id": "1", "text": "Erfundener Server der Lagebild-Demo; automatisiertes Lesen ist erlaubt."}],
}

Query = Mapping[str, list[str]]


def _json(value: object, status: int = 200, headers: Mapping[str, str] | None = None) -> Answer:
    return Answer(json.dumps(value, ensure_ascii=False).encode(), JSON, status, headers=headers or {})


def _standing(world: World, platform: str, moment: datetime) -> list[Post]:
    """Posts of a platform that can be read then, newest first."""
    return [
        post
        for post in reversed(world.posts)
        if post.platform == platform
        and post.published <= moment
        and not (post.deleted_at and post.deleted_at <= moment)
    ]


# --- Mastodon


def status_id(post: Post) -> str:
    """As Mastodon makes them: milliseconds, then 16 bits; they sort by time."""
    return str((int(post.published.timestamp() * 1000) << 16) + int(post.id))


def mastodon_answer(world: World, base: str, moment: datetime, path: str, query: Query) -> Answer:
    """The answer to a GET under /api; limits are told in the headers as Mastodon does."""
    posts = _standing(world, "mastodon", moment)
    parts = path.strip("/").split("/")
    match parts:
        case ["robots.txt"]:
            return Answer(b"User-agent: *\nDisallow: /settings\n", "text/plain")
        case ["api", "v2", "instance"]:
            return _json(INSTANCE)
        case ["api", "v1", "instance"]:
            return _json({"uri": "marktplatz.example", "title": "marktplatz.example", "version": "4.5.2"})
        case ["api", "v1", "timelines", "public"]:
            return _timeline(posts, base, path, query)
        case ["api", "v1", "timelines", "tag", tag]:
            tags = {tag.lower(), *(more.lower() for more in query.get("any[]", []))}
            return _timeline(
                [post for post in posts if tags & {t.lower() for t in post.tags}], base, path, query
            )
        case ["api", "v1", "statuses"]:
            wanted = {*query.get("id[]", []), *query.get("id", [])}
            return _json([_status(post, base) for post in posts if status_id(post) in wanted])
        case ["api", "v1", "statuses", one] if found := [post for post in posts if status_id(post) == one]:
            return _json(_status(found[0], base))
        case _:
            return _json({"error": "Record not found"}, 404)


def _timeline(posts: Sequence[Post], base: str, path: str, query: Query) -> Answer:
    limit = min(int(query.get("limit", [str(USUAL_PER_PAGE)])[0]), MOST_PER_PAGE)
    shown = _window(posts, query, limit)
    headers = {"X-RateLimit-Limit": "300", "X-RateLimit-Remaining": "299"}
    if shown:
        newest, oldest = status_id(shown[0]), status_id(shown[-1])
        url = f"{base}{path}?limit={limit}"
        headers["Link"] = f'<{url}&max_id={oldest}>; rel="next", <{url}&min_id={newest}>; rel="prev"'
    return _json([_status(post, base) for post in shown], headers=headers)


def _window(posts: Sequence[Post], query: Query, limit: int) -> list[Post]:
    """`min_id` gives those right after it, `since_id` and `max_id` the newest; always newest first."""

    def bound(name: str) -> int | None:
        return int(query[name][0]) if query.get(name, [""])[0].isdigit() else None

    floor, ceiling = bound("min_id") or bound("since_id"), bound("max_id")
    kept = [
        post
        for post in posts
        if (floor is None or int(status_id(post)) > floor)
        and (ceiling is None or int(status_id(post)) < ceiling)
    ]
    return kept[-limit:] if bound("min_id") is not None else kept[:limit]


def _status(post: Post, base: str) -> dict[str, Any]:
    url = f"{base}/@{post.author}/{status_id(post)}"
    return {
        "id": status_id(post),
        "uri": url,
        "url": url,
        "created_at": _milliseconds(post.published),
        "edited_at": None,
        "content": f"<p>{_linked(post, base)}</p>",
        "language": post.language,
        "visibility": "public",
        "sensitive": False,
        "spoiler_text": "",
        "in_reply_to_id": None,
        "reblog": None,
        "account": _account(post, base),
        "replies_count": 0,
        "reblogs_count": post.reposts,
        "favourites_count": post.likes,
        "tags": [{"name": tag.lower(), "url": f"{base}/tags/{tag.lower()}"} for tag in post.tags],
        "mentions": [],
        "card": None,
    }


def _linked(post: Post, base: str) -> str:
    words = []
    for word in post.text.split():
        tag = word[1:].rstrip(".,!?:")
        mark = f'<a href="{base}/tags/{tag.lower()}" class="mention hashtag" rel="tag">#<span>{escape(tag)}</span></a>'
        words.append(mark + escape(word[1 + len(tag) :]) if word.startswith("#") else escape(word))
    return " ".join(words)


def _account(post: Post, base: str) -> dict[str, Any]:
    return {
        "id": str(zlib.crc32(post.author.encode())),
        "username": post.author,
        "acct": post.author,
        "display_name": post.author.replace("_", " ").title(),
        "url": f"{base}/@{post.author}",
        "note": "<p>#nobot</p>" if post.nobot else "<p></p>",
        "bot": False,
        "discoverable": post.indexable,
        "indexable": post.indexable,
        "noindex": post.noindex,
    }


def _milliseconds(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%S.000Z")


# --- Bluesky


def did(author: str) -> str:
    return f"did:plc:{zlib.crc32(author.encode()):08x}demo{len(author):02d}"


def post_uri(post: Post) -> str:
    return f"at://{did(post.author)}/{POSTS}/{_rkey(post)}"


def _rkey(post: Post) -> str:
    return f"3demo{post.id}"


def bluesky_answer(world: World, moment: datetime, path: str, query: Query) -> Answer:
    """The public XRPC calls; search wants a session, as it does in life."""
    posts = _standing(world, "bluesky", moment)
    match path.removeprefix("/xrpc/"):
        case "/robots.txt":
            return Answer(b"User-agent: *\nAllow: /\n", "text/plain")
        case "com.atproto.server.createSession":
            return _json(
                {"did": did("demo"), "handle": "demo.bsky.example", "accessJwt": "demo", "refreshJwt": "demo"}
            )
        case "app.bsky.feed.searchPosts":
            words = query.get("q", [""])[0].lower().split()
            found = [post for post in posts if all(word in post.text.lower() for word in words)]
            limit = min(int(query.get("limit", ["25"])[0]), 100)
            start = int(query.get("cursor", ["0"])[0])
            more = {"cursor": str(start + limit)} if start + limit < len(found) else {}
            return _json({"posts": [_view(post) for post in found[start : start + limit]], **more})
        case "app.bsky.feed.getPosts":
            return _json(
                {"posts": [_view(post) for post in posts if post_uri(post) in query.get("uris", [])]}
            )
        case "app.bsky.actor.getProfiles":
            people = {did(post.author): post for post in posts}
            return _json(
                {"profiles": [_person(people[one]) for one in query.get("actors", []) if one in people]}
            )
        case _:
            return _json({"error": "MethodNotImplemented", "message": "not in the demo"}, 501)


def _view(post: Post) -> dict[str, Any]:
    return {
        "uri": post_uri(post),
        "cid": _cid(post),
        "author": _person(post),
        "record": _record(post),
        "indexedAt": _milliseconds(post.published + timedelta(seconds=2)),
        "likeCount": post.likes,
        "repostCount": post.reposts,
        "replyCount": 0,
        "quoteCount": 0,
        "labels": [],
    }


def _person(post: Post) -> dict[str, Any]:
    labels = [{"src": did(post.author), "val": "!no-unauthenticated"}] if post.no_unauthenticated else []
    return {
        "did": did(post.author),
        "handle": f"{post.author}.bsky.example",
        "displayName": "",
        "labels": labels,
    }


def _cid(post: Post) -> str:
    return f"bafydemo{zlib.crc32(post.text.encode()):08x}"


def _record(post: Post) -> dict[str, Any]:
    record: dict[str, Any] = {
        "$type": POSTS,
        "text": post.text,
        "createdAt": _milliseconds(post.published),
        "langs": [post.language],
        "tags": list(post.tags),
    }
    if post.no_unauthenticated:
        values = [{"val": "!no-unauthenticated"}]
        record["labels"] = {"$type": "com.atproto.label.defs#selfLabels", "values": values}
    return record


def microseconds(moment: datetime) -> int:
    return int(moment.timestamp() * 1_000_000)


def jetstream_events(world: World, moment: datetime) -> list[dict[str, Any]]:
    """All that Jetstream v1 would have sent by then and still keeps, in order: accounts, posts, deletions."""
    events = [event for post in world.posts if post.platform == "bluesky" for event in _events(post)]
    first, last = microseconds(moment - LOOK_BACK), microseconds(moment)
    kept = [event for event in events if first <= event["time_us"] <= last]
    return sorted(kept, key=lambda event: int(event["time_us"]))


def _events(post: Post) -> Iterator[dict[str, Any]]:
    at, who = microseconds(post.published), did(post.author)
    account = {"active": True, "did": who, "seq": at % 10**9, "time": _milliseconds(post.published)}
    yield {"did": who, "time_us": at - 1, "kind": "account", "account": account}
    commit = {"rev": f"{at:x}", "operation": "create", "collection": POSTS, "rkey": _rkey(post)}
    yield {
        "did": who,
        "time_us": at,
        "kind": "commit",
        "commit": commit | {"record": _record(post), "cid": _cid(post)},
    }
    if post.deleted_at:
        gone = microseconds(post.deleted_at)
        commit = commit | {"operation": "delete", "rev": f"{gone:x}"}
        yield {"did": who, "time_us": gone, "kind": "commit", "commit": commit}


def wanted(events: Sequence[Mapping[str, Any]], query: Query) -> Iterator[Mapping[str, Any]]:
    """The events a subscriber asked for. Without a cursor the demo replays all it keeps, so that a visit sees some."""
    cursor = int(query.get("cursor", ["0"])[0] or 0)
    collections = query.get("wantedCollections", [])
    for event in events:
        of_kind = event["kind"] != "commit" or not collections or event["commit"]["collection"] in collections
        if event["time_us"] >= cursor and of_kind:
            yield event
