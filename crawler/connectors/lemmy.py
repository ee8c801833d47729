"""Lemmy's interface (0.19, `/api/v3`): posts and comments of a server or of single communities, newest first."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import timedelta
from urllib.parse import urlencode

from crawler.dates import parse_date
from crawler.shapes import (
    View,
    answered_object,
    count,
    instance,
    mapping,
    paragraphs,
    server,
    unlike,
    wished,
)
from crawler.walk import Leaf, Part, Walk, WalkBack, youngest
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

PLATFORM = "lemmy"
REMEDY = "check that the address is a Lemmy server (0.19)"
PER_PAGE = 50
POSTS, COMMENTS = "post", "comment"


class Lemmy(WalkBack):
    """`url` is the server. `options`: `communities` (names as the server knows them; without them its own local
    posts), `comments: true` reads comments too, `days` (first visit, default 2)."""

    kind = "lemmy"
    # Posts of other servers arrive late with their own time.
    overlap = timedelta(hours=1)

    def questions(self, source: Source) -> Sequence[str]:
        """`post NAME` and, if wanted, `comment NAME` of each community; no name is the whole server."""
        kinds = (POSTS, COMMENTS) if source.options.get("comments") else (POSTS,)
        names = wished(source, "communities") or ("",)
        return [f"{what} {name}".strip() for name in names for what in kinds]

    def page(self, source: Source, question: str, walk: Walk) -> Request:
        """Pages are numbered from 1."""
        what, _, name = question.partition(" ")
        place = {"community_name": name} if name else {"type_": "Local"}
        query = {"sort": "New", "limit": str(PER_PAGE), "page": walk.onward or "1", **place}
        return Request(f"{server(source)}/api/v3/{what}/list?{urlencode(query)}")

    def resumed(self, question: str, onward: str) -> str:
        """One page earlier: what was deleted since has moved the others up."""
        return str(max(1, int(onward) - 1))

    def leaf(self, fetched: Fetched, source: Source, question: str, walk: Walk) -> Leaf:
        """Posts or comments that are younger than the floor."""
        what, floor = question.split(" ")[0], parse_date(walk.floor)
        views = answered_object(fetched, source, REMEDY).get(what + "s")
        if not isinstance(views, list):
            raise unlike(source, f"the answer holds no {what}s", REMEDY)
        told = [(view, _entry(view, what, source)) for view in views if _standing(view, what)]
        young = [(view, e) for view, e in told if not (floor and e.published and e.published < floor)]
        # Pinned posts stand above younger ones, so a page is the last only when nothing on it is young.
        onward = str(int(walk.onward or "1") + 1) if len(views) >= PER_PAGE and young else ""
        kept = [entry for view, entry in young if may_be_kept(view)]
        return Leaf(kept, youngest(entry.published for _, entry in young), onward)

    def other(self, fetched: Fetched, source: Source) -> Iterable[Part]:
        """What a post that was asked for again has become."""
        return _rechecked(answered_object(fetched, source, REMEDY), fetched, source)

    def recheck(self, source: Source, raw_ids: Sequence[str]) -> Iterable[Request]:
        """One call per post or comment, whose raw id is `post/ID` or `comment/ID`."""
        for raw_id in raw_ids:
            what, _, number = raw_id.partition("/")
            url = f"{server(source)}/api/v3/{what}?{urlencode({'id': number})}"
            yield Request(url, Purpose.RECHECK, context={"id": raw_id, "what": what})


def _rechecked(answer: View, fetched: Fetched, source: Source) -> Iterator[Entry | Tombstone]:
    context = fetched.request.context
    view = answer.get(f"{context['what']}_view")
    if not isinstance(view, dict):
        raise unlike(source, "the answer holds no post", REMEDY)
    one = mapping(view, context["what"])
    if one.get("deleted"):
        yield _tombstone(source, context["id"], "deleted by its author")
    elif one.get("removed") or not may_be_kept(view):
        yield _tombstone(source, context["id"], "removed, or its author declined")
    else:
        yield _entry(view, context["what"], source)


def _tombstone(source: Source, raw_id: str, reason: str) -> Tombstone:
    return Tombstone(source.id, raw_id, "deleted", reason, PLATFORM, instance(source))


def _standing(view: object, what: str) -> bool:
    one = mapping(view, what)
    return bool(one.get("id")) and not one.get("deleted") and not one.get("removed")


def may_be_kept(view: View) -> bool:
    """Whether the author's bio does not carry #nobot, and the community is open to everyone."""
    bio = str(mapping(view, "creator").get("bio") or "").lower()
    return "#nobot" not in bio and mapping(view, "community").get("visibility", "Public") == "Public"


def _entry(view: View, what: str, source: Source) -> Entry:
    one, counts = mapping(view, what), mapping(view, "counts")
    number, is_post = str(one["id"]), what == POSTS
    link = str(one.get("url") or "")
    return Entry(
        source_id=source.id,
        raw_id=f"{what}/{number}",
        url=f"{server(source)}/{what}/{number}",
        title=str(one.get("name") or "") if is_post else "",
        content=paragraphs(str((one.get("body") if is_post else one.get("content")) or "")),
        published=parse_date(str(one.get("published") or "")),
        updated=parse_date(str(one.get("updated") or "")),
        links=(link,) if link else (),
        kind=ItemKind.POST if is_post else ItemKind.COMMENT,
        platform=PLATFORM,
        instance=instance(source),
        parent="" if is_post else _parent(one),
        root="" if is_post else f"{POSTS}/{one.get('post_id')}",
        community=str(mapping(view, "community").get("name") or ""),
        author=_author(mapping(view, "creator"), source),
        engagement=Engagement(
            score=count(counts, "score"), likes=count(counts, "upvotes"), replies=_replies(counts)
        ),
        comments=count(counts, "comments"),
        sensitive=bool(one.get("nsfw")),
        consent=Consent(no_bot=False),
    )


def _parent(comment: View) -> str:
    """A comment's path is `0.ID.ID…`, itself last; right under the post it has two parts."""
    above = str(comment.get("path") or "").split(".")[:-1]
    return f"{COMMENTS}/{above[-1]}" if len(above) > 1 else f"{POSTS}/{comment.get('post_id')}"


def _author(person: View, source: Source) -> Author | None:
    # The actor's address is the same on every server; the number is this server's own.
    actor = str(person.get("actor_id") or person.get("id") or "")
    if not actor:
        return None
    name = str(person.get("name") or "")
    return Author(f"{PLATFORM}||{actor}", handle=name, kind="bot" if person.get("bot_account") else "person")


def _replies(counts: View) -> int | None:
    found = count(counts, "comments")
    return count(counts, "child_count") if found is None else found


CONNECTOR = Lemmy()
