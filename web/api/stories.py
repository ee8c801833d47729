"""Stories that changed lately, newest first; one story with its items."""

from collections.abc import Collection
from datetime import timedelta
from typing import Any

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from domain.model import Story
from web.api import given
from web.api.answers import answer, walked
from web.desk import Desk
from web.page import language_of, story_title

LATELY = timedelta(days=7)


def many(request: Request) -> Response:
    desk: Desk = request.app.state.desk
    since = given.moment(request, "since") or desk.clock() - LATELY
    found = sorted(desk.archive.stories(since), key=place, reverse=True)
    return walked(request, found, place, lambda story: shape(request, story))


def place(story: Story) -> str:
    return f"{story.changed_at.isoformat()} {story.id}"


def one(request: Request) -> Response:
    desk: Desk = request.app.state.desk
    found = desk.archive.stories_by_id([request.path_params["story_id"]])
    if not found:
        raise HTTPException(404, "there is no such story")
    members = desk.archive.members([found[0].id]).get(found[0].id, ())
    rows = [
        {"item_id": m.item_id, "since": m.valid_from, "why": m.why, "similarity": m.similarity, "by": m.by}
        for m in members
    ]
    return answer(request, {**shape(request, found[0]), "items": rows})


def shape(request: Request, story: Story) -> dict[str, Any]:
    return {
        "id": story.id,
        "title": story_title(request.app.state.desk, story, topics_of(request, story), language_of(request)),
        "language": story.language,
        "opened_at": story.opened_at,
        "changed_at": story.changed_at,
        "state": story.state.value,
        "merged_into": story.merged_into or None,
        "pinned": story.pinned,
    }


def topics_of(request: Request, story: Story) -> Collection[str]:
    """What its items are about: it decides how its headline may be shown."""
    desk: Desk = request.app.state.desk
    members = desk.archive.members([story.id]).get(story.id, ())
    tags = desk.archive.annotations([m.item_id for m in members], "topic")
    return {tag.label for held in tags.values() for tag in held if not tag.suppressed}
