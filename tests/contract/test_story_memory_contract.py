"""What a placer remembers of an archive: as if it were read anew each time, but read once."""

from datetime import timedelta

import numpy as np
import pytest

from domain.model import Annotation, Reading, Updated
from nlp import story_memory
from nlp.stories import place_unplaced
from nlp.story_memory import StoryMemory, read_features_of, with_vectors

HEADLINES = (
    "Großbrand in Hongkong: Zahl der Toten steigt auf 146",
    "Hongkong: Großbrand mit 146 Toten, Elf Festnahmen",
    "Spahn warnt vor Ablehnung des Rentenpakets",
)


@pytest.fixture
def filled(archive, item, batch, now):
    archive.commit(batch(*(item(f"i{n}", title=title) for n, title in enumerate(HEADLINES))))
    vectors = (np.array([1, 0, n], np.float32).tobytes() for n in range(len(HEADLINES)))
    read = [Reading(f"i{n}", "story/1", (), vector, "story") for n, vector in enumerate(vectors)]
    archive.keep_readings(read, now)
    return archive


@pytest.fixture
def reads(monkeypatch):
    """Ids of the items whose words were read, call by call."""
    seen = []

    def counting(archive, items):
        seen.append([one.id for one in items])
        return read_features_of(archive, items)

    monkeypatch.setattr(story_memory, "read_features_of", counting)
    return seen


def anew(archive, ids):
    return with_vectors(archive, read_features_of(archive, archive.items(ids)))


def told(features):
    return [(f.item_id, f.words, f.names, f.spelled, f.vector.tolist()) for f in features]


def test_what_is_recalled_is_what_reading_anew_gives_in_the_order_asked_for(filled, reads):
    memory = StoryMemory()
    for ids in (["i2", "i0"], ["i0", "i1", "i2", "nobody"]):
        assert told(memory.recall(filled, ids)) == told(anew(filled, [i for i in ids if i != "nobody"]))
    assert reads == [["i2", "i0"], ["i1"]]


def test_changed_words_and_entities_are_read_again(filled, item, batch, now, reads):
    memory = StoryMemory()
    memory.recall(filled, ["i0", "i1", "i2"])
    changed = (item("i0", title="Rentenpaket: Spahn rechnet mit Ablehnung"), Updated(("title",)))
    filled.commit(batch(changed, at=now + timedelta(hours=1)))
    name = Annotation(
        item_id="i1", layer="entity", label="LOC", annotator="names/1", start=0, end=8, text="Hongkong"
    )
    filled.keep_readings([Reading("i1", "names/1", (name,))], now)
    assert told(memory.recall(filled, ["i0", "i1", "i2"])) == told(anew(filled, ["i0", "i1", "i2"]))
    assert reads[1:] == [["i0", "i1"]]


def test_what_is_not_asked_for_is_forgotten_and_so_is_what_is_too_much(filled, reads):
    memory = StoryMemory(most=1)
    memory.recall(filled, ["i0", "i1"])
    memory.recall(filled, ["i0", "i1"])
    memory.recall(filled, ["i2"])
    memory.recall(filled, ["i1"])
    assert reads == [["i0", "i1"], ["i0"], ["i2"], ["i1"]]


def test_placing_with_a_memory_is_placing_without(filled, item, batch, now):
    memory, ids = StoryMemory(), [f"i{n}" for n in range(len(HEADLINES))]
    assert place_unplaced(filled, "none", now, memory) == len(HEADLINES)
    again = item("late", title=HEADLINES[0] + " an")
    filled.commit(batch(again, at=now + timedelta(hours=1)))
    filled.keep_readings([Reading("late", "story/1")], now)
    place_unplaced(filled, "none", now + timedelta(hours=1), memory)
    stories = [story.id for story in filled.stories(now - timedelta(days=1))]
    together = next(
        held for held in filled.members(stories).values() if any(m.item_id == "late" for m in held)
    )
    assert {m.item_id for m in together} == {"i0", "i1", "late"}
    assert told(memory.recall(filled, ids)) == told(anew(filled, ids))
