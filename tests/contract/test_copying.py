"""An archive moves between databases without loss. Needs PostgreSQL, as the contract's third back-end."""

from datetime import timedelta

import pytest

from domain.errors import StorageError
from domain.model import Annotation, Copy, Letter, Membership, Reading, Search, Story, Updated
from storage.copying import copy
from storage.sqlite.archive import open_archive

pytestmark = pytest.mark.fleet


@pytest.fixture
def filled(tmp_path, item, batch, now):
    archive = open_archive(tmp_path / "from.db")
    letter = Letter("blatt", "u", "page", "kaputt", b"\xff\x00", now)
    archive.commit(
        batch(item("a", title="Cybermobbing, 5 % mehr?"), (item("b"), Copy("a", 0.875)), letters=(letter,))
    )
    archive.commit(
        batch((item("a", title="Österreich: neu"), Updated(("title",))), at=now + timedelta(hours=1))
    )
    said = Annotation(item_id="a", layer="topic", label="hate", annotator="risk/1", score=0.1)
    archive.keep_readings([Reading("a", "risk/1", (said,), b"\x00" * 8, "m/1")], now)
    archive.keep_stories(
        [Story(id="s", title="Lage", language="de", opened_at=now, changed_at=now)],
        [Membership("s", "a", now)],
        now,
    )
    archive.note("anna", "export", "h", {"rows": 1}, now)
    yield archive
    archive.close()


def test_there_and_back_again(filled, postgres, tmp_path, item, batch, now):
    there = copy(filled, postgres)
    assert {c.table: c.rows for c in there}["item"] == 2
    back = open_archive(tmp_path / "to.db")
    assert [(c.rows, c.digest) for c in copy(postgres, back)] == [(c.rows, c.digest) for c in there]
    for archive in (postgres, back):
        assert archive.items(["a", "b"]) == filled.items(["a", "b"])
        assert [hit.item.id for hit in archive.search(Search(text="oesterreich")).hits] == ["a"]
        assert archive.verify() == []
        archive.commit(batch(item("later"), at=now + timedelta(hours=2)))
        archive.keep_readings([Reading("later", "risk/1")], now + timedelta(hours=2))
    back.close()


def test_a_full_target_is_refused(filled, postgres, item, batch):
    postgres.commit(batch(item("x")))
    with pytest.raises(StorageError, match="already holds"):
        copy(filled, postgres)
