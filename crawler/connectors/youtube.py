"""YouTube: new videos of channels and playlists, and their comments where there is a key.

Without a key a channel's feed is read (its fifteen newest videos). With one the Data API lists uploads to where they were
read before, and the comments of recent videos; each call takes a unit of the key's daily quota from the budget.
The feeds answer 404 or 500 for hours now and then: that is no word on anything, and the next visit asks again.
"""

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from urllib.parse import urlencode

from lxml import etree

from crawler.dates import parse_date
from crawler.feed import refuse_declarations
from crawler.secret import SECRET
from crawler.shapes import (
    View,
    answered_object,
    count,
    listed,
    mapping,
    missing,
    number,
    server,
    short_language,
    text,
    unlike,
    wished,
)
from crawler.walk import PREFIX, Leaf, Part, Walk, WalkBack, later, stamp, walk_of, youngest
from domain.errors import ParseError
from domain.model import (
    Author,
    Bookmark,
    Checkpoint,
    Engagement,
    Entry,
    Fetched,
    Gap,
    ItemKind,
    Outcome,
    Purpose,
    Request,
    Source,
)

PLATFORM = "youtube"
REMEDY = "check the ids of channels and playlists, and that the key is one for the YouTube Data API"
API = "https://www.googleapis.com/youtube/v3"
PER_FEED = 15
PER_PAGE, COMMENTS_PER_PAGE = 50, 100
COMMENT_DAYS = 7.0
VIDEO_ID_LETTERS = 11
VIDEO = "video "
"""Cursor names of videos whose comments are read are this and the video's id; the value is when it appeared."""
COMMENTS = "comments "
SPENT = ("quotaExceeded", "dailyLimitExceeded", "rateLimitExceeded")
CLOSED = "commentsDisabled"
NO_COMMENTS = "closed "
"""Kept as long as the video is watched: a listing that comes in later would have it asked again."""
NAMES = {
    "atom": "http://www.w3.org/2005/Atom",
    "yt": "http://www.youtube.com/xml/schemas/2015",
    "media": "http://search.yahoo.com/mrss/",
}


class YouTube(WalkBack):
    """`url` is https://www.youtube.com/. `options`: `channels` (UC…), `playlists`, `days`; with `auth` (a key)
    `comments: false` leaves comments out, `comment_days` is how long a video's are read (default 7)."""

    kind = "youtube"
    leaves_pages_alone = True
    unit = "quota units"
    budget_zone = "America/Los_Angeles"
    nothing_asked = "give options: channels or playlists"
    overlap = timedelta(days=1)
    onward_holds = timedelta(days=1)

    def questions(self, source: Source) -> Sequence[str]:
        """`channel ID` and `playlist ID`."""
        return [f"channel {one}" for one in wished(source, "channels")] + [
            f"playlist {one}" for one in wished(source, "playlists")
        ]

    def plan(self, source: Source, checkpoint: Checkpoint, now: datetime) -> Iterable[Request]:
        """Listings first, then the comments of recent videos, those asked for longest ago first."""
        videos = {
            key.removeprefix(VIDEO): at for key, at in checkpoint.cursor.items() if key.startswith(VIDEO)
        }
        for request in super().plan(source, checkpoint, now):
            yield replace(request, context={**request.context, "videos": json.dumps(videos)})
        if not reads_comments(source):
            return
        open_ = [video for video in videos if NO_COMMENTS + video not in checkpoint.cursor]
        for video in sorted(open_, key=lambda one: walk_of(checkpoint, COMMENTS + one).at):
            walk = self._under_way(source, COMMENTS + video, walk_of(checkpoint, COMMENTS + video), now)
            yield self._turn(
                source, COMMENTS + video, walk, self.pages_per_question, resumed=bool(walk.onward)
            )

    def floor(self, source: Source, done: str, now: datetime) -> str:
        """Comments of a video that is new to us are read from the first one on."""
        return super().floor(source, done, now)

    def page(self, source: Source, question: str, walk: Walk) -> Request:
        """A feed, a page of uploads, or a page of comments, newest first."""
        what, _, name = question.partition(" ")
        if what == "comments":
            query = {"part": "snippet,replies", "videoId": name, "order": "time", "textFormat": "plainText"}
            return _api(
                source, "commentThreads", {**query, "maxResults": str(COMMENTS_PER_PAGE)}, walk.onward
            )
        if source.auth:
            # A channel's uploads are a playlist whose id differs in one letter.
            playlist = "UU" + name[2:] if what == "channel" else name
            query = {"part": "snippet,contentDetails", "playlistId": playlist, "maxResults": str(PER_PAGE)}
            return _api(source, "playlistItems", query, walk.onward)
        return Request(f"{server(source)}/feeds/videos.xml?{urlencode({f'{what}_id': name})}", cost=0)

    def leaf(self, fetched: Fetched, source: Source, question: str, walk: Walk) -> Leaf:
        """Videos or comments that are younger than the floor."""
        if question.startswith(COMMENTS):
            return self._comments(fetched, source, question.removeprefix(COMMENTS), walk)
        if source.auth:
            answer = answered_object(fetched, source, REMEDY)
            entries = [_upload(row, source) for row in listed(answer.get("items") or [])]
            onward = text(answer, "nextPageToken")
        else:
            entries, onward = _feed(fetched, source), ""
        young = [entry for entry in entries if _is_after(entry, walk.floor)]
        parts: list[Part] = [*young, *_watched(fetched, source, young)]
        if (
            not source.auth
            and walk.done
            and len(young) >= PER_FEED
            and all(_is_after(e, walk.done) for e in young)
        ):
            parts.append(Gap(f"{question} had more than {PER_FEED} new videos, and its feed shows no others"))
        return Leaf(parts, youngest(e.published for e in young), onward if young else "")

    def _comments(self, fetched: Fetched, source: Source, video: str, walk: Walk) -> Leaf:
        if fetched.status == 403:
            return Leaf([Bookmark(NO_COMMENTS + video, stamp(fetched.fetched_at))], "", "")
        answer = answered_object(fetched, source, REMEDY)
        threads = [_thread(row, video, source) for row in listed(answer.get("items") or [])]
        young = [thread for thread in threads if _is_after(thread[0], walk.floor)]
        moments = youngest(entry.published for entries in young for entry in entries)
        return Leaf(
            [e for entries in young for e in entries], moments, text(answer, "nextPageToken") if young else ""
        )

    def other(self, fetched: Fetched, source: Source) -> Iterable[Part]:
        """Videos or comments that were asked for again: what is missing in the answer is gone."""
        rows = answered_object(fetched, source, REMEDY).get("items") or []
        return missing(fetched, source, rows, PLATFORM)

    def recheck(self, source: Source, raw_ids: Sequence[str]) -> Iterable[Request]:
        """Fifty at a time, where there is a key."""
        videos = [one for one in raw_ids if len(one) == VIDEO_ID_LETTERS]
        comments = [one for one in raw_ids if len(one) != VIDEO_ID_LETTERS]
        if not source.auth:
            return
        for call, ids in (("videos", videos), ("comments", comments)):
            for start in range(0, len(ids), PER_PAGE):
                some = ids[start : start + PER_PAGE]
                asked = _api(
                    source, call, {"part": "id", "id": ",".join(some), "maxResults": str(PER_PAGE)}, ""
                )
                yield replace(asked, purpose=Purpose.RECHECK, context={"ids": json.dumps(some)})

    def advance(self, source: Source, checkpoint: Checkpoint, entries: Sequence[Entry]) -> Checkpoint:
        """Drops the places of comments whose video is no longer watched."""
        kept = {
            key: value
            for key, value in checkpoint.cursor.items()
            if key.startswith(PREFIX + COMMENTS)
            and VIDEO + key.removeprefix(PREFIX + COMMENTS) in checkpoint.cursor
        }
        after = super().advance(source, checkpoint, entries)
        return replace(after, cursor={**after.cursor, **kept})

    def health(self, fetched: Fetched) -> Outcome:
        """By status; a spent quota is a limit and no refusal, and closed comments are no fault."""
        if fetched.status == 403 and any(word.encode() in fetched.body for word in SPENT):
            return Outcome.UNREACHABLE
        if fetched.status == 403 and CLOSED.encode() in fetched.body:
            return Outcome.OK
        return super().health(fetched)


def reads_comments(source: Source) -> bool:
    """Whether there is a key, and nobody said otherwise."""
    return bool(source.auth) and source.options.get("comments", True) is not False


def _api(source: Source, call: str, query: dict[str, str], onward: str) -> Request:
    base = str(source.options.get("api") or API).rstrip("/")
    asked = urlencode(query | ({"pageToken": onward} if onward else {}))
    return Request(f"{base}/{call}?{asked}", headers={"x-goog-api-key": SECRET})


def _is_after(entry: Entry, mark: str) -> bool:
    return (
        not mark or entry.published is None or later(stamp(entry.published), mark) == stamp(entry.published)
    )


def _watched(fetched: Fetched, source: Source, young: Sequence[Entry]) -> Iterator[Bookmark]:
    """Recent videos enter the list of those whose comments are read; old ones leave it, with their places."""
    if not reads_comments(source):
        return
    since = stamp(fetched.fetched_at - timedelta(days=number(source, "comment_days", COMMENT_DAYS)))
    for entry in young:
        if entry.published is not None and stamp(entry.published) >= since:
            yield Bookmark(VIDEO + entry.raw_id, stamp(entry.published))
    for video, at in json.loads(fetched.request.context.get("videos", "{}")).items():
        if at < since:
            yield Bookmark(VIDEO + video, "")
            yield Bookmark(PREFIX + COMMENTS + video, "")
            yield Bookmark(NO_COMMENTS + video, "")


# --- feeds ---------------------------------------------------------------------------------------


def _feed(fetched: Fetched, source: Source) -> list[Entry]:
    """Videos of a feed, with the views that only it tells without a key. Raises ParseError."""
    try:
        refuse_declarations(fetched.body)
        root = etree.fromstring(fetched.body, etree.XMLParser(resolve_entities=False, no_network=True))
    except (etree.XMLSyntaxError, ParseError) as error:
        raise unlike(source, f"no feed of videos: {error}", REMEDY) from error
    return [_video(row, source) for row in root.iterfind("atom:entry", NAMES) if _said(row, "yt:videoId")]


def _said(row: "etree._Element", path: str) -> str:
    return (row.findtext(path, "", NAMES) or "").strip()


def _video(row: "etree._Element", source: Source) -> Entry:
    statistics = row.find("media:group/media:community/media:statistics", NAMES)
    rating = row.find("media:group/media:community/media:starRating", NAMES)
    return _entry(
        source,
        _said(row, "yt:videoId"),
        title=_said(row, "atom:title"),
        description=_said(row, "media:group/media:description"),
        published=parse_date(_said(row, "atom:published")),
        channel=_said(row, "yt:channelId"),
        name=_said(row, "atom:author/atom:name"),
        engagement=Engagement(
            views=count(dict(statistics.attrib), "views") if statistics is not None else None,
            likes=count(dict(rating.attrib), "count") if rating is not None else None,
        ),
    )


def _upload(row: View, source: Source) -> Entry:
    told, details = mapping(row, "snippet"), mapping(row, "contentDetails")
    return _entry(
        source,
        text(details, "videoId") or text(mapping(told, "resourceId"), "videoId"),
        title=text(told, "title"),
        description=text(told, "description"),
        published=parse_date(text(details, "videoPublishedAt") or text(told, "publishedAt")),
        channel=text(told, "videoOwnerChannelId", "channelId"),
        name=text(told, "videoOwnerChannelTitle", "channelTitle"),
        engagement=None,
    )


def _entry(
    source: Source,
    video: str,
    *,
    title: str,
    description: str,
    published: datetime | None,
    channel: str,
    name: str,
    engagement: Engagement | None,
) -> Entry:
    return Entry(
        source_id=source.id,
        raw_id=video,
        url=f"https://www.youtube.com/watch?v={video}",
        title=title,
        content=description,
        published=published,
        kind=ItemKind.VIDEO,
        platform=PLATFORM,
        author=Author(f"{PLATFORM}||{channel}", name) if channel else None,
        engagement=engagement,
    )


# --- comments ------------------------------------------------------------------------------------


def _thread(row: View, video: str, source: Source) -> list[Entry]:
    """A comment and as many of its answers as come along."""
    top = mapping(row, "snippet", "topLevelComment")
    replies = count(mapping(row, "snippet"), "totalReplyCount")
    answers = listed(mapping(row, "replies").get("comments") or [])
    first = replace(_comment(top, video, video, source), comments=replies)
    return [first, *(_comment(one, text(top, "id"), video, source) for one in answers if one.get("id"))]


def _comment(row: View, parent: str, video: str, source: Source) -> Entry:
    told, raw_id = mapping(row, "snippet"), text(row, "id")
    author = text(mapping(told, "authorChannelId"), "value")
    return Entry(
        source_id=source.id,
        raw_id=raw_id,
        url=f"https://www.youtube.com/watch?v={video}&lc={raw_id}",
        content=text(told, "textOriginal", "textDisplay"),
        language=short_language(told.get("language")),
        published=parse_date(text(told, "publishedAt")),
        updated=parse_date(text(told, "updatedAt")),
        kind=ItemKind.COMMENT if parent == video else ItemKind.REPLY,
        platform=PLATFORM,
        parent=parent,
        root=video,
        author=Author(f"{PLATFORM}||{author}", text(told, "authorDisplayName"), kind="person")
        if author
        else None,
        engagement=Engagement(likes=count(told, "likeCount")),
    )


CONNECTOR = YouTube()
