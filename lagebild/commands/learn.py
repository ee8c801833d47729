"""Fit the light layer again with what analysts said; show what the frozen check says, and keep it or not."""

import json

import click

from domain.errors import ConfigError
from lagebild.lock import writing
from lagebild.opening import archive_of, settings_of
from lagebild.teaching import judge_of, layers_of, lessons
from nlp.learn import Change, compared, keep, latest, refitted, roll_back, rows_of, shipped_table

FEWEST = 5


@click.command(help=__doc__ + "\n\nExample: lagebild learn --dry-run")
@click.option("--dry-run", is_flag=True, help="Show the change, keep nothing.")
@click.option("--rollback", is_flag=True, help="Return to the layer before.")
@click.pass_context
def command(context: click.Context, dry_run: bool, rollback: bool) -> int:
    settings = settings_of(context)
    folder = layers_of(settings.archive)
    if rollback:
        click.echo(f"in force: {roll_back(folder)}")
        return 0
    with writing(settings.archive):
        judge = judge_of(settings.archive)
        rows = rows_of(judge, labels := lessons(archive_of(settings)))
        if len(labels) < FEWEST:
            raise ConfigError(
                f"only {len(labels)} items were answered",
                remedy=f"answer at least {FEWEST} with `lagebild review`",
            )
        table = shipped_table()
        fitted = refitted(table, rows, judge.topics)
        change = compared(json.loads(latest(folder).read_text(encoding="utf-8")), fitted, table, judge.topics)
        tell(change, len(labels))
        if dry_run or not change.accepted:
            return 0 if dry_run else 1
        click.echo(f"kept as {keep(folder, fitted)}; `lagebild enrich` reads everything again with it")
    return 0


def tell(change: Change, answers: int) -> None:
    """The frozen check before and after."""
    click.echo(f"{answers} answers")
    for name, before in change.before.items():
        click.echo(f"  {name:24} {before:.3f} -> {change.after[name]:.3f}")
    if not change.accepted:
        click.echo("not kept: the frozen check lost more than a hundredth")
