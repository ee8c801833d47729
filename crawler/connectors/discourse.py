"""Discourse: the newest posts of a forum, or what its search finds, newest first."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from urllib.parse import quote, urlencode

from crawler.dates import parse_date
from crawler.queries import queries, query_of
from crawler.shapes import (
    View,
    answered_object,
    count,
    instance,
    listed,
    mapping,
    server,
    text,
    unlike,
    wished,
)
from crawler.walk import Leaf, Part, Walk, WalkBack, later, stamp, youngest
from domain.model import Author, Engagement, Entry, Fetched, ItemKind, Purpose, Request, Source, Tombstone

PLATFORM = "discourse"
REMEDY = "check that the address is a Discourse forum that is open to everyone"
LIKES = 2  # the number of the action "like"
REGULAR = 1  # other posts are the forum's own small notes


class Discourse(WalkBack):
    """`url` is the forum. `options`: `queries` (without them: every post), `categories` (ids), `days`."""

    kind = "discourse"
    # Posts that waited for a moderator appear with their old time.
    overlap = timedelta(hours=1)

    def questions(self, source: Source) -> Sequence[str]:
        """`posts`, or `search WORDS` for each query."""
        return [f"search {query.words}" for query in queries(source)] or ["posts"]

    def page(self, source: Source, question: str, walk: Walk) -> Request:
        """Posts go back by id, search by pages numbered from 1."""
        what, _, words = question.partition(" ")
        if what == "posts":
            before = f"?{urlencode({'before': walk.onward})}" if walk.onward else ""
            return Request(f"{server(source)}/posts.json{before}")
        # The search knows days only, and an "after" that leaves its own day out.
        since = (parse_date(walk.floor) or fallback()) - timedelta(days=1)
        asked = {"q": f"{words} after:{since:%Y-%m-%d} order:latest", "page": walk.onward or "1"}
        return Request(
            f"{server(source)}/search.json?{urlencode(asked)}", purse=query_of(source, words).purse
        )

    def leaf(self, fetched: Fetched, source: Source, question: str, walk: Walk) -> Leaf:
        """Posts that are younger than the floor."""
        answer = answered_object(fetched, source, REMEDY)
        rows, topics, onward = _found(answer, question, walk, source)
        posts = [
            _entry(row, topics.get(str(row.get("topic_id")), {}), source) for row in rows if _stands(row)
        ]
        young = [e for e in posts if not e.published or later(stamp(e.published), walk.floor) != walk.floor]
        kept = [entry for entry in young if _in_categories(entry, source)]
        return Leaf(kept, youngest(entry.published for entry in young), onward if young else "")

    def other(self, fetched: Fetched, source: Source) -> Iterable[Part]:
        """What a post that was asked for again has become."""
        return _again(answered_object(fetched, source, REMEDY), fetched, source)

    def recheck(self, source: Source, raw_ids: Sequence[str]) -> Iterable[Request]:
        """One call per post, whose raw id is `TOPIC/NUMBER`."""
        for raw_id in raw_ids:
            url = f"{server(source)}/posts/by_number/{quote(raw_id)}.json"
            yield Request(url, Purpose.RECHECK, context={"id": raw_id})


def fallback() -> datetime:
    """The beginning of time, for a walk without a floor."""
    return datetime(2000, 1, 1, tzinfo=UTC)


def _found(
    answer: View, question: str, walk: Walk, source: Source
) -> tuple[list[View], dict[str, View], str]:
    """Posts, topics by id, and where older posts are."""
    if question == "posts":
        rows = answer.get("latest_posts")
        if not isinstance(rows, list):
            raise unlike(source, "the answer holds no posts", REMEDY)
        ids = [one for row in listed(rows) if (one := count(row, "id")) is not None]
        return listed(rows), {}, str(min(ids) - 1) if ids and min(ids) > 1 else ""
    if "grouped_search_result" not in answer and "posts" not in answer:
        raise unlike(source, "the answer is not one of the search", REMEDY)
    topics = {str(topic.get("id")): topic for topic in listed(answer.get("topics") or [])}
    more = mapping(answer, "grouped_search_result").get("more_full_page_results")
    return listed(answer.get("posts") or []), topics, str(int(walk.onward or "1") + 1) if more else ""


def _stands(row: View) -> bool:
    regular = row.get("post_type", REGULAR) == REGULAR
    return bool(row.get("id")) and regular and not _is_gone(row)


def _is_gone(row: View) -> bool:
    return bool(row.get("hidden") or row.get("deleted_at") or row.get("user_deleted"))


def _in_categories(entry: Entry, source: Source) -> bool:
    wanted = wished(source, "categories")
    return not wanted or entry.community in wanted


def _again(row: View, fetched: Fetched, source: Source) -> Iterator[Entry | Tombstone]:
    if _is_gone(row):
        raw_id = fetched.request.context["id"]
        yield Tombstone(source.id, raw_id, "deleted", "hidden or deleted", PLATFORM, instance(source))
    elif row.get("id"):
        yield _entry(row, {}, source)


def _entry(row: View, topic: View, source: Source) -> Entry:
    number, topic_id = str(row.get("post_number") or "1"), str(row.get("topic_id"))
    answers, is_first = row.get("reply_to_post_number"), number == "1"
    slug = text(row, "topic_slug") or text(topic, "slug") or "-"
    return Entry(
        source_id=source.id,
        raw_id=f"{topic_id}/{number}",
        url=f"{server(source)}/t/{quote(slug)}/{topic_id}/{number}",
        title=(text(row, "topic_title") or text(topic, "title")) if is_first else "",
        content=text(row, "cooked", "blurb"),
        published=parse_date(text(row, "created_at")),
        updated=parse_date(text(row, "updated_at")),
        kind=ItemKind.POST if is_first else ItemKind.REPLY,
        platform=PLATFORM,
        instance=instance(source),
        parent="" if is_first else f"{topic_id}/{answers or 1}",
        root="" if is_first else f"{topic_id}/1",
        community=text(row, "category_id") or text(topic, "category_id"),
        author=_author(row, source),
        engagement=Engagement(
            likes=_likes(row), replies=count(row, "reply_count"), views=count(row, "reads")
        ),
    )


def _author(row: View, source: Source) -> Author | None:
    name = text(row, "username")
    raw_id = f"{PLATFORM}|{instance(source)}|{name}"
    return (
        Author(raw_id, handle=name, kind="organisation" if row.get("staff") else "person") if name else None
    )


def _likes(row: View) -> int | None:
    acted = {count(one, "id"): count(one, "count") for one in listed(row.get("actions_summary") or [])}
    return acted.get(LIKES, count(row, "like_count"))


CONNECTOR = Discourse()
