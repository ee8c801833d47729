"""Hand out all that is held of an author or address, as JSON Lines (Art. 15 GDPR)."""

import json
from typing import IO

import click

from lagebild.asking import asked_of, asking, by_option, office
from lagebild.privacy import export


@click.command(
    help=__doc__ + "\n\nExample: lagebild privacy export --author https://m.example/@anna --out anna.jsonl"
)
@asking
@click.option(
    "--out", type=click.File("w", encoding="utf-8"), default="-", help="A file; default: standard output."
)
@by_option
@click.pass_context
def command(context: click.Context, /, out: IO[str], by: str, **given: tuple[str, ...]) -> None:
    with office(context) as workshop:
        for row in export(asked_of(given), workshop, by=by):
            out.write(json.dumps(row, ensure_ascii=False, default=str) + "\n")
