"""Read the audit log, newest first, or verify that nobody has changed it."""

from collections.abc import Mapping
from typing import Any

import click

from lagebild.cli import GATE
from lagebild.opening import archive_of, json_option, print_json, settings_of


@click.command(
    help=__doc__
    + """

\b
Examples:
  lagebild privacy log --limit 20
  lagebild privacy log --verify

\b
Exit codes of --verify: 0 the chain holds; 5 a line was changed, added or taken out.
"""
)
@click.option("--verify", is_flag=True, help="Check that each line follows from the one before.")
@click.option("--limit", type=click.IntRange(1), default=50, show_default=True)
@json_option
@click.pass_context
def command(context: click.Context, verify: bool, limit: int, as_json: bool) -> int:
    archive = archive_of(settings_of(context))
    lines = {line["id"]: line for line in archive.audit_log()}
    if not verify:
        shown = list(lines.values())[::-1][:limit]
        if as_json:
            print_json({"lines": shown})
        else:
            click.echo("\n".join(map(_told, shown)))
        return 0
    broken = archive.broken_audit_lines()
    if as_json:
        print_json({"lines": len(lines), "broken": broken})
    elif broken:
        for number in broken:
            click.echo(f"line {number} does not follow from the one before: {_told(lines[number])}")
    else:
        click.echo(f"{len(lines)} lines, the chain holds")
    return GATE if broken else 0


def _told(line: Mapping[str, Any]) -> str:
    facts = " ".join(f"{name}={value}" for name, value in line["facts"].items())
    return f"{line['id']:6} {line['at'][:19]}Z {line['by']}: {line['action']} {line['subject']} {facts} [{line['sha256'][:16]}]"
