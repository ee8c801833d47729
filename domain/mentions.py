"""How often something was spoken of in a day, in a form of which days can be joined without counting anything twice."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

Key = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Mentions:
    """Representatives that were mentioned, by themselves or by a copy.

    `alone` counts those with no mention on another day; `shared` holds the keys of the others, which two days may both
    have. `publishers` are the representatives' publishers. `outlets` counts those that brought them or a copy on one day; of
    several days together it is 0, since it cannot be added up.
    """

    alone: int = 0
    shared: frozenset[int] = frozenset()
    publishers: frozenset[str] = frozenset()
    outlets: int = 0

    @property
    def items(self) -> int:
        return self.alone + len(self.shared)


NONE = Mentions()
DayMentions = Mapping[Key, Mentions]


def joined(days: Iterable[DayMentions]) -> dict[Key, Mentions]:
    """The mentions of several different days as those of one span."""
    found: dict[Key, list[Mentions]] = {}
    for day in days:
        for key, mentions in day.items():
            found.setdefault(key, []).append(mentions)
    return {key: _sum(each) for key, each in found.items()}


def _sum(each: list[Mentions]) -> Mentions:
    return Mentions(
        sum(mentions.alone for mentions in each),
        frozenset().union(*(mentions.shared for mentions in each)),
        frozenset().union(*(mentions.publishers for mentions in each)),
    )
