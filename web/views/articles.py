"""One item: its text with every evidence marked, its tags, versions, story and the like of it."""

from collections.abc import Sequence
from datetime import timedelta

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from domain.model import Annotation, Rights
from web.desk import Desk
from web.evidence import paragraphs, spans_of
from web.page import page

SIMILAR_WITHIN = timedelta(days=30)
SIMILAR_SHOWN = 5
FOLDED_FROM_SEVERITY = 4
VERDICTS = ("right", "wrong")
STORY_VECTORS = "story"


def show(request: Request) -> Response:
    desk: Desk = request.app.state.desk
    item_id = request.path_params["item_id"]
    found = desk.archive.items([item_id])
    if not found:
        raise HTTPException(404)
    item = found[0]
    tags = desk.archive.annotations([item_id]).get(item_id, ())
    severity = next((int(t.label) for t in tags if t.layer == "severity"), 0)
    near = desk.archive.similar(item_id, STORY_VECTORS, item.published_at - SIMILAR_WITHIN, SIMILAR_SHOWN)
    return page(
        request,
        "item.html",
        item=item,
        severity=severity,
        reasons=[e.text for t in tags if t.layer == "severity" for e in t.evidence],
        topics=[t for t in tags if t.layer == "topic" and not t.suppressed],
        suppressed=[t for t in tags if t.layer == "topic" and t.suppressed],
        tones=_tones(tags),
        entities=_entities(tags),
        paragraphs=paragraphs(item, spans_of(tags)) if item.rights is Rights.ALLOW else [],
        folded=severity >= FOLDED_FROM_SEVERITY or item.sensitive,
        similar=list(zip(desk.archive.items([i for i, _ in near]), [s for _, s in near], strict=False)),
        labels={
            (label.layer, label.label): label.verdict
            for label in desk.archive.labels(item.fetched_at, item_id)
        },
    )


def _tones(tags: Sequence[Annotation]) -> list[Annotation]:
    return [tag for tag in tags if tag.layer == "perception"]


def _entities(tags: Sequence[Annotation]) -> list[tuple[str, str]]:
    """(text, label) of the names, each once, in order."""
    return list({(tag.text, tag.label): None for tag in tags if tag.layer == "entity"})


async def label(request: Request) -> Response:
    """Right or wrong, said by a reader of one tag."""
    desk: Desk = request.app.state.desk
    form = await request.form()
    item_id = request.path_params["item_id"]
    verdict = str(form.get("verdict", ""))
    if verdict not in VERDICTS or not desk.archive.items([item_id]):
        raise HTTPException(404)
    desk.archive.keep_label(
        item_id, "topic", str(form.get("topic", ""))[:64], verdict, desk.user, desk.clock()
    )
    return RedirectResponse(f"/item/{item_id}#topics", 303)
