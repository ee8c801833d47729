"""Who publishes in the demo world."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from ruamel.yaml import YAML

STREAM_KIND = "bluesky_jetstream"
SOCIAL_KINDS = frozenset({"mastodon", "bluesky", STREAM_KIND})


@dataclass(frozen=True, slots=True, kw_only=True)
class Outlet:
    """One site. `address` completes 127.a.b; `quirks` and `fault` name how it differs from a clean one."""

    id: str
    name: str
    address: str
    kind: str
    template: str
    language: str
    market: str
    category: str
    tier: int
    publisher: str
    lens: str = "media"
    feed: str = "rss"
    quirks: frozenset[str] = frozenset()
    fault: str = ""
    licence: str = ""

    @property
    def ip(self) -> str:
        return f"127.7.{self.address}"

    @property
    def takes_wire_copy(self) -> bool:
        return self.lens == "media" and self.category not in {"trade", "consumer", "youth_protection"}


def _outlet(row: Mapping[str, object]) -> Outlet:
    quirks = row.get("quirks")
    facts = {**row, "quirks": frozenset(quirks if isinstance(quirks, list) else ())}
    return Outlet(**facts)  # type: ignore[arg-type]


@cache
def read_outlets() -> tuple[Outlet, ...]:
    """The outlets of outlets.yaml, in its order."""
    page = files("lagebild.demo").joinpath("outlets.yaml").read_text("utf-8")
    rows = YAML(typ="safe", pure=True).load(page)
    return tuple(_outlet(row) for row in rows)
