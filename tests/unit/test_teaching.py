"""What analysts said becomes lessons: the last word on an item counts, and a layer of one's own is used and undone."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from domain.model import Annotation, Item, ItemKind, Label, Lens
from lagebild.teaching import layers_of, lesson
from nlp.learn import keep, kept_layers, latest, roll_back

NOW = datetime(2026, 11, 28, tzinfo=UTC)
ITEM = Item(
    id="i",
    source_id="s",
    raw_id="1",
    kind=ItemKind.ARTICLE,
    url="",
    title="Titel",
    lead="",
    text="Text",
    language="de",
    markets=("DE",),
    lens=Lens.MEDIA,
    published_at=NOW,
    fetched_at=NOW,
    content_hash="",
)
TAGS = (
    Annotation(item_id="i", layer="topic", label="youth_safety", annotator="r/1"),
    Annotation(item_id="i", layer="topic", label="fraud_scam_ads", annotator="r/1", suppressed=True),
)


def word(layer: str, label: str, verdict: str) -> Label:
    return Label("i", layer, label, verdict, "anna", NOW)


@pytest.mark.parametrize(
    ("words", "relevant", "topics"),
    [
        ([word("topic", "youth_safety", "right")], True, ("youth_safety",)),
        ([word("topic", "youth_safety", "wrong")], False, ()),
        ([word("topic", "hate_discrimination", "missing")], True, ("hate_discrimination", "youth_safety")),
        ([word("relevance", "relevant", "wrong")], False, ()),
        ([word("relevance", "relevant", "right"), word("topic", "youth_safety", "wrong")], True, ()),
    ],
)
def test_a_lesson_is_what_was_judged_corrected_by_what_was_said(
    words: list[Label], relevant: bool, topics: tuple[str, ...]
) -> None:
    learnt = lesson(ITEM, words, TAGS)
    assert (learnt.relevant, learnt.topics) == (relevant, topics)


def test_the_layer_before_comes_back_with_one_command(tmp_path: Path) -> None:
    folder = layers_of(tmp_path / "a.db")
    shipped = latest(folder)
    keep(folder, {"n": 1})
    second = keep(folder, {"n": 2})
    assert latest(folder) == second
    assert roll_back(folder) == kept_layers(folder)[0]
    assert roll_back(folder) == shipped
