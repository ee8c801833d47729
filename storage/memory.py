"""The tests' archive: the same verbs without a file.

It is SQLite in memory, one connection for all threads. A second implementation in dictionaries would have to repeat
every figure's SQL in Python and would drift from it; this one is as fast to make and cannot.
"""

import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlite_utils import Database

from storage.sqlite.archive import SqliteArchive, migrate
from storage.sqlite.connection import open_connection


class MemoryArchive(SqliteArchive):
    """Gone when closed."""

    def __init__(self) -> None:
        super().__init__(Path(":memory:"))
        self._database = Database(open_connection(":memory:"), execute_plugins=False)
        self._writing = threading.RLock()
        migrate(self)

    @property
    def db(self) -> Database:
        return self._database

    @contextmanager
    def transaction(self) -> Iterator[sqlite3.Connection]:
        with self._writing, super().transaction() as connection:
            yield connection

    @contextmanager
    def transaction_if_free(self) -> Iterator[bool]:
        with self.transaction():
            yield True

    @contextmanager
    def durable_transaction(self) -> Iterator[sqlite3.Connection]:
        """There is no disk; and a pragma would meet another thread's transaction on the one connection."""
        with self.transaction() as connection:
            yield connection

    def close(self) -> None:
        self._database.conn.close()
