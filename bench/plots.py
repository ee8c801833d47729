"""Draws the growth figures of bench/results.json for the docs: `python -m bench.plots`."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import matplotlib as mpl

mpl.use("svg")
from matplotlib import pyplot

from bench.run import KEPT

TARGET = Path(__file__).parents[1] / "docs" / "images" / "growth.svg"
Line = tuple[str, str, list[float], list[float]]


def lines(rows: dict[str, Any]) -> Iterator[Line]:
    """Title, unit of the x axis, x and y relative to the first, of each figure that tells its growth."""
    if "search" in rows:
        by_size = rows["search"]["more"]
        yield "search: p95", "items", *relative({float(size): p["p95"] for size, p in by_size.items()})
    if "dedupe" in rows:
        seconds = rows["dedupe"]["more"]["seconds"]
        yield (
            "copies: seconds per 10,000",
            "texts",
            *relative({10_000.0 * (n + 1): s for n, s in enumerate(seconds)}),
        )
    if "stories" in rows:
        tenths = rows["stories"]["more"]["seconds_by_tenth"]
        yield "stories: seconds a tenth", "tenth", *relative({n + 1.0: s for n, s in enumerate(tenths)})
    if "brief" in rows:
        by_items = rows["brief"]["more"]["seconds"]
        yield (
            "an issue in all formats",
            "items a day",
            *relative({float(size): s for size, s in by_items.items()}),
        )


def relative(points: dict[float, float]) -> tuple[list[float], list[float]]:
    first = next(iter(points.values()))
    return list(points), [value / first for value in points.values()]


def main() -> None:
    kept = json.loads(KEPT.read_text(encoding="utf-8"))
    short = {row["name"]: row for row in kept.values() if row["quick"]}
    drawn = list(lines(short | {name: row for name, row in kept.items() if not row["quick"]}))
    mpl.rcParams.update({"svg.hashsalt": "lagebild", "font.size": 8})
    figure, panels = pyplot.subplots(
        1, max(1, len(drawn)), figsize=(2.6 * len(drawn), 2.2), layout="constrained"
    )
    for panel, (title, unit, x, y) in zip([panels] if len(drawn) == 1 else panels, drawn, strict=True):
        panel.plot(x, y, marker="o", color="#33658a")
        panel.set_ylim(0, max(2.0, *(value * 1.1 for value in y)))
        panel.axhline(1, color="#bbbbbb", linewidth=0.6)
        panel.set_title(title, fontsize=8)
        panel.set_xlabel(unit)
    figure.savefig(TARGET, metadata={"Date": None})


if __name__ == "__main__":
    main()
