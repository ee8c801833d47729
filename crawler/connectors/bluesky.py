"""Bluesky's calls: what people search for, what accounts write, what feeds gather.

`searchPosts` asks for a session on Bluesky's own servers since 2025; accounts and feeds are open to everyone.
"""

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from crawler.atproto import (
    REMEDY,
    appview,
    asked_again,
    call_url,
    entry_of,
    languages_of,
    may_be_kept,
    posts_answer,
    told_again,
    views_of,
    written_at,
)
from crawler.dates import parse_date
from crawler.queries import queries, query_of
from crawler.secret import SECRET
from crawler.sessions import Session, Sessions, ends_at
from crawler.shapes import View, answered_object, mapping, server, text, unlike, wished
from crawler.walk import Leaf, Part, Walk, WalkBack, stamp, youngest
from domain.errors import ConfigError, Forbidden
from domain.model import Checkpoint, Fetched, Outcome, Purpose, Request, Source

PER_PAGE = 100
CALLS = {"queries": ("searchPosts", "q"), "actors": ("getAuthorFeed", "actor"), "feeds": ("getFeed", "feed")}
"""Option -> the call it is for and the name of its parameter there."""
OPEN_SESSION = "/xrpc/com.atproto.server.createSession"
RENEW_SESSION = "/xrpc/com.atproto.server.refreshSession"
OVER = frozenset({"ExpiredToken", "InvalidToken", "AuthMissing", "AuthenticationRequired"})


class Bluesky(WalkBack):
    """`url` is the server that answers XRPC calls. `options`: `queries`, `actors` (handles or DIDs), `feeds`
    (at:// addresses); `languages` keeps only posts in these; `days` (first visit, default 2). With `auth` and
    `options: {account: ...}` the calls are made in a session of that account."""

    kind = "bluesky"
    nothing_asked = "give options: queries, actors or feeds"
    # An index may see a post some minutes after it was written.
    overlap = timedelta(minutes=10)

    def __init__(self) -> None:
        self.sessions = Sessions()

    def questions(self, source: Source) -> Sequence[str]:
        """Option and value, such as `queries rückruf`."""
        searched = [f"queries {query.words}" for query in queries(source)]
        return searched + [
            f"{option} {one}" for option in ("actors", "feeds") for one in wished(source, option)
        ]

    def plan(self, source: Source, checkpoint: Checkpoint, now: datetime) -> Iterable[Request]:
        """One question per query, account and feed; before them a session where the source has an account."""
        asked = list(super().plan(source, checkpoint, now))
        if not source.auth:
            return asked
        session = self.sessions.of(server(source), account(source))
        if session and session.holds(now):
            return [_signed(request, session) for request in asked]
        return [_renewal(source, asked, session) if session and session.refresh else _opening(source, asked)]

    def page(self, source: Source, question: str, walk: Walk) -> Request:
        """Within a visit by the platform's cursor; at a later one a search goes on by time, which does not shift."""
        option, _, value = question.partition(" ")
        call, parameter = CALLS[option]
        place = json.loads(walk.onward) if walk.onward else {}
        onward = {name: place[name] for name in ("until", "cursor") if place.get(name)}
        search = {"sort": "latest", "since": walk.floor} if option == "queries" else {}
        query = {parameter: value, "limit": str(PER_PAGE), **search, **onward}
        purse = query_of(source, value).purse if option == "queries" else ""
        return Request(call_url(server(source), call, list(query.items())), purse=purse)

    def resumed(self, question: str, onward: str) -> str:
        """A search's cursor counts hits, and there are more by now: the time of the oldest one holds."""
        place = json.loads(onward)
        return json.dumps({"until": place["oldest"]} if place.get("oldest") else {"cursor": place["cursor"]})

    def parse(self, fetched: Fetched, source: Source) -> Iterable[Part]:
        """Posts newest first and the next page; a session's tokens lead to what waited for them. Raises ParseError."""
        if fetched.request.purpose is Purpose.SESSION:
            return self._opened(fetched, source)
        if _is_over(fetched):
            return self._again(fetched, source)
        parts = super().parse(fetched, source)
        signed = fetched.request.headers.get("authorization")
        if not signed:
            return parts
        return (_with(part, signed) if isinstance(part, Request) else part for part in parts)

    def leaf(self, fetched: Fetched, source: Source, question: str, walk: Walk) -> Leaf:
        """Posts of a page that are younger than the floor."""
        answer = posts_answer(fetched, source)
        floor, (option, _, value) = parse_date(walk.floor), question.partition(" ")
        dated = [(view, written_at(view)) for view in views_of(answer)]
        young = [(view, at) for view, at in dated if not (floor and at and at < floor)]
        query = query_of(source, value if option == "queries" else "")
        wanted = wished(source, "languages") if option != "queries" else query.languages
        kept = [
            v for v, _ in young if may_be_kept(v) and replace(query, languages=wanted).wants(languages_of(v))
        ]
        # A page can be empty and not the last one: what may not be shown is left out after it was counted.
        onward = _onward(answer, walk, [at for _, at in dated], option) if young or not dated else ""
        return Leaf([entry_of(view, source) for view in kept], youngest(at for _, at in young), onward)

    def other(self, fetched: Fetched, source: Source) -> Iterable[Part]:
        """What posts that were asked for again have become."""
        return told_again(fetched, source)

    def recheck(self, source: Source, raw_ids: Sequence[str]) -> Iterable[Request]:
        """Asks for 25 posts at a time; what is missing in the answer is gone. An account's own server wants a session
        for that, so the open one (`appview`) is asked."""
        return asked_again(appview(source) if source.auth else server(source), raw_ids)

    def health(self, fetched: Fetched) -> Outcome:
        """By status; a session that is over is no fault, since another can be had."""
        can_renew = fetched.request.url.endswith(RENEW_SESSION) and fetched.status in (400, 401)
        return Outcome.OK if can_renew or _is_over(fetched) else super().health(fetched)

    # --- sessions ---

    def _opened(self, fetched: Fetched, source: Source) -> Iterator[Request]:
        asked = [
            Request(url, context=context) for url, context in json.loads(fetched.request.context["waiting"])
        ]
        if fetched.status != 200:
            self.sessions.drop(server(source), account(source))
            yield _opening(source, asked)
            return
        said = answered_object(fetched, source, REMEDY)
        access, refresh = text(said, "accessJwt"), text(said, "refreshJwt")
        if not access:
            raise unlike(source, "the session holds no token", REMEDY)
        session = Session(access, refresh, ends_at(access))
        self.sessions.keep(server(source), account(source), session)
        yield from (_signed(request, session) for request in asked)

    def _again(self, fetched: Fetched, source: Source) -> Iterator[Request]:
        """Asks again in a new session, once."""
        if "again" in fetched.request.context:
            raise Forbidden(
                "the server takes no session of this account",
                source_id=source.id,
                remedy="make a new app password, and look whether the account is in good standing",
            )
        asked = [replace(fetched.request, context={**fetched.request.context, "again": "yes"})]
        session = self.sessions.of(server(source), account(source))
        if session and f"Bearer {session.access}" != fetched.request.headers.get("authorization"):
            yield _signed(asked[0], session)  # another question of this visit has renewed it already
        else:
            yield _renewal(source, asked, session) if session and session.refresh else _opening(source, asked)


# --- sessions ------------------------------------------------------------------------------------


def account(source: Source) -> str:
    """Handle or address of the account that signs in. Raises ConfigError when `auth` stands alone."""
    name = str(source.options.get("account", ""))
    if not name:
        raise ConfigError(
            f"source {source.id!r} has a password and no account",
            remedy="give options: {account: name.example}",
        )
    return name


def _opening(source: Source, asked: Sequence[Request]) -> Request:
    body = json.dumps({"identifier": account(source), "password": SECRET}).encode()
    return _session(source, OPEN_SESSION, asked, {"content-type": "application/json"}, body)


def _renewal(source: Source, asked: Sequence[Request], session: Session) -> Request:
    return _session(source, RENEW_SESSION, asked, {"authorization": f"Bearer {session.refresh}"})


def _session(
    source: Source, path: str, asked: Sequence[Request], headers: dict[str, str], body: bytes = b""
) -> Request:
    context = {"waiting": json.dumps([[request.url, dict(request.context)] for request in asked])}
    return Request(server(source) + path, Purpose.SESSION, "POST", headers, body, context)


def _signed(request: Request, session: Session) -> Request:
    return _with(request, f"Bearer {session.access}")


def _with(request: Request, authorization: str) -> Request:
    return replace(request, headers={**request.headers, "authorization": authorization})


def _is_over(fetched: Fetched) -> bool:
    """Whether a signed call was refused for its token alone."""
    if fetched.status not in (400, 401) or "authorization" not in fetched.request.headers:
        return False
    try:
        return mapping({"said": json.loads(fetched.body)}, "said").get("error") in OVER
    except ValueError:
        return False


# --- answers -------------------------------------------------------------------------------------


def _onward(answer: View, walk: Walk, moments: Sequence[datetime | None], option: str) -> str:
    """The cursor counts hits up to the walk's own bound `until`; `oldest` will be the bound of a later visit."""
    cursor = text(answer, "cursor")
    if not cursor:
        return ""
    before = json.loads(walk.onward) if walk.onward else {}
    oldest = min((at for at in moments if at), default=None)
    # Posts of the same second may stand on both sides of the page's end.
    after = stamp(oldest + timedelta(seconds=1)) if oldest else before.get("oldest", "")
    return json.dumps(
        {"cursor": cursor, "until": before.get("until", ""), "oldest": after if option == "queries" else ""}
    )


CONNECTOR = Bluesky()
