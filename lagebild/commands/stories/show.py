"""Show one story: its items in time, and why each belongs."""

import click

from lagebild.opening import archive_of, settings_of
from lagebild.storytelling import line_of, members_of, story_named


@click.command(help=__doc__ + "\n\nExample: lagebild stories show s8176e063a4d963c")
@click.argument("story_id")
@click.pass_context
def command(context: click.Context, story_id: str) -> None:
    archive = archive_of(settings_of(context))
    story = story_named(archive, story_id)
    why = {membership.item_id: membership for membership in members_of(archive, story)}
    click.echo(line_of(archive, story))
    for item in sorted(archive.items(list(why)), key=lambda item: item.published_at):
        member = why[item.id]
        click.echo(f"  {item.published_at:%d %b %H:%M}Z {item.id[:16]}  {item.outlet}: {item.title}")
        click.echo(f"      {member.why} ({member.similarity:.2f}, by {member.by})")
