"""Check the archive: integrity, full-text indexes, row counts, the log's chain."""

import click

from lagebild.opening import archive_of, json_option, print_json, settings_of


@click.command(help=__doc__ + "\n\nExample: lagebild db verify --json")
@json_option
@click.pass_context
def command(context: click.Context, as_json: bool) -> int:
    settings = settings_of(context)
    faults = archive_of(settings).verify()
    if as_json:
        print_json({"archive": str(settings.archive), "faults": list(faults)})
    else:
        click.echo("\n".join(faults) or f"{settings.archive}: all is well")
    return 1 if faults else 0
