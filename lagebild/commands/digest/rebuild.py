"""Make a kept issue again from the archive and compare it byte for byte."""

from datetime import datetime

import click

from domain.errors import ConfigError
from lagebild.belts.publish import rebuilt
from lagebild.opening import archive_of, settings_of, sources_of
from lagebild.workshop import Workshop


@click.command(help=__doc__ + "\n\nExample: lagebild digest rebuild 2026-11-28 --market DE")
@click.argument("day", type=click.DateTime(["%Y-%m-%d"]))
@click.option("--market", "markets", multiple=True, help="Only this market; may be given again.")
@click.pass_context
def command(context: click.Context, day: datetime, markets: tuple[str, ...]) -> int:
    settings = settings_of(context)
    archive = archive_of(settings)
    wanted = [edition for edition in settings.publish.editions if not markets or edition.market in markets]
    with Workshop(settings, sources_of(settings), archive) as workshop:
        compared = [
            line for edition in wanted for line in rebuilt(archive, workshop.press, edition, day.date())
        ]
    if not compared:
        raise ConfigError(
            f"no issue of {day:%Y-%m-%d} is kept", remedy="`lagebild digest list` names the issues"
        )
    for issue, same in compared:
        click.echo(f"{issue}  {'byte-equal' if same else 'DIFFERS'}")
    return 0 if all(same for _, same in compared) else 1
