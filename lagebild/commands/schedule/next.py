"""Say when each job runs next."""

from zoneinfo import ZoneInfo

import click

from lagebild.opening import settings_of
from lagebild.service import OFTEN, UPKEEP_AT
from lagebild.workshop import utc_now
from scheduler import Daily, next_run


@click.command(help=__doc__ + "\n\nExample: lagebild schedule next")
@click.pass_context
def command(context: click.Context) -> None:
    jobs = {f"digest-{e.market}": Daily(e.send_at, e.zone) for e in settings_of(context).publish.editions}
    for name, every in OFTEN.items():
        click.echo(f"{name:14} every {every.total_seconds() / 60:.0f} minutes while the service runs")
    for name, when in {**jobs, "upkeep": Daily(UPKEEP_AT, "UTC")}.items():
        fires = next_run(when, utc_now())
        local = fires.astimezone(ZoneInfo(when.zone))
        click.echo(f"{name:14} {local:%a %d %b %H:%M %Z} ({fires:%H:%M} UTC)")
