"""Share of critical coverage by whose voice it is, with Wilson's interval. The three lenses are never blended."""

from domain.briefing import Interval, Intervals
from domain.mentions import NONE
from web.charts.board import Asked, Shown

CRITICAL = "critical"
LENSES = ("user", "media", "regulator")
TOO_FEW = 20
"""Under this n no share is shown."""


def made(asked: Asked) -> Shown:
    told = asked.over("tone")
    rows = [
        (lens, told.get((lens, ""), NONE).items, told.get((lens, CRITICAL), NONE).items) for lens in LENSES
    ]
    drawn = tuple(interval(asked, asked.words[lens], critical, n) for lens, n, critical in rows)
    chart = Intervals((asked.words["lenses"],), alt_of(drawn), drawn, labels_of(asked))
    links = {(y, 1): asked.search(lens=lens) for y, (lens, n, _) in enumerate(rows) if n}
    table = tuple((row.label, row.n, *shares(row)) for row in drawn)
    return Shown(chart, (asked.words["lens"], "n", *heads(asked)), table, links, asked.words["lens_note"])


def interval(asked: Asked, label: str, critical: int, n: int) -> Interval:
    """A share with its interval; none where there are too few to show one."""
    if n < TOO_FEW:
        return Interval(label, n, None, None, None)
    low, high = asked.drawing.wilson(critical, n)
    return Interval(label, n, critical / n, low, high)


def shares(row: Interval) -> tuple[str | None, str | None]:
    """Share and interval as percentages; None where too few."""
    if row.share is None or row.low is None or row.high is None:
        return None, None
    return f"{row.share:.0%}", f"{row.low:.0%} – {row.high:.0%}"


def heads(asked: Asked) -> tuple[str, str]:
    return asked.words["critical_share"], asked.words["interval"]


def labels_of(asked: Asked) -> dict[str, str]:
    return {"share": asked.words["critical_share"], "few": asked.words["too_few"], "usual": ""}


def alt_of(rows: tuple[Interval, ...]) -> str:
    return "; ".join(f"{row.label}: n = {row.n}, {shares(row)[0] or '–'}" for row in rows)
