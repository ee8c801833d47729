"""The digest's drawing board, lent to the reading room: charts, bands and intervals as they stand in a briefing."""

import re
from datetime import date
from functools import lru_cache

from digest.calendar import calendar, concerns
from digest.charts import png, shade, svg
from digest.statistics import band, direction, wilson
from domain.briefing import Chart, HeatCell, Heatmap
from web.desk import Drawing

LOCALES = {"de": "de_DE", "en": "en_GB"}
KEPT = 128

DARK = """<style>@media (prefers-color-scheme: dark) { svg { --ink: #e6eaed; --muted: #9fabb3; --rule: #323b42;
--paper: #14181b; --band: #2b3b47; --bar: #5f8fb5; --loud: #a8d1f0 } }</style>"""
OPENING = re.compile(r"<svg[^>]*>")


def drawing() -> Drawing:
    return Drawing(
        svg=_svg, png=_png, band=band, wilson=wilson, direction=direction, shade=shade, deadlines=deadlines
    )


def warm() -> None:
    """Draws a chart for nobody: loading the library takes a second and more, which the first reader need not wait."""
    _svg(Heatmap(("",), "", ("",), ("",), ((HeatCell(1),),)), "en")


def _svg(chart: Chart, language: str) -> bytes:
    return _drawn(repr(chart), _Held(chart), LOCALES[language], "svg")


def _png(chart: Chart, language: str) -> bytes:
    return _drawn(repr(chart), _Held(chart), LOCALES[language], "png")


class _Held:
    """Lets a chart ride past the cache's key: `repr` says all that it is made of."""

    def __init__(self, chart: Chart) -> None:
        self.chart = chart

    def __hash__(self) -> int:
        return 0

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Held)


@lru_cache(maxsize=KEPT)
def _drawn(_key: str, held: _Held, locale: str, form: str) -> bytes:
    if form == "png":
        return png(held.chart, locale)
    drawing = svg(held.chart, locale, themed=True)
    return OPENING.sub(lambda head: head[0] + DARK, drawing, count=1).encode()


def deadlines(market: str, first: date, last: date, language: str) -> list[tuple[date, str]]:
    """The regulator calendar's dates of the market within these days."""
    found = (one for one in calendar() if first <= one.day <= last and concerns(one, market))
    return [(one.day, one.title.get(language, "")) for one in found]
