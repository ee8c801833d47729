"""Texts are read in a process of their own: what hangs, dies or grows costs itself alone."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from threading import Timer

import pytest

from domain.errors import ItemError, LagebildError
from domain.model import Item, ItemKind, Lens
from lagebild.readers import Readers
from lagebild.settings import Limits, Settings
from tests.fixtures.odd_readers import load

NOW = datetime(2026, 11, 28, tzinfo=UTC)


def item(title: str, identity: str = "x") -> Item:
    return Item(
        id=identity, source_id="bote", raw_id=identity, kind=ItemKind.ARTICLE, url="https://bote.example", title=title, lead="",
        text="", language="de", markets=("DE",), lens=Lens.MEDIA, published_at=NOW, fetched_at=NOW, content_hash="",
    )  # fmt: skip


def readers_with(tmp_path: Path, **limits: float) -> Readers:
    return Readers(Settings(archive=tmp_path / "a.db", limits=Limits(**limits)), load)  # type: ignore[arg-type]


@pytest.fixture
def readers(tmp_path: Path) -> Iterator[Readers]:
    opened = readers_with(tmp_path, batch_seconds=2)
    yield opened
    opened.close()


def process_of(readers: Readers, title: str = "fine") -> bytes:
    return readers.annotators()[0].read([item(title)])[0].vector


def test_readings_come_back_under_the_annotators_own_name(readers: Readers) -> None:
    [odd] = readers.annotators()
    said = odd.read([item("fine", "a"), item("fine", "b")])
    assert odd.name == "odd/1"
    assert [(reading.item_id, reading.annotator) for reading in said] == [("a", "odd/1"), ("b", "odd/1")]


@pytest.mark.parametrize("title", ["hang", "die"])
def test_a_lost_process_is_told_as_an_error_of_the_item_and_the_next_is_read(
    readers: Readers, title: str
) -> None:
    before = process_of(readers)
    with pytest.raises(ItemError, match="lost"):
        readers.annotators()[0].read([item(title)])
    assert process_of(readers) != before


@pytest.mark.parametrize(("title", "said"), [("refuse", "cannot be read"), ("fail", "ValueError")])
def test_what_an_annotator_raises_comes_back_without_the_texts_words(
    readers: Readers, title: str, said: str
) -> None:
    before = process_of(readers)
    with pytest.raises(ItemError, match=said) as told:
        readers.annotators()[0].read([item(title)])
    assert "words" not in str(told.value)
    assert process_of(readers) == before


def test_a_process_that_eats_memory_is_ended(tmp_path: Path) -> None:
    readers = readers_with(tmp_path, reader_megabytes=100, batch_seconds=50)
    with pytest.raises(ItemError, match="memory"):
        readers.annotators()[0].read([item("eat")])
    readers.close()


def test_a_process_is_renewed_after_its_items(tmp_path: Path) -> None:
    readers = readers_with(tmp_path, reader_items=2)
    assert process_of(readers) == process_of(readers) != process_of(readers)
    readers.close()


def test_stopping_ends_a_batch_at_once_and_sets_nothing_aside(tmp_path: Path) -> None:
    readers = readers_with(tmp_path, batch_seconds=50)
    [odd] = readers.annotators()
    Timer(0.5, readers.stop).start()
    with pytest.raises(LagebildError, match="stopped") as told:
        odd.read([item("hang")])
    assert not isinstance(told.value, ItemError)
