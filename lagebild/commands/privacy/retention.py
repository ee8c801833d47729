"""Forget what has been kept long enough; `lagebild serve` does this every night."""

from dataclasses import asdict

import click

from lagebild.asking import by_option, office
from lagebild.opening import json_option, print_json
from lagebild.privacy import retain, would_retain


@click.command(help=__doc__ + "\n\nExample: lagebild privacy retention --dry-run")
@click.option("--dry-run", is_flag=True, help="Count what would go, change nothing.")
@by_option
@json_option
@click.pass_context
def command(context: click.Context, dry_run: bool, by: str, as_json: bool) -> None:
    with office(context) as workshop:
        done = would_retain(workshop) if dry_run else retain(workshop, by)
        if not dry_run:
            workshop.archive.tend()
        classes = workshop.settings.privacy.classes
    if as_json:
        days = {name: kept.model_dump() for name, kept in classes.items()}
        print_json({"dry_run": dry_run, "days": days, **asdict(done)})
        return
    for name, kept in classes.items():
        click.echo(f"{name:18} texts {kept.texts:4} days, metadata {kept.metadata:4} days")
    for name, count in done.due.items():
        click.echo(f"{'due' if dry_run else 'expired'}: {count} {name}")
    click.echo(f"metadata: {done.metadata}; keys of epochs: {', '.join(done.keys) or 'none'}")
    if done.receipt:
        click.echo(f"receipt: {done.receipt}")
