"""What a placer remembers of an archive: as if it were read anew each time, but read once."""

from datetime import timedelta

import numpy as np
import pytest

from domain.model import Annotation, Reading, Updated
from nlp import story_memory
from nlp.stories import place_unplaced
from nlp.story_memory import StoryMemory, archived_features, in_time

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

    def counting(archive, items, **more):
        seen.append([one.id for one in items])
        return archived_features(archive, items, **more)

    monkeypatch.setattr(story_memory, "archived_features", counting)
    return seen


def anew(archive, ids):
    """Words, names and vectors of these items in order of time."""
    found = sorted(archived_features(archive, archive.items(ids), with_vectors=True), key=in_time)
    return [(f.item_id, f.words, f.names, f.spelled, f.vector.tolist()) for f in found]


def recalled(memory, archive, ids, width=3):
    features = memory.recall(archive, ids)
    vectors = memory.vectors(archive, features, width)
    return [
        (f.item_id, f.words, f.names, f.spelled, v.tolist()) for f, v in zip(features, vectors, strict=True)
    ]


def test_what_is_recalled_is_what_reading_anew_gives(filled, reads):
    memory = StoryMemory()
    for ids in (["i2", "i0"], ["i0", "i1", "i2", "nobody"]):
        assert recalled(memory, filled, ids) == anew(filled, ids)
    assert [sorted(ids) for ids in reads] == [["i0", "i2"], ["i1"]]


def test_changed_words_and_entities_are_read_again(filled, item, batch, now, reads):
    memory = StoryMemory()
    recalled(memory, filled, ["i0", "i1", "i2"])
    changed = (item("i0", title="Rentenpaket: Spahn rechnet mit Ablehnung"), Updated(("title",)))
    filled.commit(batch(changed, at=now + timedelta(hours=1)))
    other = np.array([0, 1, 0], np.float32).tobytes()
    name = Annotation(
        item_id="i1", layer="entity", label="LOC", annotator="names/1", start=0, end=8, text="Hongkong"
    )
    filled.keep_readings(
        [Reading("i1", "names/1", (name,)), Reading("i0", "story/1", (), other, "story")], now
    )
    assert recalled(memory, filled, ["i0", "i1", "i2"]) == anew(filled, ["i0", "i1", "i2"])
    assert sorted(reads[1]) == ["i0", "i1"]


def test_what_is_not_asked_for_is_forgotten_and_so_is_what_is_too_much(filled, reads):
    memory = StoryMemory(most=1)
    for ids in (["i0", "i1"], ["i0", "i1"], ["i2"], ["i1"]):
        assert recalled(memory, filled, ids) == anew(filled, ids)
    assert [sorted(ids) for ids in reads] == [["i0", "i1"], ["i0"], ["i2"], ["i1"]]


def test_a_vector_is_fetched_once_and_one_that_was_not_there_again(filled, item, batch, now, monkeypatch):
    filled.commit(batch(item("bare")))
    memory, fetch, asked = StoryMemory(), filled.vectors, []

    def counting(ids, vector_of):
        asked.append(sorted(ids))
        return fetch(ids, vector_of)

    monkeypatch.setattr(filled, "vectors", counting)
    for _ in range(2):
        assert recalled(memory, filled, ["i0", "i1", "bare"])[0][4] == [0, 0, 0]
    memory.vectors(filled, memory.recall(filled, ["i0", "i1", "bare"]), 0)
    recalled(memory, filled, ["i0", "i1"])
    assert asked == [["bare", "i0", "i1"], ["bare"], []]


def test_vectors_of_another_width_count_as_none(filled):
    memory = StoryMemory()
    assert recalled(memory, filled, ["i1"])[0][4] == [1, 0, 1]
    assert recalled(memory, filled, ["i1"], width=5)[0][4] == [0] * 5
    assert recalled(memory, filled, ["i1"])[0][4] == [1, 0, 1]


def test_placing_with_a_memory_is_placing_without(filled, item, batch, now):
    memory = StoryMemory()
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
