"""Connections to one SQLite file: how they are opened, and how a transaction is held.

WAL with synchronous NORMAL: a power cut may lose the last commits and never tears one; `durably` asks for FULL.
Every read-then-write begins IMMEDIATE: deferred ones failed as locked in a quarter of contended cases.
"""

import fcntl
import os
import sqlite3
import threading
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlite_utils import Database

from domain.errors import ArchiveLocked, StorageError
from storage.query import holds, says, understand

BUSY_SECONDS = 15.0
"""How long a writer waits for another before it gives up."""
CACHE_KIBIBYTES = 16 * 1024
"""For each thread's connection. What is read comes from mapped pages: with 64 MB nothing was faster (100,000 items filed in 33
and 31 CPU seconds, searches of 300,000 alike), and each thread that wrote a large file held them for good."""
PAGE_OCTETS = 16384
"""Several articles fill such a page; one of 4,096 octets holds one, and a third of it stays empty."""
CHECKPOINT_PAGES = 1000
"""About 16 MB of log between checkpoints: fewer of them in bulk loads, still a small file beside the archive."""

PRAGMAS = (
    f"page_size = {PAGE_OCTETS}",
    "journal_mode = WAL",
    "synchronous = NORMAL",
    "foreign_keys = OFF",  # a tombstone leaves rows that point at what is gone
    "secure_delete = ON",  # what is deleted is overwritten; measured: no cost when adding
    f"cache_size = -{CACHE_KIBIBYTES}",
    f"wal_autocheckpoint = {CHECKPOINT_PAGES}",
    "temp_store = MEMORY",
    "mmap_size = 268435456",
)

IDS_A_SECOND = "SELECT value FROM setting WHERE name = 'ids_a_second'"

Row = tuple[Any, ...]
Parameters = Sequence[Any] | Mapping[str, Any]


class Connections:
    """One connection per thread to the file at `path`; what all readers' views of the archive are built on."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._here = threading.local()
        self._all: list[sqlite3.Connection] = []
        self._lock = threading.Lock()

    @property
    def db(self) -> Database:
        """This thread's database."""
        database: Database | None = getattr(self._here, "database", None)
        if database is None:
            database = self._here.database = Database(self._connect(), execute_plugins=False)
        return database

    @property
    def raw(self) -> sqlite3.Connection:
        connection: sqlite3.Connection = self.db.conn
        return connection

    def _connect(self) -> sqlite3.Connection:
        with translated(self.path):
            connection = open_connection(str(self.path))
        with self._lock:
            self._all.append(connection)
        return connection

    def close(self) -> None:
        """Closes every thread's connection."""
        with self._lock:
            for connection in self._all:
                connection.close()
            self._all.clear()
        self._here = threading.local()

    def rows(self, sql: str, parameters: Parameters = ()) -> list[Row]:
        with translated(self.path):
            return self.raw.execute(sql, parameters).fetchall()

    def stream(self, sql: str, parameters: Parameters = ()) -> Iterator[Row]:
        """Rows as they are read; memory stays flat."""
        with translated(self.path):
            yield from self.raw.execute(sql, parameters)

    def answer(self, sql: str, parameters: Parameters = ()) -> tuple[list[str], list[Row]]:
        """Column names and rows."""
        with translated(self.path):
            cursor = self.raw.execute(sql, parameters)
            return [column[0] for column in cursor.description], cursor.fetchall()

    def row(self, sql: str, parameters: Parameters = ()) -> Row | None:
        with translated(self.path):
            found: Row | None = self.raw.execute(sql, parameters).fetchone()
            return found

    def value(self, sql: str, parameters: Parameters = ()) -> Any:
        found = self.row(sql, parameters)
        return found[0] if found else None

    @property
    def ids_a_second(self) -> int:
        """How many ids of items one second of publication has; kept with the archive, since ids are made of it."""
        return int(self.value(IDS_A_SECOND) or 1)

    def run(self, sql: str, parameters: Parameters = ()) -> int:
        """Number of rows changed."""
        with translated(self.path):
            return max(0, self.raw.execute(sql, parameters).rowcount)

    def run_many(self, sql: str, parameters: Iterable[Parameters]) -> int:
        with translated(self.path):
            return max(0, self.raw.executemany(sql, parameters).rowcount)

    @contextmanager
    def transaction(self) -> Iterator[sqlite3.Connection]:
        """BEGIN IMMEDIATE … COMMIT; inside another one it joins that."""
        connection = self.raw
        if connection.in_transaction:
            yield connection
            return
        with translated(self.path):
            connection.execute("BEGIN IMMEDIATE")
            try:
                yield connection
                connection.execute("COMMIT")
            except BaseException:
                connection.rollback()  # does nothing when the error has already ended the transaction
                raise

    @contextmanager
    def transaction_if_free(self) -> Iterator[bool]:
        """A transaction (True), or nothing (False) when somebody else writes: for what can be left out."""
        connection = self.raw
        if connection.in_transaction:
            yield True
            return
        if not self._begun_at_once(connection):
            yield False
            return
        with translated(self.path):
            try:
                yield True
                connection.execute("COMMIT")
            except BaseException:
                connection.rollback()
                raise

    def _begun_at_once(self, connection: sqlite3.Connection) -> bool:
        """Whether a transaction has begun, without waiting for those of others."""
        connection.execute("PRAGMA busy_timeout = 0")
        try:
            connection.execute("BEGIN IMMEDIATE")
        except sqlite3.OperationalError:  # somebody else writes, or the file is not ours to write
            return False
        finally:
            connection.execute(f"PRAGMA busy_timeout = {round(BUSY_SECONDS * 1000)}")
        return True

    @contextmanager
    def durable_transaction(self) -> Iterator[sqlite3.Connection]:
        """A transaction that is on the disk when it returns: for marks such as "digest sent"."""
        self.raw.execute("PRAGMA synchronous = FULL")
        try:
            with self.transaction() as connection:
                yield connection
        finally:
            self.raw.execute("PRAGMA synchronous = NORMAL")


def open_connection(path: str) -> sqlite3.Connection:
    connection = sqlite3.connect(
        path, timeout=BUSY_SECONDS, isolation_level=None, check_same_thread=False, cached_statements=256
    )
    try:
        for pragma in PRAGMAS:
            connection.execute(f"PRAGMA {pragma}")
    except BaseException:
        connection.close()
        raise
    _teach(connection)
    return connection


def _teach(connection: sqlite3.Connection) -> None:
    """Gives a connection the two functions that read texts again."""
    connection.create_function(
        "says", 4, lambda text, *words: says(understand(text), *words), deterministic=True
    )
    connection.create_function(
        "holds", 3, lambda text, *words: holds(understand(text), *words), deterministic=True
    )


@contextmanager
def translated(path: Path) -> Iterator[None]:
    """Turns SQLite's errors into ours."""
    try:
        yield
    except sqlite3.OperationalError as error:
        raise _storage_error(path, error) from error
    except sqlite3.DatabaseError as error:
        if isinstance(error, sqlite3.ProgrammingError):
            raise
        raise StorageError(
            f"{path}: {error}",
            remedy="run `lagebild db verify`; if the file is damaged, `lagebild db restore` from the latest backup",
        ) from error


def _storage_error(path: Path, error: sqlite3.OperationalError) -> StorageError:
    text = str(error)
    if "locked" in text or "busy" in text:
        return ArchiveLocked(
            f"{path}: {text}", remedy="another process holds the archive; wait for it to finish"
        )
    if "full" in text:
        return StorageError(f"{path}: {text}", remedy="free some disk space, then run the same command again")
    if "readonly" in text or "read-only" in text or "unable to open" in text:
        return StorageError(
            f"{path}: {text}", remedy="give this user write permission for the file and its folder"
        )
    if "I/O" in text:
        return StorageError(
            f"{path}: {text}", remedy="see whether the disk is full or failing, then run `lagebild db verify`"
        )
    return StorageError(f"{path}: {text}", remedy="run `lagebild db verify`")


@contextmanager
def alone(path: Path) -> Iterator[None]:
    """Holds off other processes that want to create or migrate archives in the same folder.

    Two processes that created one file at once broke it in one of eight trials. The lock is on the folder, so no
    lock file is left behind.
    """
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        fcntl.flock(folder, fcntl.LOCK_EX)
        yield
    finally:
        os.close(folder)
