"""Risks by product features: how many items speak of both, against the same number of days before; each cell opens them."""

from collections import Counter
from collections.abc import Mapping
from datetime import date, timedelta

from domain.briefing import HeatCell, Heatmap
from domain.mentions import DayMentions, joined
from web.charts.board import Asked, Cell, Shown

ONE_DAY = timedelta(days=1)
MOST_ROWS, MOST_COLUMNS = 12, 10
Pair = tuple[str, str]


def made(asked: Asked) -> Shown:
    begin = asked.first - timedelta(days=asked.days)
    days = asked.mentions("cell", asked.market, begin)
    now, before = _cells(days, asked.first, asked.last), _cells(days, begin, asked.first - ONE_DAY)
    topics, features = _largest(now, 0, MOST_ROWS), _largest(now, 1, MOST_COLUMNS)
    known = bool(before)
    cells = tuple(
        tuple(
            _cell(asked, now[topic, feature], before[topic, feature] if known else None)
            for feature in features
        )
        for topic in topics
    )
    rows = tuple(asked.name("topic", topic) for topic in topics)
    columns = tuple(asked.name("feature", feature) for feature in features)
    links = {
        (y, x + 1): asked.search(topic=topic, feature=feature)
        for y, topic in enumerate(topics)
        for x, feature in enumerate(features)
        if now[topic, feature]
    }
    alt = "; ".join(
        f"{asked.name('topic', t)} × {asked.name('feature', f)}: {n}" for (t, f), n in now.most_common(5)
    )
    chart = Heatmap((asked.words["heatmap"],), alt, rows, columns, cells)
    table: tuple[tuple[Cell, ...], ...] = tuple(
        (name, *(cell.count for cell in row)) for name, row in zip(rows, cells, strict=True)
    )
    return Shown(chart, (asked.words["topic"], *columns), table, links, asked.words["heat_note"])


def _cells(days: Mapping[date, DayMentions], first: date, last: date) -> Counter[Pair]:
    """How many items speak of both, from the first day to the last."""
    told = joined(mentions for day, mentions in days.items() if first <= day <= last)
    return Counter({(topic, feature): mentions.items for (topic, feature), mentions in told.items()})


def _largest(cells: Counter[Pair], side: int, most: int) -> list[str]:
    """The labels of one side with the most items, most first."""
    total: Counter[str] = Counter()
    for pair, count in cells.items():
        total[pair[side]] += count
    return [label for label, _ in sorted(total.items(), key=lambda told: (-told[1], told[0]))[:most]]


def _cell(asked: Asked, count: int, usual: int | None) -> HeatCell:
    """No arrow where nothing is known of the days before."""
    return HeatCell(count, usual, asked.drawing.direction(count, usual))
