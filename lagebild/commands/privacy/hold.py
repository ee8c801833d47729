"""Keep retention away from items until a day, for a case that needs them."""

from datetime import UTC, datetime

import click

from lagebild.asking import by_option, office


@click.command(
    help=__doc__
    + "\n\nExample: lagebild privacy hold 4f1c… --until 2027-03-31 --reason 'case 17 of the regulator'"
)
@click.argument("items", nargs=-1, required=True)
@click.option("--until", type=click.DateTime(["%Y-%m-%d"]), required=True)
@click.option("--reason", required=True, help="Kept in the log; no names.")
@by_option
@click.pass_context
def command(context: click.Context, items: tuple[str, ...], until: datetime, reason: str, by: str) -> None:
    with office(context) as workshop:
        workshop.archive.hold(items, reason, by, until.replace(tzinfo=UTC))
        facts = {"items": len(items), "until": f"{until:%Y-%m-%d}", "reason": reason}
        receipt = workshop.archive.note(by, "hold", "", facts, workshop.clock())
    click.echo(f"{len(items)} items held until {until:%Y-%m-%d}; receipt: {receipt}")
