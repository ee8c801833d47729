"""What a placer remembers from one placing to the next: words, names and vectors of the items that stories are known by.

To read the words takes a third of a millisecond an item, and each placing asks for those of three weeks again.
"""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime

import numpy as np

from domain.model import Item
from domain.ports import EnrichArchive
from nlp.story_features import NO_ROWS, Features, Floats, features_of
from nlp.story_vectors import VECTOR_OF

REMEMBERED = 100_000
"""Seven kilobytes each, half of it the vector. Four days of 20,000 items are 80,000; what is beyond is read again at each
placing."""
READ_AT_ONCE = 500


class StoryMemory:
    """Features and vectors by item, of one archive. Not for two threads at once."""

    def __init__(self, most: int = REMEMBERED) -> None:
        self._most = most
        self._held: dict[str, tuple[str, Features]] = {}
        self._vectors = _Vectors(most)

    def recall(self, archive: EnrichArchive, item_ids: Collection[str]) -> list[Features]:
        """Features of these items in order of time, without vectors; unknown items are left out.

        What is not asked for is forgotten; an item whose words, date or entities have changed is read again.
        """
        revisions = archive.revisions(list(item_ids))
        held = {name: one for name, one in self._held.items() if revisions.get(name) == one[0]}
        self._vectors.keep(held)
        held |= _read_anew(archive, {name: told for name, told in revisions.items() if name not in held})
        recalled = sorted(held.values(), key=lambda one: in_time(one[1]))
        self._held = {one.item_id: (told, one) for told, one in recalled[-self._most :]}
        return [features for _, features in recalled]

    def vectors(self, archive: EnrichArchive, recalled: Sequence[Features], width: int) -> Floats:
        """(items, width) float32, row by row for what `recall` has returned; zeros where the archive has none so wide."""
        if not width:
            return np.zeros((len(recalled), 0), np.float32)
        return self._vectors.of(archive, [features.item_id for features in recalled], width)


class _Vectors:
    """The vectors of the last call, so that only those of new items are fetched."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._row_of: dict[str, int] = {}
        self._rows = NO_ROWS

    def keep(self, names: Collection[str]) -> None:
        """Forgets all others: they have changed."""
        self._row_of = {name: row for name, row in self._row_of.items() if name in names}

    def of(self, archive: EnrichArchive, names: Sequence[str], width: int) -> Floats:
        if self._rows.shape[1] != width:
            self._row_of, self._rows = {}, np.zeros((0, width), np.float32)
        known, rows = self._row_of, np.zeros((len(names), width), np.float32)
        there = [row for row, name in enumerate(names) if name in known]
        rows[there] = self._rows[[known[names[row]] for row in there]]
        fetched = archive.vectors([name for name in names if name not in known], VECTOR_OF)
        for row, name in enumerate(names):
            if len(fetched.get(name, b"")) == rows.itemsize * width:
                rows[row] = np.frombuffer(fetched[name], "<f4")
        first = max(0, len(names) - self._most)
        held = enumerate(names[first:])
        self._row_of = {name: row for row, name in held if name in known or name in fetched}
        self._rows = rows[first:].copy() if first else rows
        return rows


def _read_anew(archive: EnrichArchive, revisions: Mapping[str, str]) -> dict[str, tuple[str, Features]]:
    names = list(revisions)
    batches = (names[start : start + READ_AT_ONCE] for start in range(0, len(names), READ_AT_ONCE))
    read = (one for batch in batches for one in archived_features(archive, archive.items(batch)))
    return {one.item_id: (revisions[one.item_id], one) for one in read}


def archived_features(
    archive: EnrichArchive, items: Sequence[Item], *, with_vectors: bool = False
) -> list[Features]:
    """Features of these items in their order; without vectors, unless they are wished for."""
    names = [item.id for item in items]
    said = archive.annotations(names, "entity")
    vectors = archive.vectors(names, VECTOR_OF) if with_vectors else {}
    return [
        features_of(item, said.get(item.id, ()), np.frombuffer(vectors.get(item.id, b""), "<f4"))
        for item in items
    ]


def in_time(features: Features) -> tuple[datetime, str]:
    """Items of one moment by id, so that every run has the same order."""
    return features.published_at, features.item_id
