"""Take items out of a story into one of their own; both are pinned, so that no rerun joins them again."""

import click

from domain.errors import ConfigError
from lagebild.incidents import by_option
from lagebild.opening import archive_of, settings_of
from lagebild.storytelling import kept, members_of, story_named
from lagebild.workshop import utc_now
from nlp.stories import split_story


@click.command(help=__doc__ + "\n\nExample: lagebild stories split STORY ITEM ITEM --by anna")
@click.argument("story_id")
@click.argument("item_ids", nargs=-1, required=True)
@by_option
@click.pass_context
def command(context: click.Context, story_id: str, item_ids: tuple[str, ...], by: str) -> None:
    archive = archive_of(settings_of(context))
    story = story_named(archive, story_id)
    members = [membership.item_id for membership in members_of(archive, story)]
    chosen = [member for member in members if member.startswith(item_ids)]
    if not chosen or len(chosen) == len(members):
        raise ConfigError(
            f"{story.id} cannot be parted like that",
            remedy="name some of its items, not all; `lagebild stories show` lists them",
        )
    kept(archive, split_story(story, archive.items(chosen), by=by, now=utc_now()))
