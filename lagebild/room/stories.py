"""People's decisions about stories, for the reading room."""

from collections.abc import Sequence
from datetime import datetime

from domain.errors import LagebildError
from domain.ports import Archive
from lagebild.storytelling import Decision, members_of, story_named
from nlp.stories import merge_stories, move_item, pin_story, split_story
from web.desk import Storytelling


class StoryRefused(LagebildError):
    """The stories stay as they are."""


def storytelling(archive: Archive) -> Storytelling:
    """The four decisions over this archive."""

    def keep(decision: Decision, now: datetime) -> str:
        stories, memberships = decision
        archive.keep_stories(stories, memberships, now)
        return stories[-1].id

    def merge(kept_id: str, gone_id: str, by: str, now: datetime) -> str:
        kept, gone = story_named(archive, kept_id), story_named(archive, gone_id)
        if kept.id == gone.id:
            raise StoryRefused("a story cannot be merged with itself", remedy="choose another one")
        keep(merge_stories(kept, gone, members_of(archive, gone), by=by, now=now), now)
        return kept.id

    def split(story_id: str, item_ids: Sequence[str], by: str, now: datetime) -> str:
        story = story_named(archive, story_id)
        members = {member.item_id for member in members_of(archive, story)}
        chosen = [item_id for item_id in item_ids if item_id in members]
        if not chosen or len(chosen) == len(members):
            raise StoryRefused(
                "a story cannot be parted like that", remedy="choose some of its items, not all"
            )
        return keep(split_story(story, archive.items(chosen), by=by, now=now), now)

    def move(item_id: str, story_id: str, by: str, now: datetime) -> str:
        return keep(move_item(item_id, story_named(archive, story_id), by=by, now=now), now)

    def pin(story_id: str, pinned: bool, now: datetime) -> str:
        return keep(([pin_story(story_named(archive, story_id), pinned)], []), now)

    return Storytelling(merge, split, move, pin)
