"""Take out everything of an author or address, for good, and keep it out: archive, issues, letters, backups."""

from collections.abc import Mapping
from dataclasses import asdict

import click

from domain.errors import ArchiveLocked
from lagebild.asking import asked_of, asking, by_option, office
from lagebild.cli import PARTIAL
from lagebild.control import Order, reaching
from lagebild.opening import json_option, print_json, settings_of
from lagebild.privacy import Erased, erase, would_erase


@click.command(
    help=__doc__
    + """

\b
Examples:
  lagebild privacy erase --author @anna@m.example --dry-run
  lagebild privacy erase --author @anna@m.example --reason 'Art. 17, letter of 3 November' --json

\b
While `lagebild serve` runs, it does the work between its jobs, and the command waits for it.

\b
Exit codes: 0 done; 4 done, but a backup named in the answer could not be cleaned; 75 another command holds the archive.
"""
)
@asking
@click.option(
    "--reason", default="request of the person", show_default=True, help="Kept in the log; no names."
)
@click.option("--dry-run", is_flag=True, help="Count what would go, change nothing.")
@by_option
@json_option
@click.pass_context
def command(
    context: click.Context, /, reason: str, by: str, dry_run: bool, as_json: bool, **given: tuple[str, ...]
) -> int:
    done = _done(context, Order(asked_of(given), reason, by, dry_run))
    if as_json:
        print_json({"dry_run": dry_run, **asdict(done)})
    else:
        _print(done, dry_run)
    return PARTIAL if done.backups_failed else 0


def _done(context: click.Context, order: Order) -> Erased:
    """Here where nobody else writes, or by the service that does. Raises ArchiveLocked when a command holds the archive."""
    try:
        with office(context) as workshop:
            if order.dry_run:
                return would_erase(order.asked, workshop)
            return erase(order.asked, workshop, reason=order.reason, by=order.by)
    except ArchiveLocked:
        with reaching(settings_of(context).archive) as hand_in:
            if hand_in is None:
                raise
            click.echo("the running service does it as soon as its jobs under way have ended", err=True)
            return hand_in(order)


def _print(done: Erased, dry_run: bool) -> None:
    click.echo(f"{'would be erased' if dry_run else 'erased'}: {told(done.items)}")
    click.echo(f"dead letters: {done.letters}; issues: {done.issues}; backups and copies: {done.backups}")
    for name in done.backups_failed:
        click.echo(f"NOT cleaned: {name}; remove it, or mend it and run this again")
    if done.receipt:
        click.echo(f"receipt: {done.receipt}")


def told(counts: Mapping[str, int]) -> str:
    """`3 items (2 mastodon, 1 press)`."""
    parts = ", ".join(f"{count} {name}" for name, count in counts.items())
    return f"{sum(counts.values())} items" + (f" ({parts})" if parts else "")
