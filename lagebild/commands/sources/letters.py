"""List what could not be read, or try it again after an upgrade."""

import click

from domain.model import Letter
from lagebild.opening import archive_of, json_option, print_json, settings_of


@click.command(help=__doc__ + "\n\nExample: lagebild sources letters --source bote")
@click.option("--source", "source_id", default="", help="Only letters of this source.")
@click.option("--drop", is_flag=True, help="Forget them: their sources are read anew at the next visit.")
@json_option
@click.pass_context
def command(context: click.Context, source_id: str, drop: bool, as_json: bool) -> None:
    archive = archive_of(settings_of(context))
    letters = archive.letters(source_id)
    if drop:
        archive.drop_letters(letters)
    if as_json:
        print_json({"letters": [_row(letter) for letter in letters], "dropped": drop})
        return
    for letter in letters:
        click.echo(
            f"{letter.seen_at:%Y-%m-%d %H:%M}Z {letter.source_id} {letter.stage}: {letter.error} ({len(letter.body)} octets) {letter.url}"
        )
    click.echo(f"{len(letters)} letters{' dropped' if drop else ''}", err=True)


def _row(letter: Letter) -> dict[str, object]:
    return {
        "source": letter.source_id,
        "url": letter.url,
        "stage": letter.stage,
        "error": letter.error,
        "octets": len(letter.body),
        "seen_at": letter.seen_at.isoformat(),
    }
