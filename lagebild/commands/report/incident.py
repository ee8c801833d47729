"""Write the timeline report of an incident, from the first publication to our last decision."""

import sys

import click

from digest.incident import brief_incident, gather_incident
from domain.registry import plug
from lagebild.labels import names
from lagebild.opening import archive_of, settings_of
from lagebild.room.reasons import spoken
from lagebild.workshop import utc_now


@click.command(help=__doc__ + "\n\nExample: lagebild report incident INC-1 --format markdown")
@click.argument("incident_id")
@click.option("--language", type=click.Choice(["de", "en"]), default="de", show_default=True)
@click.option(
    "--format", "form", default="text", show_default=True, help="One of the forms of docs/plugs/formats.md."
)
@click.pass_context
def command(context: click.Context, incident_id: str, language: str, form: str) -> None:
    settings = settings_of(context)
    facts = gather_incident(
        archive_of(settings),
        incident_id,
        utc_now(),
        names=names(),
        speak=spoken,
        base_url=settings.web.base_url,
    )
    sys.stdout.buffer.write(plug("digest.formats", form).render(brief_incident(facts, language)))
