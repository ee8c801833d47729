"""One story: its items in time, who wrote, why each belongs, and the forms that correct it."""

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import timedelta

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from domain.model import Annotation, Incident, IncidentState, Item, Membership, Story
from web.desk import Desk, Storytelling
from web.page import language_of, page, reader
from web.tlp import visible

OTHERS_WITHIN = timedelta(days=14)
OTHERS_OFFERED = 40
OPEN = tuple(s.value for s in IncidentState if s not in (IncidentState.CLOSED, IncidentState.DISMISSED))


def show(request: Request) -> Response:
    desk: Desk = request.app.state.desk
    story = named(desk, request.path_params["story_id"])
    if story.merged_into:
        return RedirectResponse(f"/story/{story.merged_into}", 302)
    why = {m.item_id: m for m in desk.archive.members([story.id]).get(story.id, ())}
    items = sorted(desk.archive.items(list(why)), key=lambda item: item.published_at)
    tags = desk.archive.annotations(list(why), "topic")
    topics = {name: [t.label for t in held if not t.suppressed] for name, held in tags.items()}
    outlets = {item.id: item.outlet for item in items}
    return page(
        request,
        "story.html",
        story=story,
        why=lambda member: reason_of(desk, member, outlets, language_of(request)),
        rows=[(item, why[item.id], topics.get(item.id, [])) for item in items],
        topics=[name for name, _ in Counter(t for held in topics.values() for t in held).most_common(6)],
        outlets=len(set(outlets.values())),
        publishers=by_publisher(items),
        others=others(desk, story) if desk.stories else [],
        incidents=visible(request, desk.archive.incidents(OPEN)),
        linked=visible(request, linked(desk, story)),
        can_correct=desk.stories is not None,
    )


def reason_of(desk: Desk, member: Membership, outlets: Mapping[str, str], language: str) -> str:
    """Why the item belongs; the item it is like is called by its outlet."""
    said = desk.speak(member.why, language)
    for item_id, outlet in outlets.items():
        said = said.replace(item_id, outlet)
    return said


def by_publisher(items: list[Item]) -> list[tuple[str, list[Item]]]:
    """Independent publishers in the order in which they joined, each with what they wrote."""
    found: dict[str, list[Item]] = {}
    for item in items:
        found.setdefault(item.publisher or item.outlet, []).append(item)
    return list(found.items())


def others(desk: Desk, story: Story) -> list[tuple[Story, list[str]]]:
    """Stories that this one may be joined with or an item be moved to, latest first, with their topics."""
    lately = [s for s in desk.archive.stories(story.changed_at - OTHERS_WITHIN) if not s.merged_into]
    lately.sort(key=lambda s: s.changed_at, reverse=True)
    offered = [s for s in lately if s.id != story.id][:OTHERS_OFFERED]
    members = desk.archive.members([s.id for s in offered])
    tags = desk.archive.annotations([m.item_id for held in members.values() for m in held], "topic")
    return [(s, _topics(tags, members.get(s.id, ()))) for s in offered]


def _topics(tags: Mapping[str, Sequence[Annotation]], members: Sequence[Membership]) -> list[str]:
    found = (tag for member in members for tag in tags.get(member.item_id, ()) if not tag.suppressed)
    return list(dict.fromkeys(tag.label for tag in found))


def linked(desk: Desk, story: Story) -> list[Incident]:
    return [incident for incident in desk.archive.incidents() if story.id in incident.story_ids]


def named(desk: Desk, story_id: str) -> Story:
    found = desk.archive.stories_by_id([story_id])
    if not found:
        raise HTTPException(404)
    return found[0]


async def change(request: Request) -> Response:
    """Merge, split, move or pin, by a person; the program never undoes it."""
    desk: Desk = request.app.state.desk
    story = named(desk, request.path_params["story_id"])
    if desk.stories is None:
        raise HTTPException(404)
    form = await request.form()
    chosen = [str(value) for value in form.getlist("item")]
    other = str(form.get("story", ""))
    step = request.path_params["step"]
    place = decided(desk.stories, step, story, chosen, other, reader(request), desk)
    return RedirectResponse(f"/story/{place}", 303)


def decided(
    telling: Storytelling, step: str, story: Story, chosen: list[str], other: str, who: str, desk: Desk
) -> str:
    """Keeps the decision; the id of the story to look at next."""
    now = desk.clock()
    if step == "merge":
        return telling.merge(other, story.id, who, now)
    if step == "split":
        return telling.split(story.id, chosen, who, now)
    if step in ("pin", "unpin"):
        return telling.pin(story.id, step == "pin", now)
    if step != "move":
        raise HTTPException(404)
    for item_id in chosen:
        telling.move(item_id, other, who, now)
    return other
