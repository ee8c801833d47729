"""Tell what sources with a budget have spent today and this month, in the unit of their kind."""

import click

from domain.model import Source
from domain.ports import Archive
from lagebild.budget import account_of, periods_of, unit_of
from lagebild.opening import archive_of, json_option, print_json, settings_of, sources_of
from lagebild.workshop import utc_now

Row = dict[str, object]


@click.command(help=__doc__ + "\n\nExample: lagebild sources budget --json")
@json_option
@click.pass_context
def command(context: click.Context, as_json: bool) -> None:
    settings = settings_of(context)
    rows = budgets(archive_of(settings), list(sources_of(settings)))
    if as_json:
        print_json({"budgets": rows})
        return
    for row in rows:
        click.echo(line_of(row))
    if not rows:
        click.echo("no source has a budget; limits: {daily_budget: N, monthly_budget: N} sets one", err=True)


def budgets(archive: Archive, sources: list[Source]) -> list[Row]:
    """One row per account and period, and per query with a budget of its own, as of now."""
    spent = {(one.account, one.period): one.spent for one in archive.spendings()}
    rows: dict[tuple[str, str], Row] = {}
    for source in sources:
        limits, account = source.limits, account_of(source)
        day, month = periods_of(source, utc_now())
        wanted = [(account, day, limits.daily_budget), (account, month, limits.monthly_budget)]
        shares = [
            (name, day, None) for name, period in spent if name.startswith(f"{account} / ") and period == day
        ]
        for name, period, cap in [*wanted, *shares]:
            if cap is not None or name != account:
                rows[name, period] = {
                    "account": name,
                    "period": period,
                    "spent": spent.get((name, period), 0),
                    "cap": cap,
                    "unit": unit_of(source),
                }
    return [rows[key] for key in sorted(rows)]


def line_of(row: Row) -> str:
    """One account and period on one line."""
    cap = "" if row["cap"] is None else f" of {row['cap']}"
    return f"{row['account']!s:40} {row['period']!s:10} {row['spent']}{cap} {row['unit']}"
