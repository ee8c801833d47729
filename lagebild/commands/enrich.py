"""Read what is unread: entities, risk topics, stories, signals."""

import click

from lagebild.job import enrich_all
from lagebild.lock import writing
from lagebild.opening import archive_of, json_option, print_json, settings_of, sources_of
from lagebild.workshop import Workshop


@click.command(help=__doc__ + "\n\nExample: lagebild enrich --json")
@json_option
@click.pass_context
def command(context: click.Context, as_json: bool) -> None:
    settings = settings_of(context)
    with writing(settings.archive):
        done = enrich_all(Workshop(settings, sources_of(settings), archive_of(settings)), quiet=as_json)
    if as_json:
        print_json(
            {
                "read": done.read,
                "refused": done.refused,
                "stories": done.stories,
                "signals": done.signals,
                "topics": dict(done.topics),
            }
        )
    else:
        click.echo(
            f"{done.read} items read, {done.refused} refused, {done.stories} stories touched, {done.signals} signals"
        )
