"""What the story commands share: finding a story, keeping a person's decision, telling the outcome."""

from collections.abc import Sequence

import click

from domain.errors import ConfigError
from domain.model import Membership, Story
from domain.ports import Archive
from lagebild.workshop import utc_now

Decision = tuple[list[Story], list[Membership]]


def story_named(archive: Archive, story_id: str) -> Story:
    """The story of this id, or the one it was merged into. Raises ConfigError."""
    found = archive.stories_by_id([story_id])
    if not found:
        raise ConfigError(f"there is no story {story_id!r}", remedy="`lagebild stories list` shows the ids")
    return story_named(archive, found[0].merged_into) if found[0].merged_into else found[0]


def members_of(archive: Archive, story: Story) -> Sequence[Membership]:
    """Who belongs to it now, oldest first."""
    return archive.members([story.id]).get(story.id, ())


def kept(archive: Archive, decision: Decision) -> None:
    """Keeps what a person decided; the program never undoes it."""
    stories, memberships = decision
    archive.keep_stories(stories, memberships, utc_now())
    for story in stories:
        click.echo(line_of(archive, story_named(archive, story.id)))


def line_of(archive: Archive, story: Story) -> str:
    """One story on one line."""
    pinned = " pinned" if story.pinned else ""
    return (
        f"{story.id}  {len(members_of(archive, story)):3} items  {story.state.value}{pinned}  {story.title}"
    )
