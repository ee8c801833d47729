"""Join two stories: all items of the second go into the first."""

import click

from lagebild.incidents import by_option
from lagebild.opening import archive_of, settings_of
from lagebild.storytelling import kept, members_of, story_named
from lagebild.workshop import utc_now
from nlp.stories import merge_stories


@click.command(help=__doc__ + "\n\nExample: lagebild stories merge KEPT GONE --by anna")
@click.argument("kept_id")
@click.argument("gone_id")
@by_option
@click.pass_context
def command(context: click.Context, kept_id: str, gone_id: str, by: str) -> None:
    archive = archive_of(settings_of(context))
    story, gone = story_named(archive, kept_id), story_named(archive, gone_id)
    if story.id == gone.id:
        raise click.UsageError("both names lead to the same story")
    kept(archive, merge_stories(story, gone, members_of(archive, gone), by=by, now=utc_now()))
