"""Independent publishers a day with the band of what is usual, one panel per market; days of lost coverage are hatched."""

from datetime import date

from domain.briefing import DayPoint, Panel, SmallMultiples
from web.charts.board import BASELINE_DAYS, Asked, Shown, alt_of, table_of


def made(asked: Asked) -> Shown:
    panels = tuple(_panel(asked, market) for market in asked.markets)
    head, rows = table_of(panels, asked.words["day"])
    labels = {key: asked.words[f"chart_{key}"] for key in ("count", "band", "loss")}
    links = {
        (n, column): asked.search(
            **({asked.layer: asked.label} if asked.label else {}),
            market=market,
            since=str(row[0]),
            until=str(row[0]),
        )
        for n, row in enumerate(rows)
        for column, market in enumerate(asked.markets, start=1)
    }
    chart = SmallMultiples((asked.what,), alt_of(panels), panels, labels)
    return Shown(chart, head, rows, links, asked.words["attention_note"])


def _panel(asked: Asked, market: str) -> Panel:
    told = asked.daily(market, before=BASELINE_DAYS)
    counts = {day: len(mentions.publishers) for day, mentions in told.items()}
    known = _since_first(counts)
    zone = asked.desk.zones.get(market, "UTC")
    coverage = asked.desk.archive.coverage(asked.first, asked.last, zone, market)
    points = tuple(
        DayPoint(day, counts.get(day, 0), *_band(asked, known, day), coverage=coverage.get(day, 1.0))
        for day in asked.shown_days()
    )
    return Panel(market, points, asked.milestones(market))


def _since_first(counts: dict[date, int]) -> dict[date, int]:
    """Days before the first report say nothing of what is usual; quiet days after it do."""
    first = min((day for day, count in counts.items() if count), default=None)
    return {day: count for day, count in counts.items() if first and day >= first}


def _band(asked: Asked, counts: dict[date, int], day: date) -> tuple[float | None, float | None]:
    return asked.drawing.band(counts, day) or (None, None)
