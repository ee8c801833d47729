"""The archive in one SQLite file: all readers' verbs over the same connections."""

from pathlib import Path

from domain.errors import StorageError
from domain.ports import Archive
from storage.sqlite.care import Care
from storage.sqlite.connection import alone, translated
from storage.sqlite.desk import Desk
from storage.sqlite.enrich import Enrich
from storage.sqlite.ledger import Ledger
from storage.sqlite.people import People
from storage.sqlite.publish import Publish
from storage.sqlite.recheck import Rechecks
from storage.sqlite.schema import migrations
from storage.sqlite.search import Reader
from storage.sqlite.shelf import Shelves
from storage.sqlite.triage import Triage
from storage.sqlite.ward import Ward


class SqliteArchive(Rechecks, Enrich, Shelves, Publish, Reader, Triage, Desk, People, Ledger, Care, Ward):
    """Implements `domain.ports.Archive`."""


def open_archive(path: Path, *, create: bool = True) -> SqliteArchive:
    """The archive at `path`, brought to the newest schema. Raises StorageError when there is none and `create` is off."""
    if not path.exists():
        if not create:
            raise StorageError(
                f"there is no archive at {path}", remedy="run `lagebild run` or `lagebild demo` first"
            )
        path.parent.mkdir(parents=True, exist_ok=True)
    archive = SqliteArchive(path)
    with alone(path):
        migrate(archive)
    return archive


def migrate(archive: SqliteArchive) -> list[str]:
    """Applies what is pending, all in one transaction; returns the names."""
    with translated(archive.path):
        pending = [step.name for step in migrations.pending(archive.db)]
    if pending:
        with translated(archive.path), archive.transaction():
            migrations.apply(archive.db)
    return pending


def _keeps_the_contract(archive: SqliteArchive) -> Archive:
    """Checked by the type checker alone."""
    return archive
