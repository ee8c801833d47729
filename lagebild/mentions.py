"""Where the two readings of a text meet: watched names that were tagged are what tone and risk speak of."""

from collections.abc import Callable, Iterable, Sequence
from functools import cache

from domain.model import Annotation, Item
from domain.ports import EnrichArchive
from nlp.perception import Mention
from nlp.watchlist import watchlist


@cache
def targets() -> frozenset[str]:
    """Ids of all watched platforms and companies."""
    things = watchlist().things.values()
    return frozenset(thing.id for thing in things if thing.label == "PLATFORM" or thing.kind == "company")


def mentions(named: Iterable[tuple[str, int, int]]) -> tuple[Mention, ...]:
    """The mentions among (watchlist id, start, end), in order."""
    return tuple(Mention(target, start, end) for target, start, end in named if target in targets())


def namer(archive: EnrichArchive) -> Callable[[Sequence[Item]], Sequence[tuple[Mention, ...]]]:
    """Finds mentions in what the entity annotator left in the archive."""

    def find(items: Sequence[Item]) -> Sequence[tuple[Mention, ...]]:
        tagged = archive.annotations([item.id for item in items], "entity")
        return [_of(tagged.get(item.id, ())) for item in items]

    return find


def _of(tags: Sequence[Annotation]) -> tuple[Mention, ...]:
    return mentions((tag.target, tag.start or 0, tag.end or 0) for tag in tags if tag.target)
