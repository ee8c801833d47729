"""What a placer remembers from one placing to the next: the words and names of the items that stories are known by.

To read them takes a third of a millisecond an item, and each placing asks for those of three weeks again.
"""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from domain.model import Item
from domain.ports import EnrichArchive
from nlp.story_features import Features, features_of
from nlp.story_vectors import VECTOR_OF

REMEMBERED = 100_000
"""Three to four kilobytes each. Four days of 20,000 items are 80,000; what is beyond is read again at each placing."""
READ_AT_ONCE = 500


class StoryMemory:
    """Features by item, without their vectors, which the archive has at hand. Not for two threads at once."""

    def __init__(self, most: int = REMEMBERED) -> None:
        self._most = most
        self._held: dict[str, tuple[str, Features]] = {}

    def recall(self, archive: EnrichArchive, item_ids: Sequence[str]) -> list[Features]:
        """Features of these items in this order, with their vectors; unknown ones are left out.

        What is not asked for is forgotten; an item whose words, date or entities have changed is read again.
        """
        revisions = archive.revisions(item_ids)
        held = {name: one for name, one in self._held.items() if revisions.get(name) == one[0]}
        lost = [name for name in item_ids if name in revisions and name not in held]
        for start in range(0, len(lost), READ_AT_ONCE):
            items = archive.items(lost[start : start + READ_AT_ONCE])
            held |= {one.item_id: (revisions[one.item_id], one) for one in read_features_of(archive, items)}
        recalled = [(name, held[name]) for name in item_ids if name in held]
        self._held = dict(recalled[-self._most :])
        return with_vectors(archive, [features for _, (_, features) in recalled])


def read_features_of(archive: EnrichArchive, items: Sequence[Item]) -> list[Features]:
    """Features of these items, without vectors."""
    said = archive.annotations([item.id for item in items], "entity")
    return [features_of(item, said.get(item.id, ())) for item in items]


def with_vectors(archive: EnrichArchive, features: Sequence[Features]) -> list[Features]:
    """The same with the vectors that the archive holds."""
    vectors = archive.vectors([one.item_id for one in features], VECTOR_OF)
    return [
        replace(one, vector=np.frombuffer(vectors.get(one.item_id, b""), dtype="<f4")) for one in features
    ]
