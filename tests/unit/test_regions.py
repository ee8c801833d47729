"""The gazetteer of regions and the map made from it."""

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

import pytest

from domain.model import Annotation, Reading
from lagebild.room.drawing import drawing
from lagebild.room.regions import regions
from storage.memory import MemoryArchive
from tests.fixtures.room import NOW, browser, desk_over, fill, items
from web.desk import Desk

HOW_MANY = {"DE": 16, "AT": 9, "CH": 26}


def test_every_region_of_the_three_countries_is_there_once() -> None:
    codes = [region.code for region in regions()]
    assert len(set(codes)) == len(codes)
    assert Counter(region.market for region in regions()) == HOW_MANY
    assert all(re.fullmatch(r"DE-[A-Z]{2}|AT-[1-9]|CH-[A-Z]{2}", code) for code in codes)


@pytest.mark.parametrize("market", HOW_MANY)
def test_no_two_tiles_lie_on_each_other_and_no_name_means_two_regions(market: str) -> None:
    own = [region for region in regions() if region.market == market]
    assert len({region.tile for region in own}) == len(own)
    said = Counter(name for region in own for name in region.says)
    assert [name for name, count in said.items() if count > 1] == []


@pytest.mark.parametrize(
    ("market", "written", "code"),
    [
        ("DE", "Bayerns", "DE-BY"),
        ("DE", "München", "DE-BY"),
        ("DE", "Freiburg", "DE-BW"),
        ("CH", "Freiburg", "CH-FR"),
        ("CH", "Kanton Zug", "CH-ZG"),
        ("CH", "Zug", None),
        ("DE", "Karlsruhe", None),
        ("AT", "Wien", "AT-9"),
        ("CH", "Genève", "CH-GE"),
        ("DE", "Wien", None),
    ],
)
def test_names_are_read_within_their_country(market: str, written: str, code: str | None) -> None:
    found = [region.code for region in regions() if region.market == market and written in region.says]
    assert found == ([code] if code else [])


# --- the map -------------------------------------------------------------------------------------


def reading(item_id: str, *places: str) -> Reading:
    relevant = Annotation(item_id=item_id, layer="relevance", label="relevant", annotator="t/1", score=0.9)
    named = [replace(relevant, layer="entity", label="LOC", text=place) for place in places]
    return Reading(item_id, "t/1", (relevant, *named))


@pytest.fixture
def desk() -> Iterator[Desk]:
    """Five relevant items: two name Munich, one of these Nuremberg too, one Hamburg, one Paris, one no place."""
    archive = MemoryArchive()
    fill(archive, items(5))
    told = (("München", "Nürnberg"), ("Münchens",), ("Hamburg",), ("Paris",), ())
    readings = [reading(f"i{n}", *places) for n, places in enumerate(told, 1)]
    archive.keep_readings(readings, NOW + timedelta(seconds=1))
    yield desk_over(archive, drawing=drawing(), regions=regions(), clock=lambda: NOW + timedelta(minutes=1))
    archive.close()


def test_an_item_counts_once_for_its_region_and_the_rest_is_told(desk: Desk) -> None:
    text = browser(desk).get("/dashboard?market=DE&lang=en").text
    assert "DE: 3 of 5 relevant items name a region" in text
    assert 'aria-label="Bavaria: 2 items"' in text
    assert 'aria-label="Hamburg: 1 item"' in text
    assert text.count('<g class="tile') == 16
    assert text.count('<g class="tile heat-0"') == 14


def test_a_tile_opens_its_items(desk: Desk) -> None:
    client = browser(desk)
    text = client.get("/dashboard?market=DE&lang=en").text
    link = re.search(r'<a href="([^"]+)" aria-label="Bavaria: 2 items"', text)
    assert link
    hits = client.get(link[1].replace("&amp;", "&")).text
    assert "2 items" in hits
    assert "/item/i1" in hits
    assert "/item/i2" in hits
    assert "/item/i3" not in hits


def test_the_map_is_saved_as_table_and_drawings(desk: Desk) -> None:
    client = browser(desk)
    rows = client.get("/chart/regions.csv?market=DE&lang=de").text.splitlines()
    assert rows[0].endswith("Markt,Kürzel,Region,Meldungen,unabhängige Verlage,Genannt als")
    assert rows[1].startswith("DE,DE-BY,Bayern,2,1,")
    assert rows[1].count("(1)") == 3
    assert len(rows) == 1 + 16
    assert "Bayern: 2" in client.get("/chart/regions.svg?market=DE&lang=de").text
    assert client.get("/chart/regions.png?market=DE").content.startswith(b"\x89PNG")


def test_dach_shows_three_maps_and_a_market_without_regions_none(desk: Desk) -> None:
    zones = {
        "DE": "Europe/Berlin",
        "AT": "Europe/Vienna",
        "CH": "Europe/Zurich",
        "DACH": "Europe/Berlin",
        "UK": "Europe/London",
    }
    client = browser(replace(desk, zones=zones))
    assert client.get("/dashboard?market=DACH").text.count('<svg class="tiles"') == 3
    assert '<svg class="tiles"' not in client.get("/dashboard?market=UK").text
