"""Show a figure of a kept issue: its query, parameters, value then and value now."""

import re

import click

from digest.kept import Shown, show, told
from domain.errors import ConfigError
from domain.model import Number
from domain.ports import Archive
from lagebild.opening import archive_of, json_option, print_json, settings_of
from lagebild.workshop import utc_now

MARK = re.compile(r"[Qq]\d+")


@click.command(
    help=__doc__
    + "\n\nWithout an issue the latest of the market is meant.\n\nExample: lagebild digest show de-2026-11-28-daily-de Q7"
)
@click.argument("what", nargs=-1, required=True, metavar="[ISSUE] MARK")
@click.option("--market", default="", help="Whose latest issue, when none is named.")
@json_option
@click.pass_context
def command(context: click.Context, what: tuple[str, ...], market: str, as_json: bool) -> None:
    *named, mark = what
    if len(named) > 1 or not MARK.fullmatch(mark):
        raise click.UsageError("name an issue and a mark, such as de-2026-11-28-daily-de Q7, or a mark alone")
    archive = archive_of(settings_of(context))
    shown = show(archive, named[0] if named else latest(archive, market), mark, utc_now())
    if as_json:
        print_json(as_rows(shown))
    else:
        click.echo(told(shown))


def latest(archive: Archive, market: str) -> str:
    """The id of the latest kept issue. Raises ConfigError when there is none."""
    issues = archive.digests(market, 1)
    if not issues:
        raise ConfigError("no issue is kept", remedy="`lagebild brief` writes one")
    return issues[0]["digest_id"]


def as_rows(shown: Shown) -> dict[str, object]:
    return {
        "mark": shown.mark,
        "then": _row(shown.kept),
        "now": _row(shown.current),
        "same": shown.kept.sha256 == shown.current.sha256,
        "reproduced": shown.reproduced,
    }


def _row(number: Number) -> dict[str, object]:
    return {
        "query": number.query,
        "sql": number.sql,
        "parameters": dict(number.parameters),
        "as_of": number.as_of.isoformat(),
        "value": number.value,
        "sha256": number.sha256,
    }
