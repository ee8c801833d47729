"""Review: one item at a time without the program's opinion; a second reader does not see the first one's answer.

What the program and the other reader said is told after the answer, with how far readers agree so far.
"""

from typing import Any
from urllib.parse import urlencode

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from domain.model import Item
from web.asked import number
from web.desk import Desk, Teaching
from web.page import page, reader
from web.views.articles import EXPOSURE_OVER, named

FARTHEST = 1_000
RELEVANCE = ("relevance", "relevant")


def show(request: Request) -> Response:
    desk, teaching = _desk(request)
    second = request.query_params.get("reading") == "second"
    who = reader(request)
    readings = {"first": teaching.first(who), "second": teaching.second(who)}
    asked = readings["second" if second else "first"]
    at = number(request.query_params.get("at"), 0, FARTHEST)
    items = desk.archive.items([asked[at]]) if at < len(asked) else []
    return page(
        request,
        "review.html",
        item=items[0] if items else None,
        hidden=bool(items) and _is_hidden(desk, items[0]),
        second=second,
        at=at,
        waiting={name: len(ids) for name, ids in readings.items()},
        topics=teaching.topics,
        before=_told(desk, request.query_params.get("done", ""), who),
        agreement=teaching.agreement(),
    )


def _is_hidden(desk: Desk, item: Item) -> bool:
    """Whether the text stays out; it is read on the item's own page, fold by fold."""
    tags = desk.archive.annotations([item.id], "topic").get(item.id, ())
    return item.sensitive or desk.shield.cover([tag.label for tag in tags if not tag.suppressed]) != "none"


def _desk(request: Request) -> tuple[Desk, Teaching]:
    desk: Desk = request.app.state.desk
    if desk.teaching is None:
        raise HTTPException(404)
    return desk, desk.teaching


async def answer(request: Request) -> Response:
    """Keeps what was said of relevance and of each topic, as labels that `lagebild learn` takes up."""
    desk, teaching = _desk(request)
    form = await request.form()
    item = named(desk, request.path_params["item_id"])
    relevant = str(form.get("relevant", ""))
    if relevant not in ("yes", "no"):
        raise HTTPException(404)
    chosen = {str(topic) for topic in form.getlist("topic")} & set(teaching.topics)
    for layer, label, verdict in verdicts(_judged(desk, item), relevant == "yes", chosen):
        desk.archive.keep_label(item.id, layer, label, verdict, reader(request), desk.clock())
    reading = "second" if form.get("reading") == "second" else "first"
    return RedirectResponse(f"/review?{urlencode({'reading': reading, 'done': item.id})}", 303)


def _judged(desk: Desk, item: Item) -> set[str]:
    tags = desk.archive.annotations([item.id], "topic").get(item.id, ())
    return {tag.label for tag in tags if not tag.suppressed}


def verdicts(judged: set[str], relevant: bool, chosen: set[str]) -> list[tuple[str, str, str]]:
    """(layer, label, verdict): what a reader's answer means for each of the program's tags."""
    said = [(*RELEVANCE, "right" if relevant else "wrong")]
    if not relevant:
        return said
    said += [("topic", topic, "right" if topic in chosen else "wrong") for topic in sorted(judged)]
    return said + [("topic", topic, "missing") for topic in sorted(chosen - judged)]


def _told(desk: Desk, item_id: str, who: str) -> dict[str, Any]:
    """After an answer: what the program said, and what the other readers did."""
    found = desk.archive.items([item_id]) if item_id else ()
    if not found:
        return {}
    tags = desk.archive.annotations([item_id], "relevance").get(item_id, ())
    labels = desk.archive.labels(found[0].fetched_at - EXPOSURE_OVER, item_id)
    others = {label.by: label.verdict for label in labels if (label.layer, label.label) == RELEVANCE}
    return {
        "item": found[0],
        "program": tags[0].label if tags else "",
        "topics": sorted(_judged(desk, found[0])),
        "mine": others.pop(who, ""),
        "others": others,
    }
