"""The gazetteer of regions, as the reading room's map wants it."""

from collections.abc import Iterator, Mapping
from functools import cache
from importlib.resources import files
from typing import Any

from ruamel.yaml import YAML

from web.regions import Region

OWN_S = ("s", "ß", "x", "z", ")")
"""Names that end so have no genitive of their own."""


@cache
def regions() -> tuple[Region, ...]:
    """All regions of the three markets, by code within each market."""
    text = files("nlp").joinpath("gazetteers", "regions.yaml").read_text(encoding="utf-8")
    return tuple(_region(code, told) for code, told in YAML(typ="safe").load(text).items())


def _region(code: str, told: Mapping[str, Any]) -> Region:
    market = code.partition("-")[0]
    column, row = told["tile"]
    names = {language: str(told[language]) for language in ("de", "en")}
    return Region(code, market, names, str(told["short"]), (column, row), tuple(_says(market, told)))


def _says(market: str, told: Mapping[str, Any]) -> Iterator[str]:
    """Each way of writing once. `bare: false` holds back a region's own name where it is a common word."""
    own = dict.fromkeys([told["de"], told["en"]])
    written = [*(own if told.get("bare", True) else ()), *told["names"]]
    said = [form for name in written for form in _forms(str(name))]
    if market == "CH":
        said += [f"{land} {name}" for name in own for land in ("Kanton", "Kantons", "canton de", "Canton")]
    yield from dict.fromkeys(said)


def _forms(name: str) -> tuple[str, ...]:
    return (name,) if name.endswith(OWN_S) else (name, f"{name}s")
