"""List the kept issues, newest first."""

import click

from lagebild.opening import archive_of, json_option, print_json, settings_of


@click.command(help=__doc__ + "\n\nExample: lagebild digest list --market DE")
@click.option("--market", default="", help="Only issues of this market.")
@click.option("--limit", type=click.IntRange(1), default=50, show_default=True)
@json_option
@click.pass_context
def command(context: click.Context, market: str, limit: int, as_json: bool) -> None:
    issues = archive_of(settings_of(context)).digests(market, limit)
    if as_json:
        print_json({"issues": [dict(issue) for issue in issues]})
        return
    for issue in issues:
        click.echo(f"{issue['digest_id']:40} kept {issue['kept_at']}")
