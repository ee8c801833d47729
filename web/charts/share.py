"""Relevant items of every thousand that the market's sources published: attention, whatever the size of the market."""

from domain.briefing import DayPoint, Panel, SmallMultiples
from web.charts.board import Asked, Shown, alt_of, table_of

PER = 1000


def made(asked: Asked) -> Shown:
    panels = tuple(_panel(asked, market) for market in asked.markets)
    head, rows = table_of(panels, asked.words["day"])
    labels = {"count": asked.words["chart_share"], "band": "", "loss": ""}
    chart = SmallMultiples((asked.what,), alt_of(panels), panels, labels)
    return Shown(chart, head, rows, {}, asked.words["share_note"])


def _panel(asked: Asked, market: str) -> Panel:
    volume, told = asked.volume(market), asked.daily(market)
    points = tuple(
        DayPoint(day, round(PER * told[day].items / (volume[day] or 1))) for day in asked.shown_days()
    )
    return Panel(market, points, asked.milestones(market))
