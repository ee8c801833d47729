"""PeerTube: new videos of a server or found by its search, and the comments of those of the last days."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, timedelta
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
    number,
    paragraphs,
    server,
    short_language,
    text,
    unlike,
)
from crawler.walk import Leaf, Part, Walk, WalkBack, later, stamp, youngest
from domain.model import Author, Engagement, Entry, Fetched, ItemKind, Purpose, Request, Source

PLATFORM = "peertube"
REMEDY = "check that the address is a PeerTube server"
PER_PAGE = 100
COMMENT_DAYS = 3.0


class PeerTube(WalkBack):
    """`url` is the server. `options`: `queries` (without them: the server's own videos), `languages`, `days`,
    `comments: true` with `comment_days` (how old a video may be for its comments to be read, default 3)."""

    kind = "peertube"

    def questions(self, source: Source) -> Sequence[str]:
        """`videos`, or `search WORDS` for each query."""
        return [f"search {query.words}" for query in queries(source)] or ["videos"]

    def floor(self, source: Source, done: str, now: datetime) -> str:
        """Where comments are wanted, videos are met again for as long as theirs are read."""
        back = (
            timedelta(days=number(source, "comment_days", COMMENT_DAYS))
            if source.options.get("comments")
            else timedelta(hours=1)
        )
        mark = parse_date(done)
        return stamp(mark - back) if mark else super().floor(source, done, now)

    def page(self, source: Source, question: str, walk: Walk) -> Request:
        """Pages begin at a count of videos."""
        what, _, words = question.partition(" ")
        query = query_of(source, words)
        asked = [
            ("sort", "-publishedAt"),
            ("start", walk.onward or "0"),
            ("count", str(PER_PAGE)),
            ("nsfw", "both"),
        ]
        asked += [("languageOneOf[]", code) for code in query.languages]
        if what == "videos":
            return Request(f"{server(source)}/api/v1/videos?{urlencode([*asked, ('isLocal', 'true')])}")
        asked += [("search", words), ("startDate", walk.floor)]
        return Request(f"{server(source)}/api/v1/search/videos?{urlencode(asked)}", purse=query.purse)

    def resumed(self, question: str, onward: str) -> str:
        """A few earlier: what was deleted since has moved the others up."""
        return str(max(0, int(onward) - 10))

    def leaf(self, fetched: Fetched, source: Source, question: str, walk: Walk) -> Leaf:
        """Videos that are younger than the floor, and questions for their comments."""
        rows = _rows(fetched, source)
        entries = [_video(row, source) for row in rows if row.get("uuid")]
        young = [e for e in entries if not e.published or later(stamp(e.published), walk.floor) != walk.floor]
        asked = [_comments_of(e, source) for e in young] if source.options.get("comments") else []
        onward = str(int(walk.onward or "0") + len(rows)) if len(rows) >= PER_PAGE and young else ""
        return Leaf([*young, *asked], youngest(e.published for e in young), onward)

    def other(self, fetched: Fetched, source: Source) -> Iterable[Part]:
        """Comments of a video; a video that was asked for again and answers still stands."""
        if fetched.request.purpose is Purpose.RECHECK:
            return [_video(answered_object(fetched, source, REMEDY), source)]
        return _comments(fetched, source)

    def recheck(self, source: Source, raw_ids: Sequence[str]) -> Iterable[Request]:
        """One call per video; comments have no call of their own."""
        for raw_id in raw_ids:
            if not raw_id.isdigit():
                url = f"{server(source)}/api/v1/videos/{quote(raw_id)}"
                yield Request(url, Purpose.RECHECK, context={"id": raw_id})


def _rows(fetched: Fetched, source: Source) -> list[View]:
    found = answered_object(fetched, source, REMEDY).get("data")
    if not isinstance(found, list):
        raise unlike(source, "the answer holds no list", REMEDY)
    return listed(found)


def _video(row: View, source: Source) -> Entry:
    account, uuid = mapping(row, "account"), text(row, "uuid")
    return Entry(
        source_id=source.id,
        raw_id=uuid,
        url=text(row, "url") or f"{server(source)}/videos/watch/{uuid}",
        title=text(row, "name"),
        content=paragraphs(text(row, "description", "truncatedDescription")),
        language=short_language(mapping(row, "language").get("id")),
        published=parse_date(text(row, "publishedAt")),
        updated=parse_date(text(row, "updatedAt")),
        tags=tuple(map(str, row.get("tags") or ())),
        kind=ItemKind.VIDEO,
        platform=PLATFORM,
        # A video has one home, from whichever server it was seen.
        instance=text(account, "host") or instance(source),
        community=text(mapping(row, "channel"), "name"),
        author=_author(account, source),
        engagement=Engagement(
            likes=count(row, "likes"), views=count(row, "views"), replies=count(row, "comments")
        ),
        comments=count(row, "comments"),
        sensitive=bool(row.get("nsfw")),
    )


def _author(account: View, source: Source) -> Author | None:
    name = text(account, "name")
    raw_id = f"{PLATFORM}|{text(account, 'host') or instance(source)}|{name}"
    return Author(raw_id, handle=name, kind="person") if name else None


def _comments_of(video: Entry, source: Source) -> Request:
    url = f"{server(source)}/api/v1/videos/{quote(video.raw_id)}/comment-threads?sort=-createdAt&count={PER_PAGE}"
    return Request(
        url, Purpose.DISCOVERY, context={"video": video.raw_id, "address": video.url, "since": "video"}
    )


def _comments(fetched: Fetched, source: Source) -> Iterator[Entry]:
    context = fetched.request.context
    for row in _rows(fetched, source):
        if row.get("id") and not row.get("isDeleted"):
            yield Entry(
                source_id=source.id,
                raw_id=text(row, "id"),
                url=f"{context['address']};threadId={text(row, 'threadId', 'id')}",
                content=text(row, "text"),
                published=parse_date(text(row, "createdAt")),
                kind=ItemKind.COMMENT,
                platform=PLATFORM,
                instance=instance(source),
                parent=context["video"],
                root=context["video"],
                author=_author(mapping(row, "account"), source),
                engagement=Engagement(replies=count(row, "totalReplies")),
            )


CONNECTOR = PeerTube()
