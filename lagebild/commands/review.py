"""Say of uncertain and sampled items whether they are relevant: one key each, kept with who and when."""

import click

from domain.model import Hit, Search
from domain.ports import Archive
from lagebild.incidents import by_option
from lagebild.labels import names
from lagebild.opening import archive_of, settings_of
from lagebild.teaching import candidates, judge_of, shown
from lagebild.workshop import utc_now
from nlp.learn import to_ask

KEYS = {"y": "right", "n": "wrong"}
PROMPT = "relevant? [y]es [n]o [s]kip [q]uit"


@click.command(help=__doc__ + "\n\nExample: lagebild review --count 20 --by anna")
@click.option("--count", type=click.IntRange(1, 500), default=20, show_default=True)
@click.option(
    "--newest",
    type=click.IntRange(1, 5000),
    default=500,
    show_default=True,
    help="Choose among so many newest items.",
)
@click.option("--seed", type=int, default=1, show_default=True)
@by_option
@click.pass_context
def command(context: click.Context, count: int, newest: int, seed: int, by: str) -> None:
    settings = settings_of(context)
    archive = archive_of(settings)
    threshold = float(judge_of(settings.archive).decisions.relevance["threshold"])
    asked = to_ask(candidates(archive, newest, threshold), count, seed)
    said = 0
    for hit in hits_of(archive, asked, newest):
        click.echo(shown(hit, names()))
        key = click.prompt(PROMPT, type=click.Choice(["y", "n", "s", "q"]), show_choices=False, err=True)
        if key == "q":
            break
        if key in KEYS:
            archive.keep_label(hit.item.id, "relevance", "relevant", KEYS[key], by, utc_now())
            said += 1
    click.echo(f"{said} answers kept; `lagebild learn` takes them up", err=True)


def hits_of(archive: Archive, item_ids: list[str], newest: int) -> list[Hit]:
    """The chosen items with their topics, in the order asked for."""
    by_id = {hit.item.id: hit for hit in archive.search(Search(limit=newest)).hits}
    return [by_id[item_id] for item_id in item_ids if item_id in by_id]
