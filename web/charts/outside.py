"""Numbers that people brought (escalations, reports, cases) above the media's count of the same days."""

from collections import defaultdict
from datetime import date

from domain.briefing import DayPoint, Panel, SmallMultiples
from web.charts.board import Asked, Shown, alt_of, table_of


def made(asked: Asked) -> Shown:
    brought: defaultdict[str, defaultdict[date, float]] = defaultdict(lambda: defaultdict(float))
    for count in asked.desk.archive.outside_counts(asked.first, asked.last):
        if count.market in ("", asked.market, *asked.markets):
            brought[count.series][count.day] += count.value
    media = {day: len(mentions.publishers) for day, mentions in asked.daily(asked.market).items()}
    own = [
        Panel(series, tuple(DayPoint(day, round(values[day])) for day in asked.shown_days()))
        for series, values in sorted(brought.items())
    ]
    points = tuple(DayPoint(day, media.get(day, 0)) for day in asked.shown_days())
    panels = (
        *own,
        Panel(f"{asked.words['chart_count']}: {asked.what}", points, asked.milestones(asked.market)),
    )
    head, rows = table_of(panels, asked.words["day"])
    labels = {"count": asked.words["value"], "band": "", "loss": ""}
    return Shown(
        SmallMultiples((asked.words["outside"],), alt_of(panels), panels, labels),
        head,
        rows,
        {},
        asked.words["outside_note"],
    )
