"""Say in sentences why a text is or is not relevant, which topics it has, and how severe it is."""

import click

from lagebild.labels import names
from lagebild.opening import archive_of, settings_of
from lagebild.room.reasons import spoken
from nlp.explain import explain
from nlp.language import detect
from nlp.risk import RiskInput


@click.command(
    help=__doc__
    + "\n\nExample: lagebild topics explain 'Polizei warnt vor gefährlicher Challenge auf TikTok'"
)
@click.argument("text", required=False)
@click.option("--item", "item_id", help="Explain a stored item instead.")
@click.option(
    "--in",
    "language",
    type=click.Choice(["de", "en"]),
    default="en",
    show_default=True,
    help="Language of the explanation.",
)
@click.pass_context
def command(context: click.Context, text: str | None, item_id: str | None, language: str) -> None:
    if item_id:
        found = archive_of(settings_of(context)).items([item_id])
        if not found:
            raise click.BadParameter(f"there is no item {item_id!r}")
        item = found[0]
        click.echo(
            explain(RiskInput(item.title, item.text or item.lead, item.language), language, spoken, named)
        )
    elif text:
        click.echo(explain(RiskInput("", text, detect(text).language), language, spoken, named))
    else:
        raise click.UsageError("give a text, or --item")


def named(kind: str, identity: str, language: str) -> str:
    """What people call a feature or a group."""
    return names().get(f"{kind}:{identity}", {}).get(language) or identity.replace("_", " ")
