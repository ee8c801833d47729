"""One story: its items in time, who wrote, and why each belongs."""

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from web.desk import Desk
from web.page import page


def show(request: Request) -> Response:
    desk: Desk = request.app.state.desk
    story_id = request.path_params["story_id"]
    found = desk.archive.stories_by_id([story_id])
    if not found:
        raise HTTPException(404)
    members = desk.archive.members([story_id]).get(story_id, ())
    why = {m.item_id: m for m in members}
    items = sorted(desk.archive.items(list(why)), key=lambda item: item.published_at)
    return page(
        request,
        "story.html",
        story=found[0],
        rows=[(item, why[item.id]) for item in items],
        outlets=len({item.outlet for item in items}),
        publishers=len({item.publisher for item in items}),
    )
