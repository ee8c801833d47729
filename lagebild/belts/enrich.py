"""The enrich belt: unread items -> readings -> stories -> archive."""

import logging
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from domain.errors import ItemError
from domain.model import Item, Reading
from domain.ports import Annotator, Clock, EnrichArchive
from nlp.stories import READ_AT_ONCE, place_unplaced
from nlp.story_memory import StoryMemory

logger = logging.getLogger(__name__)
BATCH_ITEMS = 64


OnRead = Callable[[str], None]


@dataclass(slots=True)
class Enriched:
    """How much was read and placed; `topics` counts tags by topic."""

    read: int = 0
    refused: int = 0
    placed: int = 0
    stories: int = 0
    signals: int = 0
    topics: Counter[str] = field(default_factory=Counter)


def read_everything(
    archive: EnrichArchive,
    annotators: Sequence[Annotator],
    clock: Clock,
    on_read: OnRead = lambda _: None,
) -> Enriched:
    """Every annotator reads what its present version has not read; a crash repeats a batch at most."""
    enriched = Enriched()
    for annotator in annotators:
        while items := archive.unread(annotator.name, BATCH_ITEMS):
            _keep(archive, annotator, items, clock, enriched)
            for item in items:
                on_read(f"{annotator.name} {item.title}")
    return enriched


def read_items(
    archive: EnrichArchive, annotators: Sequence[Annotator], items: Sequence[Item], clock: Clock
) -> Enriched:
    """Every annotator reads these items, in its turn; the same items again change nothing."""
    enriched = Enriched()
    for annotator in annotators:
        _keep(archive, annotator, items, clock, enriched)
    return enriched


def _keep(
    archive: EnrichArchive, annotator: Annotator, items: Sequence[Item], clock: Clock, enriched: Enriched
) -> None:
    readings, refused = _read(annotator, items)
    archive.keep_readings(readings, clock())
    enriched.read += len(items)
    enriched.refused += refused
    enriched.topics.update(_topics(readings))


def _read(annotator: Annotator, items: Sequence[Item]) -> tuple[list[Reading], int]:
    """The readings of a batch. An item that cannot be read gets an empty one, so that it is not offered again."""
    try:
        return list(annotator.read(items)), 0
    except ItemError:
        one_by_one = [_alone(annotator, item) for item in items]
        return [reading for reading, _ in one_by_one], sum(refused for _, refused in one_by_one)


def _alone(annotator: Annotator, item: Item) -> tuple[Reading, bool]:
    try:
        return annotator.read([item])[0], False
    except ItemError as error:
        logger.warning("item quarantined item=%s annotator=%s why=%s", item.id, annotator.name, error)
        return Reading(item.id, annotator.name), True


def _topics(readings: Sequence[Reading]) -> list[str]:
    tags = (tag for reading in readings for tag in reading.annotations)
    return [tag.label for tag in tags if tag.layer == "topic" and not tag.suppressed]


def place_everything(
    archive: EnrichArchive,
    kind: str,
    clock: Clock,
    memory: StoryMemory,
    on_placed: OnRead = lambda _: None,
) -> tuple[int, int]:
    """Places what no story holds, batch by batch; how many items, and how many stories were touched by it.

    `kind` names the story encoder, which chooses the weights of the links; `memory` is that of earlier placings.
    """
    placed, started, batch = 0, clock(), READ_AT_ONCE
    # One that is not full was the last: each brings the stories of weeks to mind.
    while batch == READ_AT_ONCE:
        batch = place_unplaced(archive, kind, clock(), memory)
        placed += batch
        if batch:
            on_placed(f"{batch} items")
    return placed, len(archive.stories(started)) if placed else 0
