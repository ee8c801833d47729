"""Put one item into another story."""

import click

from domain.errors import ConfigError
from lagebild.incidents import by_option
from lagebild.opening import archive_of, settings_of
from lagebild.storytelling import kept, story_named
from lagebild.workshop import utc_now
from nlp.stories import move_item


@click.command(help=__doc__ + "\n\nExample: lagebild stories move ITEM STORY --by anna")
@click.argument("item_id")
@click.argument("story_id")
@by_option
@click.pass_context
def command(context: click.Context, item_id: str, story_id: str, by: str) -> None:
    archive = archive_of(settings_of(context))
    if not archive.items([item_id]):
        raise ConfigError(f"there is no item {item_id!r}", remedy="`lagebild search … --json` shows the ids")
    kept(archive, move_item(item_id, story_named(archive, story_id), by=by, now=utc_now()))
