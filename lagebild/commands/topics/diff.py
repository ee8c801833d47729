"""Show what another folder of topics would change over the archive's newest items."""

from pathlib import Path

import click

from domain.model import Search
from lagebild.opening import archive_of, settings_of
from nlp.topic_rules import Hit, TopicRules, difference, load_topics


@click.command(help=__doc__ + "\n\nExample: lagebild topics diff my-topics --items 500")
@click.argument("folder", type=click.Path(path_type=Path, file_okay=False, exists=True))
@click.option("--items", type=click.IntRange(1, 100_000), default=1000, show_default=True)
@click.pass_context
def command(context: click.Context, folder: Path, items: int) -> None:
    hits = archive_of(settings_of(context)).search(Search(limit=items)).hits
    texts = [(f"{hit.item.title}\n{hit.item.text or hit.item.lead}", hit.item.language) for hit in hits]
    changes = list(difference(TopicRules(load_topics()), TopicRules(load_topics(folder)), texts))
    for text, lost, won in changes:
        click.echo(text.splitlines()[0])
        for sign, group in (("-", lost), ("+", won)):
            for one in group:
                click.echo(f"  {sign} {_told(one)}")
    click.echo(f"{len(changes)} of {len(texts)} items would change", err=True)


def _told(hit: Hit) -> str:
    return f"{hit.topic}: »{hit.text}« by {hit.rule}{' (suppressed)' if hit.suppressed else ''}"
