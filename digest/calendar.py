"""The regulator calendar: dates with what they rest on. A date without a source is not in it."""

from collections.abc import Mapping
from datetime import date
from functools import cache
from importlib import resources
from typing import Any

from ruamel.yaml import YAML

from digest.facts import Deadline
from domain.errors import ConfigError

IN_THE_UNION = ("DE", "AT", "DACH", "FR", "IT", "EU")
FIELDS = ("id", "day", "title", "basis", "url", "markets")


@cache
def calendar() -> tuple[Deadline, ...]:
    """All dates we ship, soonest first."""
    text = resources.files("digest").joinpath("calendar.yaml").read_text(encoding="utf-8")
    rows = YAML(typ="safe", pure=True).load(text)["dates"] or []
    return tuple(sorted(map(deadline_of, rows), key=lambda found: (found.day, found.id)))


def deadline_of(row: dict[str, Any]) -> Deadline:
    """One entry. Raises ConfigError when it lacks its legal basis, its source, or any other field."""
    missing = [name for name in FIELDS if not row.get(name)]
    if missing:
        raise ConfigError(
            f"digest/calendar.yaml: entry {row.get('id')!r} lacks {', '.join(missing)}",
            remedy="give it, or leave the date out",
        )
    day = row["day"] if isinstance(row["day"], date) else date.fromisoformat(str(row["day"]))
    return Deadline(day, dict(row["title"]), dict(row["basis"]), row["url"], tuple(row["markets"]), row["id"])


def said_in(text: Mapping[str, str], language: str) -> str:
    """A title or legal basis in the reader's language, else in the first one given."""
    return text.get(language) or next(iter(text.values()))


def concerns(deadline: Deadline, market: str) -> bool:
    """The Union's dates concern its members; Switzerland has its own."""
    return market in deadline.markets or ("EU" in deadline.markets and market in IN_THE_UNION)
