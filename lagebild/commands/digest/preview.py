"""Show the briefing as it would be now, without keeping or sending it."""

import sys
from datetime import datetime

import click

from digest.brief import brief
from domain.errors import ConfigError
from domain.registry import names_in, plug
from lagebild.belts.publish import closed_day, daily_facts
from lagebild.opening import archive_of, settings_of, sources_of
from lagebild.workshop import Workshop, utc_now


@click.command(help=__doc__ + "\n\nExample: lagebild digest preview --market CH --language de --format text")
@click.option("--market", default="DE", show_default=True)
@click.option(
    "--day", type=click.DateTime(["%Y-%m-%d"]), help="The issue of this local day; default: the latest."
)
@click.option("--language", type=click.Choice(["de", "en"]), default="de", show_default=True)
@click.option("--variant", type=click.Choice(["full", "leadership"]), default="full", show_default=True)
@click.option(
    "--format", "form", default="text", show_default=True, help="One of the forms of docs/plugs/formats.md."
)
@click.pass_context
def command(
    context: click.Context, market: str, day: datetime | None, language: str, variant: str, form: str
) -> None:
    settings = settings_of(context)
    edition = next((found for found in settings.publish.editions if found.market == market), None)
    if edition is None:
        known = ", ".join(found.market for found in settings.publish.editions)
        raise ConfigError(f"no edition of {market!r} is set up", remedy=f"use one of: {known}")
    if form not in names_in("digest.formats"):
        raise ConfigError(
            f"there is no form {form!r}", remedy=f"use one of: {', '.join(names_in('digest.formats'))}"
        )
    archive = archive_of(settings)
    with Workshop(settings, sources_of(settings), archive) as workshop:
        facts = daily_facts(
            archive,
            workshop.press,
            edition,
            day.date() if day else closed_day(edition, utc_now()),
            utc_now(),
        )
    sys.stdout.buffer.write(plug("digest.formats", form).render(brief(facts, language, variant)))
