"""Every schema that was released comes to the present one in one go, keeps its rows, and is kept as it was beside."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from domain.errors import StorageError
from storage.sqlite import open_archive
from storage.sqlite.archive import SqliteArchive
from storage.sqlite.schema import LETTERS_ADD, WORDS_ADD, migrations
from tests.fixtures.schemas import FIRST_RELEASED, FOLDER, OBJECTS, names

RELEASED = sorted(path.stem for path in FOLDER.glob("*.sql"))
"""A dump is added with each release: `make schema-dumps`."""
NOW = "2026-11-28T06:00:00.000000Z"
ITEM = {
    "id": 1795845600, "item_id": "a", "source_id": "bote", "raw_id": "1", "raw_key": 1, "kind": "article", "language": "de",
    "markets": " DE ", "lens": "media", "category": "news", "tier": 1, "publisher": "B", "outlet": "Bote", "platform": "",
    "published_at": NOW, "fetched_at": NOW, "first_seen_at": NOW, "rights": "allow", "change": 1, "author_ref": "",
    "content_hash": "h", "url": "https://bote.example/1", "more": "",
}  # fmt: skip
TEXT = (1795845600, "Behörde prüft Plattform", "", "Es geht um Siegel.")


def test_dumps_are_of_migrations_that_still_exist_and_reach_back_to_the_first() -> None:
    assert RELEASED[0] == names()[FIRST_RELEASED - 1]
    assert set(RELEASED) <= set(names())


def old_archive(path: Path, name: str) -> None:
    """A file of that release with one item in it."""
    archive = SqliteArchive(path)
    with archive.transaction():
        statement = ""
        for line in (FOLDER / f"{name}.sql").read_text(encoding="utf-8").splitlines(keepends=True):
            statement += line
            if sqlite3.complete_statement(statement):
                archive.raw.execute(statement)
                statement = ""
        marks = ", ".join(f":{column}" for column in ITEM)
        archive.raw.execute(f"INSERT INTO item ({', '.join(ITEM)}) VALUES ({marks})", ITEM)
        archive.raw.execute("INSERT INTO item_text (id, title, lead, body) VALUES (?, ?, ?, ?)", TEXT)
        archive.raw.execute(WORDS_ADD, TEXT)
        archive.raw.execute(LETTERS_ADD, TEXT)
    archive.close()


def schema_of(path: Path) -> dict[str, str]:
    with closing(sqlite3.connect(path)) as db:
        return {name: " ".join(sql.split()) for name, sql in db.execute(OBJECTS)}


@pytest.mark.parametrize("name", RELEASED)
def test_an_archive_of_that_release_comes_to_the_present_schema(tmp_path: Path, name: str) -> None:
    old_archive(tmp_path / "old.db", name)
    opened = open_archive(tmp_path / "old.db")
    assert opened.verify() == []
    assert [item.title for item in opened.items(["a"])] == ["Behörde prüft Plattform"]
    opened.close()
    open_archive(tmp_path / "new.db").close()
    assert schema_of(tmp_path / "old.db") == schema_of(tmp_path / "new.db")
    copies = list(tmp_path.glob("old.db.before-m*"))
    assert len(copies) == (name != names()[-1])


def test_a_migration_that_fails_leaves_the_archive_as_it_was(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "old.db"
    old_archive(path, RELEASED[0])
    before = schema_of(path)

    def broken(db: object) -> None:
        raise StorageError("broken", remedy="none")

    steps = [*migrations._migrations, migrations._Migration("m999_broken", broken)]
    monkeypatch.setattr(migrations, "_migrations", steps)
    with pytest.raises(StorageError):
        open_archive(path)
    assert schema_of(path) == before
