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


def open_archive(path: Path, *, create: bool = True, copy_first: bool = True) -> SqliteArchive:
    """The archive at `path`, brought to the newest schema; `copy_first` keeps what a migration changes as `NAME.before-STEP`.

    Raises StorageError when there is none and `create` is off.
    """
    if not path.exists():
        if not create:
            raise StorageError(
                f"there is no archive at {path}", remedy="run `lagebild run` or `lagebild demo` first"
            )
        path.parent.mkdir(parents=True, exist_ok=True)
    archive = SqliteArchive(path)
    try:
        with alone(path):
            migrate(archive, copy_first=copy_first)
    except BaseException:
        archive.close()
        raise
    return archive


def migrate(archive: SqliteArchive, *, copy_first: bool = True) -> list[str]:
    """Applies what is pending, all in one transaction, after a copy of what was there; returns the names."""
    with translated(archive.path):
        pending = [step.name for step in migrations.pending(archive.db)]
        is_new = not migrations.applied(archive.db)
    if pending:
        if copy_first and not is_new:
            archive.backup(copy_before(archive.path, pending[0]))
        with translated(archive.path), archive.transaction():
            migrations.apply(archive.db)
    return pending


def pending_of(path: Path) -> list[str]:
    """Names of the migrations that this file still needs."""
    archive = SqliteArchive(path)
    with translated(path):
        pending = [step.name for step in migrations.pending(archive.db)]
    archive.close()
    return pending


def copy_before(path: Path, step: str) -> Path:
    """Where the archive as it was before a migration is kept."""
    return path.with_name(f"{path.name}.before-{step}")


def _keeps_the_contract(archive: SqliteArchive) -> Archive:
    """Checked by the type checker alone."""
    return archive
