"""Pin a story: it takes new items, but the program never merges it; or let it go again."""

import click

from lagebild.opening import archive_of, settings_of
from lagebild.storytelling import kept, story_named
from nlp.stories import pin_story


@click.command(help=__doc__ + "\n\nExample: lagebild stories pin STORY")
@click.argument("story_id")
@click.option("--off", is_flag=True, help="Let it go again.")
@click.pass_context
def command(context: click.Context, story_id: str, off: bool) -> None:
    archive = archive_of(settings_of(context))
    kept(archive, ([pin_story(story_named(archive, story_id), not off)], []))
