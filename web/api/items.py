"""Items by search, newest first; one item with its tags. Titles as lists show them, never texts."""

from typing import Any

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from domain.model import Annotation, Hit, Item, Lens, Search
from web.api import given
from web.api.answers import answer, as_cursor, cursor, listed
from web.asked import MANY
from web.desk import Desk
from web.page import headline, language_of


def many(request: Request) -> Response:
    desk: Desk = request.app.state.desk
    found = desk.archive.search(wanted(request))
    rows = [shape_of_hit(request, hit) for hit in found.hits]
    return listed(request, rows, as_cursor(found.hits[-1].item.id) if found.more else None)


def wanted(request: Request) -> Search:
    """The search that the call describes. Raises HTTPException 400."""
    given.one_of(request, "lens", [lens.value for lens in Lens])
    chosen: dict[str, Any] = {field: given.many(request, name) for name, field in MANY.items()}
    return Search(
        text=given.text(request, "q"),
        min_severity=given.whole(request, "severity", 0, 0, 5),
        since=given.moment(request, "since"),
        until=given.moment(request, "until"),
        relevant_only=given.one_of(request, "relevant", ("0", "1")) == "1",
        with_copies=given.one_of(request, "copies", ("0", "1")) == "1",
        limit=given.limit(request),
        behind=cursor(request) or "",
        **{field: values for field, values in chosen.items() if values},
    )


def one(request: Request) -> Response:
    desk: Desk = request.app.state.desk
    found = desk.archive.items([request.path_params["item_id"]])
    if not found:
        raise HTTPException(404, "there is no such item")
    tags = desk.archive.annotations([found[0].id]).get(found[0].id, ())
    topics = [tag.label for tag in tags if tag.layer == "topic" and not tag.suppressed]
    severity = max((int(tag.label) for tag in tags if tag.layer == "severity"), default=0)
    body = {**shape(request, found[0], topics), "severity": severity}
    return answer(request, {**body, "tags": [shape_of_tag(tag) for tag in tags]})


def shape_of_hit(request: Request, hit: Hit) -> dict[str, Any]:
    more = {"severity": hit.severity, "story_id": hit.story_id or None, "copies": hit.copies}
    return {**shape(request, hit.item, hit.topics), **more}


def shape(request: Request, item: Item, topics: Any) -> dict[str, Any]:
    """What is told of every item."""
    return {
        "id": item.id,
        "url": item.url,
        "title": headline(request.app.state.desk, item, topics, language_of(request)),
        "outlet": item.outlet,
        "publisher": item.publisher,
        "source_id": item.source_id,
        "markets": list(item.markets),
        "language": item.language,
        "lens": item.lens.value,
        "kind": item.kind.value,
        "platform": item.platform,
        "tier": item.tier,
        "published_at": item.published_at,
        "updated_at": item.updated_at,
        "fetched_at": item.fetched_at,
        "paywalled": item.paywalled,
        "rights": item.rights.value,
        "topics": list(topics),
    }


def shape_of_tag(tag: Annotation) -> dict[str, Any]:
    """A tag without its words: they are the publisher's, and may name a person."""
    return {
        "layer": tag.layer,
        "label": tag.label,
        "target": tag.target,
        "score": tag.score,
        "start": tag.start,
        "end": tag.end,
        "suppressed": tag.suppressed,
        "annotator": tag.annotator,
    }
