"""Reddit's interface for approved applications: new posts of communities, or what a search finds.

Since 2025 any access needs Reddit's approval, and commercial use a contract; so this kind is off until there are both a
key and a signature. Nothing is read without them, and nobody's browser is imitated.
"""

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import quote, urlencode

from crawler.connector import outcome_of
from crawler.queries import queries, query_of
from crawler.secret import SECRET64
from crawler.sessions import Session, Sessions
from crawler.shapes import (
    View,
    answered_object,
    count,
    listed,
    mapping,
    paragraphs,
    server,
    text,
    unlike,
    wished,
)
from crawler.walk import Leaf, Part, Walk, WalkBack, later, stamp, youngest
from domain.model import (
    Author,
    Checkpoint,
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

PLATFORM = "reddit"
REMEDY = "check that the application is approved, and that its id and secret stand behind `auth` as ID:SECRET"
LOGIN = "https://www.reddit.com"
PER_PAGE = 100
TAKEN_OUT = frozenset({"[deleted]", "[removed]"})


class Reddit(WalkBack):
    """`url` is https://oauth.reddit.com/. `auth` leads to `ID:SECRET` of the application. `options`: `communities`,
    `queries` (in all communities, or in those named), `days`."""

    kind = "reddit"
    leaves_pages_alone = True
    needs_key = True
    needs_sign_off = True
    nothing_asked = "give options: communities or queries"
    # What moderators or authors took out is seen on the way.
    overlap = timedelta(hours=6)
    onward_holds = timedelta(hours=12)

    def __init__(self) -> None:
        self.sessions = Sessions()

    def questions(self, source: Source) -> Sequence[str]:
        """`COMMUNITY`, or `COMMUNITY WORDS`; `all WORDS` without communities."""
        communities, words = wished(source, "communities"), [query.words for query in queries(source)]
        if not words:
            return communities
        return [f"{name} {one}" for name in communities or ("all",) for one in words]

    def plan(self, source: Source, checkpoint: Checkpoint, now: datetime) -> Iterable[Request]:
        """A token first, unless one still holds."""
        asked = list(super().plan(source, checkpoint, now))
        session = self.sessions.of(server(source), source.auth)
        if session and session.holds(now):
            return [_signed(request, session.access) for request in asked]
        return [self._login(source, asked)]

    def _login(self, source: Source, asked: Sequence[Request], **context: str) -> Request:
        waiting = json.dumps([[request.url, request.purpose, dict(request.context)] for request in asked])
        headers = {"authorization": f"Basic {SECRET64}", "content-type": "application/x-www-form-urlencoded"}
        login = str(source.options.get("login") or LOGIN).rstrip("/")
        body = b"grant_type=client_credentials"
        url = f"{login}/api/v1/access_token"
        return Request(url, Purpose.SESSION, "POST", headers, body, {"waiting": waiting, **context})

    def page(self, source: Source, question: str, walk: Walk) -> Request:
        """Listings go on after a post's full name."""
        name, _, words = question.partition(" ")
        asked: dict[str, str] = {"limit": str(PER_PAGE), "raw_json": "1"}
        asked |= {"after": walk.onward} if walk.onward else {}
        if not words:
            return Request(f"{server(source)}/r/{quote(name)}/new?{urlencode(asked)}")
        place = f"/r/{quote(name)}" if name != "all" else ""
        asked |= {"q": words, "sort": "new", "restrict_sr": "1" if place else "0", "type": "link"}
        return Request(
            f"{server(source)}{place}/search?{urlencode(asked)}", purse=query_of(source, words).purse
        )

    def parse(self, fetched: Fetched, source: Source) -> Iterable[Part]:
        """Posts newest first; a token leads to what waited for it. Raises ParseError."""
        if fetched.request.purpose is Purpose.SESSION:
            return self._opened(fetched, source)
        signed = fetched.request.headers.get("authorization", "").removeprefix("Bearer ")
        parts = super().parse(fetched, source)
        return (_signed(part, signed) if isinstance(part, Request) else part for part in parts)

    def _opened(self, fetched: Fetched, source: Source) -> Iterator[Request]:
        said = answered_object(fetched, source, REMEDY)
        token, seconds = text(said, "access_token"), count(said, "expires_in") or 0
        if not token:
            raise unlike(source, "the answer holds no token", REMEDY)
        until = fetched.fetched_at + timedelta(seconds=seconds)
        self.sessions.keep(server(source), source.auth, Session(token, "", until))
        for url, purpose, context in json.loads(fetched.request.context["waiting"]):
            yield _signed(Request(url, Purpose(purpose), context=context), token)

    def leaf(self, fetched: Fetched, source: Source, question: str, walk: Walk) -> Leaf:
        """Posts that are younger than the floor; those taken out become tombstones."""
        told = mapping(answered_object(fetched, source, REMEDY), "data")
        if not isinstance(told.get("children"), list):
            raise unlike(source, "the answer is no listing", REMEDY)
        rows = [mapping(child, "data") for child in listed(told["children"])]
        young = [row for row in rows if later(_stamp(row), walk.floor) != walk.floor]
        parts = [_part(row, source) for row in young if row.get("name")]
        # Posts that a community pinned stand above younger ones.
        return Leaf(parts, youngest(_moment(row) for row in young), text(told, "after") if young else "")

    def other(self, fetched: Fetched, source: Source) -> Iterable[Part]:
        """Posts that were asked for again: missing or taken out, they are gone."""
        told = mapping(answered_object(fetched, source, REMEDY), "data")
        rows = {
            text(row, "name"): row
            for child in listed(told.get("children") or [])
            if (row := mapping(child, "data"))
        }
        for name in json.loads(fetched.request.context["ids"]):
            if name in rows:
                yield _part(rows[name], source)
            else:
                yield Tombstone(source.id, name, "deleted", "missing when asked for again", PLATFORM)

    def recheck(self, source: Source, raw_ids: Sequence[str]) -> Iterable[Request]:
        """A hundred at a time, in a session of their own."""
        for start in range(0, len(raw_ids), PER_PAGE):
            ids = json.dumps(some := list(raw_ids[start : start + PER_PAGE]))
            url = f"{server(source)}/api/info?{urlencode({'id': ','.join(some), 'raw_json': '1'})}"
            yield self._login(source, [Request(url, Purpose.RECHECK, context={"ids": ids})], ids=ids)

    def health(self, fetched: Fetched) -> Outcome:
        """By status alone."""
        return outcome_of(fetched.status)


def _signed(request: Request, token: str) -> Request:
    return replace(request, headers={**request.headers, "authorization": f"Bearer {token}"})


def _moment(row: View) -> datetime | None:
    at: Any = row.get("created_utc")
    return datetime.fromtimestamp(at, UTC) if isinstance(at, int | float) else None


def _stamp(row: View) -> str:
    at = _moment(row)
    return stamp(at) if at else ""


def _part(row: View, source: Source) -> Entry | Tombstone:
    name = text(row, "name")
    if (
        row.get("removed_by_category")
        or text(row, "selftext") in TAKEN_OUT
        or text(row, "author") in TAKEN_OUT
    ):
        return Tombstone(source.id, name, "deleted", "taken out on the platform", PLATFORM)
    link, author = text(row, "url"), text(row, "author_fullname")
    return Entry(
        source_id=source.id,
        raw_id=name,
        url=f"https://www.reddit.com/comments/{name.removeprefix('t3_')}",
        title=text(row, "title"),
        content=paragraphs(text(row, "selftext")),
        published=_moment(row),
        links=() if row.get("is_self") or not link.startswith("http") else (link,),
        kind=ItemKind.POST,
        platform=PLATFORM,
        community=text(row, "subreddit"),
        author=Author(f"{PLATFORM}||{author}", text(row, "author"), kind="person") if author else None,
        engagement=Engagement(score=count(row, "score"), replies=count(row, "num_comments")),
        comments=count(row, "num_comments"),
        sensitive=bool(row.get("over_18")),
    )


CONNECTOR = Reddit()
