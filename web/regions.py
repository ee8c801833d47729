"""Regions of a market, and the names that place a report in one of them."""

from collections.abc import Mapping
from dataclasses import dataclass

Tile = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Region:
    """`code` is that of ISO 3166-2, `names` by language; `says` are the places, as they are written, that name it.

    `tile` is column and row on the schematic map of its market, from the upper left; `short` is what stands on it.
    """

    code: str
    market: str
    names: Mapping[str, str]
    short: str
    tile: Tile
    says: tuple[str, ...]
