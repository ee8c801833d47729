"""Series -> SVG for pages and PDF, PNG at double density for mail. Same series, same bytes.

One hue, told apart by lightness, hatch and words, so that the charts survive a colour-blind reader and a grey
printer. matplotlib is loaded at the first chart, and the fonts are the ones it ships.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import date
from io import BytesIO
from threading import Lock
from typing import TYPE_CHECKING, Any

from babel.dates import format_skeleton
from babel.numbers import format_percent
from markupsafe import escape

from domain.briefing import Chart, Heatmap, Intervals, Panel, SmallMultiples, Steps, Strips, Tile, TileMap

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

INK, MUTED, GRID, PAPER = "#1b2329", "#5c6870", "#dfe5e9", "#fefefe"
BAND, BAR, LOUD = "#d3deE7".lower(), "#6f93b2", "#123f66"
HEAT = ("#f4f7f9", "#d6e3ee", "#aecbe2", "#7daacd", "#47799f", "#123f66")

# Each colour of the drawing becomes a variable of the page, so that one drawing serves light and dark.
VARIABLES = {
    INK: "--ink",
    MUTED: "--muted",
    GRID: "--rule",
    PAPER: "--paper",
    BAND: "--band",
    BAR: "--bar",
    LOUD: "--loud",
}

_one_at_a_time = Lock()
WIDTH_INCHES = 5.2
POINTS = 8.5
PNG_DPI = 200
"""Twice the 100 dpi that the drawing is laid out for."""


def svg(chart: Chart, locale: str, *, themed: bool = False, outlines: bool = False) -> str:
    """An `<svg>` element with its description.

    `themed` takes the colours from the page's variables; `outlines` draws letters as paths, for a reader of SVG that
    knows no fonts.
    """
    import matplotlib as mpl

    with _style(mpl, "path" if outlines else "none"):
        sheet = _draw(chart, locale)
        out = BytesIO()
        sheet.savefig(
            out,
            format="svg",
            metadata={"Date": None, "Creator": None, "Format": None, "Type": None},
            transparent=True,
        )
    return _dressed(out.getvalue().decode("utf-8"), chart, themed)


def png(chart: Chart, locale: str) -> bytes:
    """A PNG at double density on white."""
    import matplotlib as mpl

    with _style(mpl):
        sheet = _draw(chart, locale)
        out = BytesIO()
        sheet.savefig(out, format="png", dpi=PNG_DPI, facecolor=PAPER, metadata={"Software": None})
    return out.getvalue()


@contextmanager
def _style(mpl: Any, letters: str = "none") -> Iterator[None]:
    """The library keeps its style in one place for the whole process, so one chart at a time is drawn."""
    wanted = {
        "svg.hashsalt": "lagebild",
        "svg.fonttype": letters,
        "font.family": "DejaVu Sans",
        "font.size": POINTS,
        "hatch.linewidth": 0.6,
        "axes.edgecolor": MUTED,
        "axes.labelcolor": INK,
        "text.color": INK,
        "xtick.color": MUTED,
        "ytick.color": MUTED,
        "axes.spines.top": False,
        "axes.spines.right": False,
        "axes.spines.left": False,
        "axes.linewidth": 0.6,
    }
    with _one_at_a_time, mpl.rc_context(wanted):
        yield


def _draw(chart: Chart, locale: str) -> Figure:
    drawn: Mapping[type, Callable[[Any, str], Figure]] = {
        SmallMultiples: _small_multiples,
        Heatmap: _heatmap,
        Intervals: _intervals,
        Strips: _strips,
        Steps: _steps,
        TileMap: _tile_map,
    }
    return drawn[type(chart)](chart, locale)


def _sheet(inches: float, rows: int = 1) -> tuple[Figure, list[Axes]]:
    from matplotlib.figure import Figure

    sheet = Figure(figsize=(WIDTH_INCHES, inches), layout="constrained")
    axes = sheet.subplots(rows, 1, squeeze=False)
    return sheet, [row[0] for row in axes]


def _dressed(drawing: str, chart: Chart, themed: bool) -> str:
    """Without prologue and metadata, with a role and a label; the font is the page's."""
    body = re.sub(r"<metadata>.*?</metadata>", "", drawing[drawing.index("<svg") :], flags=re.S)
    body = re.sub(r"(<svg[^>]*?) height=\"[^\"]*\"", r"\1", body, count=1)
    body = re.sub(r"(<svg[^>]*?) width=\"[^\"]*\"", r"\1", body, count=1)
    body = body.replace("'DejaVu Sans'", "system-ui, 'DejaVu Sans', sans-serif")
    body = body.replace("<svg ", f'<svg role="img" aria-label="{escape(chart.alt)}" ', 1)
    if themed:
        for colour, variable in VARIABLES.items():
            body = body.replace(colour, f"var({variable},{colour})")
    return "\n".join(line.rstrip() for line in body.splitlines()) + "\n"


def _day(day: date, locale: str) -> str:
    return str(format_skeleton("MMMd", day, locale=locale))


# --- volume with its expected band ---------------------------------------------------------------


def _small_multiples(chart: SmallMultiples, locale: str) -> Figure:
    sheet, axes = _sheet(0.35 + 1.15 * len(chart.panels), len(chart.panels))
    for axis, shown in zip(axes, chart.panels, strict=True):
        _panel(axis, shown, locale)
    _legend(axes[0], chart.labels)
    return sheet


def _panel(axis: Axes, shown: Panel, locale: str) -> None:
    at = range(len(shown.points))
    known = [n for n in at if shown.points[n].high is not None]
    axis.fill_between(
        known,
        [shown.points[n].low or 0.0 for n in known],
        [shown.points[n].high or 0.0 for n in known],
        step="mid",
        color=BAND,
        linewidth=0,
    )
    for n, point in enumerate(shown.points):
        loud = point.high is not None and point.count > point.high
        lossy = point.coverage < 0.85
        axis.bar(n, point.count, 0.62, color=LOUD if loud else BAR, linewidth=0)
        if lossy:
            top = max(point.count, point.high or 0.0, 1.0)
            axis.bar(n, top, 0.92, facecolor="none", edgecolor=MUTED, hatch="////", linewidth=0)
    _days(axis, shown, locale)
    axis.set_title(shown.title, loc="left", fontsize=POINTS, fontweight="bold", pad=3)
    for day, note in shown.notes:
        _note(axis, shown, day, note)


def _days(axis: Axes, shown: Panel, locale: str) -> None:
    ticks = [n for n in range(len(shown.points)) if (len(shown.points) - 1 - n) % 7 == 0]
    axis.set_xticks(ticks, [_day(shown.points[n].day, locale) for n in ticks], fontsize=POINTS - 1)
    axis.set_xlim(-0.7, len(shown.points) - 0.3)
    axis.set_ylim(0, max(1.0, *(max(point.count, point.high or 0.0) for point in shown.points)) * 1.12)
    _whole_numbers(axis, 3)
    axis.grid(axis="y", color=GRID, linewidth=0.6)
    axis.set_axisbelow(True)
    axis.tick_params(length=0, labelsize=POINTS - 1)


def _whole_numbers(axis: Axes, most: int) -> None:
    from matplotlib.ticker import MaxNLocator

    axis.yaxis.set_major_locator(MaxNLocator(nbins=most, integer=True))


def _note(axis: Axes, shown: Panel, day: date, note: str) -> None:
    at = next((n for n, point in enumerate(shown.points) if point.day == day), None)
    if at is not None:
        axis.axvline(at, color=MUTED, linewidth=0.6, linestyle=(0, (2, 2)))
        axis.annotate(
            note, (at, axis.get_ylim()[1]), fontsize=POINTS - 1.5, ha="right", va="top", rotation=90
        )


def _legend(axis: Axes, labels: Mapping[str, str]) -> None:
    from matplotlib.patches import Patch

    keys = [
        Patch(facecolor=BAR, label=labels.get("count", "")),
        Patch(facecolor=BAND, label=labels.get("band", "")),
        Patch(facecolor="none", edgecolor=MUTED, hatch="////", linewidth=0, label=labels.get("loss", "")),
    ]
    axis.legend(
        handles=[key for key in keys if key.get_label()],
        loc="lower right",
        bbox_to_anchor=(1.0, 1.0),
        ncols=3,
        frameon=False,
        fontsize=POINTS - 1.5,
        handlelength=1.1,
        columnspacing=1.0,
        borderpad=0,
        handletextpad=0.4,
    )


# --- heatmap -------------------------------------------------------------------------------------

ARROWS = {"up": "↑", "down": "↓", "flat": "→", "": ""}


def shade(count: int, largest: int) -> int:
    """Which of the six lightness steps a cell gets: 0 for none, then in five equal steps."""
    return 0 if count == 0 else min(5, 1 + int(4.999 * count / max(largest, 1)))


def _heatmap(chart: Heatmap, locale: str) -> Figure:
    sheet, (axis,) = _sheet(0.7 + 0.34 * len(chart.rows))
    largest = max((cell.count for row in chart.cells for cell in row), default=0)
    for y, row in enumerate(chart.cells):
        for x, cell in enumerate(row):
            step = shade(cell.count, largest)
            axis.add_patch(_square(x, y, HEAT[step]))
            axis.text(
                x,
                y,
                f"{cell.count}{ARROWS[cell.arrow]}",
                ha="center",
                va="center",
                color="#ffffff" if step >= 4 else "#1b2329",
                fontsize=POINTS,
            )
    axis.set_xticks(
        range(len(chart.columns)), [_wrapped(name) for name in chart.columns], fontsize=POINTS - 1
    )
    axis.set_yticks(range(len(chart.rows)), chart.rows, fontsize=POINTS - 0.5)
    axis.set_xlim(-0.5, len(chart.columns) - 0.5)
    axis.set_ylim(len(chart.rows) - 0.5, -0.5)
    axis.xaxis.tick_top()
    axis.tick_params(length=0)
    axis.spines[:].set_visible(False)
    return sheet


def _square(x: int, y: int, colour: str) -> Any:
    from matplotlib.patches import Rectangle

    return Rectangle((x - 0.48, y - 0.46), 0.96, 0.92, facecolor=colour, linewidth=0)


def _wrapped(name: str) -> str:
    return name.replace(" und ", "\nund ").replace(" and ", "\nand ")


# --- regions as tiles ----------------------------------------------------------------------------

TILE_INCHES = 0.52


def _tile_map(chart: TileMap, locale: str) -> Figure:
    from matplotlib.figure import Figure

    deep = [1 + max(tile.row for tile in tiles) for _, tiles in chart.panels]
    wide = max(1 + tile.column for _, tiles in chart.panels for tile in tiles)
    sheet = Figure(
        figsize=(WIDTH_INCHES, sum(TILE_INCHES * rows + 0.3 for rows in deep)), layout="constrained"
    )
    axes = sheet.subplots(len(deep), 1, squeeze=False, height_ratios=deep)
    for (axis,), (title, tiles) in zip(axes, chart.panels, strict=True):
        _tiles(axis, tiles)
        axis.set_title(title, loc="left", fontsize=POINTS, fontweight="bold", pad=3)
        axis.set_xlim(-0.5, max(wide, WIDTH_INCHES / TILE_INCHES) - 0.5)
        axis.set_axis_off()
    return sheet


def _tiles(axis: Axes, tiles: tuple[Tile, ...]) -> None:
    largest = max(tile.count for tile in tiles)
    for tile in tiles:
        step = shade(tile.count, largest)
        axis.add_patch(_square(tile.column, tile.row, HEAT[step]))
        axis.text(
            tile.column,
            tile.row,
            f"{tile.short}\n{tile.count}",
            ha="center",
            va="center",
            color="#ffffff" if step >= 4 else "#1b2329",
            fontsize=POINTS - 1,
        )
    axis.set_ylim(max(tile.row for tile in tiles) + 0.5, -0.5)


# --- lens intervals ------------------------------------------------------------------------------


def _intervals(chart: Intervals, locale: str) -> Figure:
    sheet, (axis,) = _sheet(0.5 + 0.36 * max(len(chart.rows), 1))
    for y, row in enumerate(chart.rows):
        if row.share is None or row.low is None or row.high is None:
            axis.text(0.02, y, f"{chart.labels.get('few', '')} (n = {row.n})", va="center", color=MUTED)
            continue
        axis.plot([row.low, row.high], [y, y], color=BAR, linewidth=3, solid_capstyle="round")
        axis.plot([row.share], [y], marker="o", color=LOUD, markersize=6)
        if row.usual is not None:
            axis.plot([row.usual], [y], marker="|", color=MUTED, markersize=12, markeredgewidth=1.4)
    axis.set_yticks(range(len(chart.rows)), [f"{row.label} (n = {row.n})" for row in chart.rows])
    axis.set_ylim(len(chart.rows) - 0.5, -0.5)
    ticks = (0.0, 0.25, 0.5, 0.75, 1.0)
    axis.set_xticks(ticks, [str(format_percent(tick, locale=locale)) for tick in ticks], fontsize=POINTS - 1)
    axis.set_xlim(0, 1)
    axis.grid(axis="x", color=GRID, linewidth=0.6)
    axis.tick_params(length=0)
    return sheet


# --- story strips --------------------------------------------------------------------------------


def _strips(chart: Strips, locale: str) -> Figure:
    sheet, (axis,) = _sheet(0.5 + 0.27 * max(len(chart.rows), 1))
    largest = max((count for row in chart.rows for _, count in row.strength), default=1)
    for y, row in enumerate(chart.rows):
        start, end = (row.first - chart.first).days, (row.last - chart.first).days
        axis.plot([start, end], [y, y], color=BAND, linewidth=7, solid_capstyle="round")
        for day, count in row.strength:
            axis.plot(
                [(day - chart.first).days],
                [y],
                marker="o",
                color=LOUD,
                markersize=2.5 + 6 * (count / largest) ** 0.5,
                markeredgewidth=0,
            )
        if row.closed:
            axis.plot([end], [y], marker="|", color=MUTED, markersize=12, markeredgewidth=1.5)
    span = (chart.last - chart.first).days
    ticks = range(span % 7, span + 1, 7) if span >= 7 else range(span + 1)
    axis.set_xticks(
        list(ticks),
        [_day(date.fromordinal(chart.first.toordinal() + n), locale) for n in ticks],
        fontsize=POINTS - 1,
    )
    axis.set_yticks(range(len(chart.rows)), [row.label for row in chart.rows], fontsize=POINTS - 0.5)
    axis.set_xlim(-0.6, span + 0.6)
    axis.set_ylim(len(chart.rows) - 0.5, -0.5)
    axis.tick_params(length=0)
    return sheet


# --- an incident's steps -------------------------------------------------------------------------


def _steps(chart: Steps, locale: str) -> Figure:
    sheet, (axis,) = _sheet(2.4)
    first = chart.points[0][0]
    hours = [(at - first).total_seconds() / 3600 for at, _ in chart.points]
    counts = [count for _, count in chart.points]
    axis.step(hours, counts, where="post", color=LOUD, linewidth=1.6)
    axis.fill_between(hours, counts, step="post", color=BAND, linewidth=0)
    top = max(counts, default=1) * 1.35
    for number, (at, _label) in enumerate(chart.decisions, start=1):
        x = (at - first).total_seconds() / 3600
        axis.axvline(x, color=MUTED, linewidth=0.8, linestyle=(0, (3, 2)))
        axis.text(
            x,
            top * (0.98 - 0.11 * ((number - 1) % 3)),
            f" {number}",
            va="top",
            fontsize=POINTS,
            fontweight="bold",
        )
    axis.set_ylim(0, top)
    axis.set_xlabel(chart.labels.get("hours", "h"), fontsize=POINTS - 1)
    _whole_numbers(axis, 4)
    axis.grid(axis="y", color=GRID, linewidth=0.6)
    axis.tick_params(length=0, labelsize=POINTS - 1)
    return sheet
