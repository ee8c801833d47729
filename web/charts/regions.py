"""Which regions of a market its reports name: a schematic map of tiles, whose cells open the items."""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, time
from typing import Any
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from domain.briefing import Tile, TileMap
from domain.mentions import NONE, joined
from web.charts.board import Asked, Cell, Shown
from web.figures import ask
from web.regions import Region

NAMES_SHOWN = 3


@dataclass(frozen=True, slots=True)
class ShownMap(Shown):
    """`tile_links` gives the address behind a tile by its code."""

    tile_links: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Found:
    """What reports of a market name: per region (items, publishers), its names with their items, and items with any of `of`."""

    market: str
    regions: Sequence[Region]
    counts: Mapping[str, tuple[int, int]]
    names: Mapping[str, Sequence[tuple[str, int]]]
    items: int
    of: int


def made(asked: Asked) -> Shown:
    markets = [found for market in asked.markets if (found := _found(asked, market))]
    if not any(found.items for found in markets):
        return Shown(TileMap((asked.words["regions"],), "", ()), (), (), {}, asked.words["regions_note"])
    rows = [row for found in markets for row in _rows(asked, found)]
    links = {code: link for found in markets for code, link in _links(asked, found)}
    chart = TileMap(
        (asked.words["regions"],), _alt(rows), tuple((f.market, tuple(_tiles(asked, f))) for f in markets)
    )
    head = tuple(
        asked.words[key] for key in ("market", "code", "region", "items", "publishers", "places_named")
    )
    by_row = {(n, 3): links[str(row[1])] for n, row in enumerate(rows) if row[1] in links}
    return ShownMap(chart, head, tuple(rows), by_row, _note(asked, markets), links)


def _relevant(asked: Asked, market: str) -> int:
    """All relevant items of the days shown, from days that are counted already."""
    days = asked.mentions("volume", market, asked.first)
    return joined(days[day] for day in asked.shown_days()).get(("relevant",), NONE).items


def _found(asked: Asked, market: str) -> Found | None:
    """None for a market whose regions nobody listed."""
    regions = [region for region in asked.desk.regions if region.market == market]
    if not regions:
        return None
    places = json.dumps([[region.code, name] for region in regions for name in region.says])
    start = datetime.combine(asked.first, time.min, ZoneInfo(asked.desk.zones.get(market, "UTC")))
    window = {
        "market": market,
        "since": start.astimezone(UTC).isoformat(),
        "until": asked.desk.clock().isoformat(),
    }
    told = ask(asked.desk, "places", **window, places=places)
    return Found(
        market,
        regions,
        {
            row["region"]: (row["items"], row["publishers"])
            for row in told
            if row["region"] and not row["name"]
        },
        _by_region(row for row in told if row["name"]),
        next(row["items"] for row in told if not row["region"]),
        _relevant(asked, market),
    )


def _by_region(told: Iterable[Mapping[str, Any]]) -> dict[str, list[tuple[str, int]]]:
    names: dict[str, list[tuple[str, int]]] = {}
    for row in told:
        names.setdefault(row["region"], []).append((row["name"], row["items"]))
    return names


def _rows(asked: Asked, found: Found) -> list[tuple[Cell, ...]]:
    """The market's regions, those named most first."""
    rows: list[tuple[Cell, ...]] = []
    for region in sorted(found.regions, key=lambda one: (-found.counts.get(one.code, (0, 0))[0], one.code)):
        items, publishers = found.counts.get(region.code, (0, 0))
        said = ", ".join(
            f"{name} ({count})" for name, count in found.names.get(region.code, ())[:NAMES_SHOWN]
        )
        rows.append((found.market, region.code, region.names[asked.language], items, publishers, said))
    return rows


def _tiles(asked: Asked, found: Found) -> Iterator[Tile]:
    for region in found.regions:
        count = found.counts.get(region.code, (0, 0))[0]
        yield Tile(region.code, region.names[asked.language], region.short, *region.tile, count)


def _links(asked: Asked, found: Found) -> Iterator[tuple[str, str]]:
    """The search for each region's items: any of the names that were found."""
    period = {"relevant": "1", "since": asked.first.isoformat(), "until": asked.last.isoformat()}
    for code, names in found.names.items():
        wanted = [("market", found.market), *period.items(), *(("entity", name) for name, _ in names)]
        yield code, f"/search?{urlencode(wanted)}"


def _note(asked: Asked, markets: Sequence[Found]) -> str:
    shares = [asked.words["name_a_region"].format(market=f.market, n=f.items, of=f.of) for f in markets]
    return f"{'; '.join(shares)}. {asked.words['regions_note']}"


def _alt(rows: Sequence[tuple[Cell, ...]]) -> str:
    return "; ".join(f"{row[2]}: {row[3]}" for row in rows if row[3])
