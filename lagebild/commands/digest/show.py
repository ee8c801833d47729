"""Show a figure of a kept issue: its query, parameters, value then and value now."""

import click

from domain.errors import ConfigError
from domain.model import Number
from lagebild.opening import archive_of, json_option, print_json, settings_of
from lagebild.workshop import utc_now


@click.command(help=__doc__ + "\n\nExample: lagebild digest show daily-DE-2026-11-28-de Q7")
@click.argument("digest_id")
@click.argument("mark")
@json_option
@click.pass_context
def command(context: click.Context, digest_id: str, mark: str, as_json: bool) -> None:
    archive = archive_of(settings_of(context))
    numbers = dict(archive.numbers(digest_id))
    if mark not in numbers:
        kept = f"{min(numbers, default='none')} to Q{len(numbers)}" if numbers else "no such issue"
        raise ConfigError(
            f"issue {digest_id!r} has no figure {mark!r} ({kept})",
            remedy="`lagebild digest list` names the issues",
        )
    then = numbers[mark]
    now = archive.ask(then.query, then.parameters, utc_now())
    if as_json:
        print_json({"mark": mark, "then": _row(then), "now": _row(now), "same": then.sha256 == now.sha256})
    else:
        _print(mark, then, now)


def _row(number: Number) -> dict[str, object]:
    return {
        "query": number.query,
        "sql": number.sql,
        "parameters": dict(number.parameters),
        "as_of": number.as_of.isoformat(),
        "value": number.value,
        "sha256": number.sha256,
    }


def _print(mark: str, then: Number, now: Number) -> None:
    click.echo(f"{mark}  {then.query}, as of {then.as_of:%Y-%m-%d %H:%M} UTC")
    for name, value in then.parameters.items():
        click.echo(f"  :{name} = {value!r}")
    click.echo(f"{then.sql.strip()}\n")
    click.echo(f"then  {then.value}")
    click.echo(f"now   {'the same' if then.sha256 == now.sha256 else now.value}")
