"""List the keys of the pseudonyms' epochs, or destroy one: its pseudonyms then lead to nobody, for us either."""

import click

from lagebild.asking import by_option, office
from lagebild.opening import json_option, print_json
from lagebild.privacy import destroy, served_epochs
from lagebild.pseudonyms import EPOCH, epoch_ends, epoch_keys, epoch_of, read_keys
from lagebild.workshop import Workshop


@click.command(
    help=__doc__
    + """

\b
Examples:
  lagebild privacy keys
  lagebild privacy keys --destroy 2
"""
)
@click.option("--destroy", "epochs", multiple=True, help="The number of an epoch; may be given again.")
@by_option
@json_option
@click.pass_context
def command(context: click.Context, epochs: tuple[str, ...], by: str, as_json: bool) -> None:
    with office(context) as workshop:
        receipt = destroy(workshop, epochs, by=by) if epochs else ""
        rows = _rows(workshop)
    if as_json:
        print_json({"keys": rows, "destroyed": list(epochs), "receipt": receipt})
        return
    for row in rows:
        click.echo(f"epoch {row['epoch']:3} {row['from']} to {row['until']}  {row['state']}")
    if receipt:
        click.echo(f"destroyed: {', '.join(epochs)}; receipt: {receipt}")


def _rows(workshop: Workshop) -> list[dict[str, str]]:
    now = workshop.clock()
    served = served_epochs(workshop, now)
    rows = []
    for epoch in epoch_keys(read_keys(workshop.key_file)):
        end = epoch_ends(epoch)
        state = "present" if epoch == epoch_of(now) else "may go" if epoch in served else "ended"
        rows.append(
            {"epoch": epoch, "from": f"{end - EPOCH:%Y-%m-%d}", "until": f"{end:%Y-%m-%d}", "state": state}
        )
    return rows
