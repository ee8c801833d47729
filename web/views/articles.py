"""One item: its text with every evidence marked, its tags, versions, story and the like of it."""

from collections.abc import Collection, Sequence
from datetime import timedelta
from itertools import pairwise
from typing import Any

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from domain.model import Annotation, Item, Rights, Version
from web.asked import number
from web.desk import Desk
from web.evidence import Folding, Paragraph, paragraphs, spans_of
from web.page import language_of, page, reader
from web.parts import parts_of
from web.wording_change import Run, changes

SIMILAR_WITHIN = timedelta(days=30)
SIMILAR_SHOWN = 5
EXPOSURE_OVER = timedelta(days=7)
VERDICTS = ("right", "wrong")
TAUGHT_LAYERS = ("topic", "platform", "feature", "severity", "perception", "entity")
STORY_VECTORS = "story"
MOST_FOLDS = 999


def show(request: Request) -> Response:
    """A link never unfolds anything."""
    return shown(request, frozenset())


async def reveal(request: Request) -> Response:
    """The page with one more fold open; the reader's own count goes up by one."""
    desk: Desk = request.app.state.desk
    form = await request.form()
    asked = number(str(form.get("span", "")), 0, MOST_FOLDS)
    before = {number(str(value), 0, MOST_FOLDS) for value in form.getlist("shown")}
    item = named(desk, request.path_params["item_id"])
    if asked and asked not in before:
        desk.archive.note_exposure(reader(request), item.id, desk.clock())
    return shown(request, frozenset({*before, asked} - {0}))


def shown(request: Request, unfolded: Collection[int]) -> Response:
    """The page with these folds open."""
    desk: Desk = request.app.state.desk
    item = named(desk, request.path_params["item_id"])
    tags = desk.archive.annotations([item.id]).get(item.id, ())
    topics = [tag for tag in tags if tag.layer == "topic" and not tag.suppressed]
    labels = {tag.label for tag in topics}
    return page(
        request,
        "item.html",
        item=item,
        topics=topics,
        labels=labels,
        covered=desk.shield.cover(labels),
        help_note=desk.shield.note(labels, language_of(request), item.markets[0] if item.markets else ""),
        unfolded=unfolded,
        soften=lambda text: desk.shield.soften(text, item.language, labels),
        exposures=desk.archive.exposures(reader(request), desk.clock() - EXPOSURE_OVER),
        paragraphs=body_of(desk, item, tags, labels),
        versions=wordings(item, desk.archive.versions(item.id)) if item.rights is Rights.ALLOW else [],
        **tags_of(tags),
        **around(desk, item),
        said=said_of(desk, item, reader(request)),
    )


def body_of(desk: Desk, item: Item, tags: Sequence[Annotation], labels: Collection[str]) -> list[Paragraph]:
    """The text as it may be shown; nothing of what is never shown or may not be kept."""
    if item.rights is not Rights.ALLOW or desk.shield.cover(labels) == "always":
        return []
    spans = spans_of(tags)
    shielded = {label for label in labels if desk.shield.cover([label]) != "none"}
    unexplained = bool(shielded) and not any(span.what in shielded for span in spans)
    return paragraphs(item, spans, Folding(shielded, whole=item.sensitive or unexplained))


def tags_of(tags: Sequence[Annotation]) -> dict[str, Any]:
    """What the annotators said, by layer; names each once, in order."""
    severity = next((tag for tag in tags if tag.layer == "severity"), None)
    return {
        "severity": int(severity.label) if severity else 0,
        "reasons": [evidence.text for evidence in severity.evidence] if severity else [],
        "suppressed": [tag for tag in tags if tag.layer == "topic" and tag.suppressed],
        "tones": [tag for tag in tags if tag.layer == "perception"],
        "platforms": _labels(tags, "platform"),
        "features": _labels(tags, "feature"),
        "entities": list({(t.text, t.label): None for t in tags if t.layer == "entity" and not t.suppressed}),
    }


def _labels(tags: Sequence[Annotation], layer: str) -> list[str]:
    return list(dict.fromkeys(tag.label for tag in tags if tag.layer == layer and not tag.suppressed))


def around(desk: Desk, item: Item) -> dict[str, Any]:
    """Its copies, its story, and what reads like it."""
    near = desk.archive.similar(item.id, STORY_VECTORS, item.published_at - SIMILAR_WITHIN, SIMILAR_SHOWN)
    alike = {other.id: other for other in desk.archive.items([name for name, _ in near])}
    tags = desk.archive.annotations(list(alike), "topic")
    return {
        "copies": desk.archive.items(desk.archive.copies(item.id)),
        "similar": [
            (alike[name], [t.label for t in tags.get(name, ()) if not t.suppressed], score)
            for name, score in near
            if name in alike
        ],
    }


def wordings(item: Item, earlier: Sequence[Version]) -> list[tuple[Version, list[Run]]]:
    """Each earlier version with what the next one changed, latest first."""
    now = Version(item.id, item.title, item.lead, item.text, item.fetched_at, item.fetched_at)
    said = [*earlier, now]
    return [(before, changes(_words(before), _words(after))) for before, after in pairwise(said)][::-1]


def _words(version: Version) -> str:
    return "\n".join(part for part in (version.title, version.text or version.lead) if part)


def said_of(desk: Desk, item: Item, who: str) -> dict[tuple[str, str], str]:
    """What this reader said of the item's tags before."""
    labels = desk.archive.labels(item.fetched_at - EXPOSURE_OVER, item.id)
    return {(label.layer, label.label): label.verdict for label in labels if label.by == who}


def named(desk: Desk, item_id: str) -> Item:
    found = desk.archive.items([item_id])
    if not found:
        raise HTTPException(404)
    return found[0]


async def label(request: Request) -> Response:
    """Right or wrong, said by a reader of one tag."""
    desk: Desk = request.app.state.desk
    form = await request.form()
    item = named(desk, request.path_params["item_id"])
    verdict, layer = str(form.get("verdict", "")), str(form.get("layer", "topic"))
    what = str(form.get("label", form.get("topic", "")))[:64]
    if verdict not in VERDICTS or layer not in TAUGHT_LAYERS or not what:
        raise HTTPException(404)
    desk.archive.keep_label(item.id, layer, what, verdict, reader(request), desk.clock())
    if parts_of(request):
        said = said_of(desk, item, reader(request))
        return page(request, "verdict_part.html", item=item, layer=layer, label=what, said=said)
    return RedirectResponse(f"/item/{item.id}#{layer}-{what}", 303)
