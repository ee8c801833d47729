"""Search the archive: words, \"phrases\", AND, OR, NOT."""

import re
from datetime import UTC, datetime, timedelta

import click

from domain.model import Hit, Search
from lagebild.opening import archive_of, json_option, print_json, settings_of
from lagebild.room.shield import spared

AGO = re.compile(r"^(\d+)(h|d)$")


def moment(value: str | None) -> datetime | None:
    """`2026-11-28`, `2026-11-28T06:30Z` or `36h`/`7d` ago, in UTC; None stays None. Raises click.BadParameter."""
    if value is None:
        return None
    if match := AGO.match(value):
        return datetime.now(UTC) - timedelta(**{{"h": "hours", "d": "days"}[match[2]]: int(match[1])})
    try:
        said = datetime.fromisoformat(value)
    except ValueError as error:
        raise click.BadParameter(f"{value!r} is no time; write 2026-11-28 or 7d") from error
    return said.astimezone(UTC) if said.tzinfo else said.replace(tzinfo=UTC)


@click.command(
    help=__doc__
    + """

\b
Examples:
  lagebild search 'Cybermobbing' --market DE --since 7d
  lagebild search '"App Store" AND Altersprüfung' --topic youth_safety --json
"""
)
@click.argument("words", default="")
@click.option("--market", "markets", multiple=True)
@click.option("--language", "languages", multiple=True)
@click.option("--lens", "lenses", multiple=True, type=click.Choice(["user", "media", "regulator"]))
@click.option("--source", "sources", multiple=True)
@click.option("--topic", "topics", multiple=True)
@click.option("--platform", "platforms", multiple=True)
@click.option("--feature", "features", multiple=True)
@click.option("--min-severity", type=click.IntRange(0, 5), default=0)
@click.option("--since", help="A date, a time, or 7d, 36h ago.")
@click.option("--until", help="A date, a time, or 7d, 36h ago.")
@click.option("--relevant", is_flag=True, help="Only what a risk team would want.")
@click.option("--copies", is_flag=True, help="Show copies as well as their representative.")
@click.option("--order", type=click.Choice(["newest", "relevance"]), default="newest", show_default=True)
@click.option("--limit", type=click.IntRange(1, 1000), default=20, show_default=True)
@click.option("--offset", type=click.IntRange(0), default=0)
@json_option
@click.pass_context
def command(
    context: click.Context,
    /,
    words: str,
    since: str | None,
    until: str | None,
    relevant: bool,
    copies: bool,
    as_json: bool,
    **given: object,
) -> None:
    wanted = Search(
        text=words,
        since=moment(since),
        until=moment(until),
        relevant_only=relevant,
        with_copies=copies,
        **given,  # type: ignore[arg-type]  # click has checked the types named above
    )
    found = archive_of(settings_of(context)).search(wanted)
    hits = [spared(hit) for hit in found.hits]
    if as_json:
        print_json({"total": found.total, "more": found.more, "hits": [_row(hit) for hit in hits]})
        return
    for hit in hits:
        _print(hit)
    total = "?" if found.total is None else found.total
    click.echo(f"{len(found.hits)} of {total} items{' (more: --offset)' if found.more else ''}", err=True)


def _print(hit: Hit) -> None:
    item = hit.item
    tags = f" [{', '.join(hit.topics)}]" if hit.topics else ""
    copies = f" (+{hit.copies} copies)" if hit.copies else ""
    click.echo(f"{item.published_at:%Y-%m-%d %H:%M}  {item.outlet}: {item.title or '–'}{copies}{tags}")
    if hit.snippet:
        click.echo(f"                  {' '.join(hit.snippet.split())}")
    click.echo(f"                  {item.url}")


def _row(hit: Hit) -> dict[str, object]:
    item = hit.item
    return {
        "id": item.id,
        "published": item.published_at.isoformat(),
        "outlet": item.outlet,
        "publisher": item.publisher,
        "markets": item.markets,
        "language": item.language,
        "lens": item.lens.value,
        "title": item.title,
        "url": item.url,
        "snippet": hit.snippet,
        "topics": hit.topics,
        "severity": hit.severity,
        "story": hit.story_id,
        "copies": hit.copies,
    }
