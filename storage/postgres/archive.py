"""The archive on PostgreSQL: the readers' verbs of the SQLite archive over another connection."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from domain.errors import StorageError
from domain.ports import Archive
from storage.postgres.connection import PgConnections
from storage.postgres.schema import STEPS
from storage.postgres.search import PgReader
from storage.sqlite.care import Care
from storage.sqlite.collect import SETTING_KEEP
from storage.sqlite.desk import Desk
from storage.sqlite.enrich import Enrich
from storage.sqlite.erasure import PURGE_DONE
from storage.sqlite.ledger import Ledger
from storage.sqlite.people import People
from storage.sqlite.publish import Publish
from storage.sqlite.recheck import Rechecks
from storage.sqlite.shelf import Shelves
from storage.sqlite.triage import Triage
from storage.sqlite.ward import Ward

STEPS_TABLE = "CREATE TABLE IF NOT EXISTS schema_step (name TEXT PRIMARY KEY)"
STEPS_DONE = "SELECT name FROM schema_step"
STEPS_COUNT = "SELECT count(*) FROM schema_step"
IDS_A_SECOND = 1_000
"""One a second, as a file has, is used up by 86,400 items a day; then ids would no longer run with time."""
STEP_DONE = "INSERT INTO schema_step (name) VALUES (?)"
COLLATION = "SELECT datcollate FROM pg_database WHERE datname = current_database()"
TABLES = "SELECT tablename FROM pg_tables WHERE schemaname = current_schema()"
SIZES = "SELECT relname, pg_total_relation_size(relid) FROM pg_stat_user_tables"
TEXT_ADD = "INSERT INTO item_text (id, title, lead, body) VALUES (?, ?, ?, ?)"


class PostgresArchive(
    PgConnections, Rechecks, Enrich, Shelves, Publish, PgReader, Triage, Desk, People, Ledger, Care, Ward
):
    """Implements `domain.ports.Archive`."""

    def _add_texts(self, texts: Sequence[tuple[int, str, str, str]]) -> None:
        """The index follows by itself: its columns are generated. NUL, which PostgreSQL cannot hold, becomes a space."""
        self.run_many(
            TEXT_ADD, ((key, *(text.replace("\0", " ") for text in words)) for key, *words in texts)
        )

    def _drop_texts(self, keys: Mapping[str, str]) -> None:
        """The index goes with the texts."""

    def verify(self) -> Sequence[str]:
        """What is wrong, one sentence each; pages are the server's own care (`pg_amcheck`)."""
        found = self._count_faults()
        return [
            *found,
            *self._day_faults(),
            *(f"audit log: line {n} does not follow from the one before" for n in self.broken_audit_lines()),
        ]

    def rebuild_index(self) -> None:
        self.drop_day_counts()
        self.run("REINDEX TABLE item_text")

    def backup(self, target: Path) -> None:
        """Refused: the server has better means."""
        raise StorageError(
            "a PostgreSQL archive is not backed up by Lagebild", remedy=f"pg_dump -Fc -f {target} …"
        )

    def vacuum(self) -> None:
        self.run("VACUUM")

    def tend(self) -> None:
        """Planner statistics; the server's autovacuum does the rest."""
        self._forget_days()
        self.run("ANALYZE")

    def purge(self) -> None:
        """Rewrites the tables that held removed words."""
        for table in ("item_text", "item", "item_version", "annotation"):
            self.run(f"VACUUM FULL {table}")
        self.run(PURGE_DONE)

    def size(self) -> Mapping[str, int]:
        """Octets by table with its indexes, and `total`."""
        octets: dict[str, int] = dict(self.rows(SIZES))
        return octets | {"total": sum(octets.values())}

    def counts(self) -> Mapping[str, int]:
        """Rows by table."""
        names = sorted(str(row[0]) for row in self.rows(TABLES))
        return {name: self.value(f'SELECT count(*) FROM "{name}"') for name in names}


def open_archive(dsn: str) -> PostgresArchive:
    """The archive in this database, brought to the newest schema.

    Raises StorageError when the database does not compare texts by code point.
    """
    archive = PostgresArchive(dsn)
    if archive.value(COLLATION) not in ("C", "POSIX", "C.UTF-8", "C.utf8"):
        raise StorageError(
            "the database's collation is not C, so moments would sort wrongly",
            remedy="CREATE DATABASE lagebild TEMPLATE template0 LC_COLLATE 'C' LC_CTYPE 'C' ENCODING 'UTF8'",
        )
    with archive.transaction():
        archive.run(STEPS_TABLE)
        is_new = not archive.value(STEPS_COUNT)
        done = {row[0] for row in archive.rows(STEPS_DONE)}
        for name, script in STEPS:
            if name not in done:
                archive.pg.execute(script.encode())
                archive.run(STEP_DONE, (name,))
        if is_new:
            archive.run(SETTING_KEEP, ("ids_a_second", str(IDS_A_SECOND)))
    return archive


def _keeps_the_contract(archive: PostgresArchive) -> Archive:
    """Checked by the type checker alone."""
    return archive
