"""Which publisher stands behind an outlet: those that share copy count as one voice. Facts in publishers.yaml."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from ruamel.yaml import YAML

from crawler.canonical import host_of


@dataclass(frozen=True, slots=True)
class Group:
    """Outlets whose texts come from one house. `shares` says what they have in common: owner, newsroom or both."""

    id: str
    name: str
    shares: str
    source: str
    outlets: Mapping[str, str]


def publisher_of(url: str, fallback: str) -> str:
    """Name of the group that the address belongs to, else `fallback` (an outlet of its own)."""
    group = group_of(url)
    return group.name if group else fallback


def group_of(url: str) -> Group | None:
    """The group by host, longest match first: `sport.bild.de` is Bild's."""
    labels = host_of(url if "//" in url else f"https://{url}").split(".")
    by_host = _by_host()
    tails = (".".join(labels[start:]) for start in range(len(labels)))
    return next((by_host[tail] for tail in tails if tail in by_host), None)


@cache
def groups() -> tuple[Group, ...]:
    """All groups, in the file's order."""
    text = files("crawler").joinpath("publishers.yaml").read_text("utf-8")
    rows = YAML(typ="safe", pure=True).load(text)["groups"]
    return tuple(Group(**row) for row in rows)


@cache
def _by_host() -> dict[str, Group]:
    return {host: group for group in groups() for host in group.outlets}
