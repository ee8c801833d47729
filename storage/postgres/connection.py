"""Connections to PostgreSQL behind the verbs that the archive's readers use.

Writers take turns by an advisory lock that the transaction holds: two workers that file the same article at once would
otherwise both find it new. Readers never wait.
"""

import re
import threading
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from decimal import Decimal
from itertools import islice
from pathlib import Path
from typing import Any

import psycopg

from domain.errors import ArchiveLocked, StorageError
from storage.postgres.dialect import bound, translated_sql
from storage.sqlite.connection import Connections, Parameters, Row

WRITERS = 7_306_141
"""The advisory lock of those who write."""
HOLDERS = 7_306_143
"""The class of advisory locks of those who do something alone."""
LOST_HOLD = "PostgreSQL: the connection that held {!r} is lost"
ROWS_AT_ONCE = 2_000
STATEMENTS_AT_ONCE = 500
PLAIN_ROW = re.compile(r"\(%s(?:, %s)*\)$")

PgConnection = psycopg.Connection[tuple[Any, ...]]


class PgConnections(Connections):
    """One connection per thread to the database at `dsn`."""

    def __init__(self, dsn: str) -> None:
        super().__init__(Path("postgresql"))
        self.dsn = dsn
        self._mine = threading.local()
        self._opened: list[PgConnection] = []

    @property
    def pg(self) -> PgConnection:
        """This thread's connection."""
        connection: PgConnection | None = getattr(self._mine, "connection", None)
        if connection is None or connection.closed:  # closed: the server went away and may be back
            if getattr(self._mine, "held", ""):
                raise StorageError(
                    LOST_HOLD.format(self._mine.held), remedy="the job is done again by itself"
                )
            with translated():
                connection = psycopg.connect(self.dsn, autocommit=True, cursor_factory=psycopg.ClientCursor)
            self._mine.connection = connection
            self._opened.append(connection)
        return connection

    @contextmanager
    def holding(self, name: str) -> Iterator[None]:
        """Alone under this name among all that use the database, as long as this thread's connection lives.

        Waits for others. Once the connection is lost so is the hold, and whatever the thread does next inside raises
        StorageError: somebody else may be at it. Holds do not nest.
        """
        with translated():
            self.pg.execute("SELECT pg_advisory_lock(%s, hashtext(%s))", (HOLDERS, name))
        self._mine.held = name
        try:
            yield
        finally:
            self._mine.held = ""
            with suppress(psycopg.Error):  # a lost connection has let go already
                connection: PgConnection = self._mine.connection
                connection.execute("SELECT pg_advisory_unlock(%s, hashtext(%s))", (HOLDERS, name))

    def close(self) -> None:
        for connection in self._opened:
            connection.close()
        self._opened.clear()
        self._mine = threading.local()

    def rows(self, sql: str, parameters: Parameters = ()) -> list[Row]:
        with translated():
            return [_plain(row) for row in self._execute(sql, parameters).fetchall()]

    def answer(self, sql: str, parameters: Parameters = ()) -> tuple[list[str], list[Row]]:
        with translated():
            cursor = self._execute(sql, parameters)
            return [column.name for column in cursor.description or ()], [
                _plain(row) for row in cursor.fetchall()
            ]

    def stream(self, sql: str, parameters: Parameters = ()) -> Iterator[Row]:
        """Rows in portions; the answer itself is held by the client."""
        with translated():
            cursor = self._execute(sql, parameters)
            while some := cursor.fetchmany(ROWS_AT_ONCE):
                yield from map(_plain, some)

    def row(self, sql: str, parameters: Parameters = ()) -> Row | None:
        with translated():
            found = self._execute(sql, parameters).fetchone()
            return _plain(found) if found else None

    def run(self, sql: str, parameters: Parameters = ()) -> int:
        with translated():
            return max(0, self._execute(sql, parameters).rowcount)

    def run_many(self, sql: str, parameters: Iterable[Parameters]) -> int:
        """Many statements in one message, in their order; what it costs is mostly the way to the server."""
        changed, waiting = 0, iter(parameters)
        while some := list(islice(waiting, STATEMENTS_AT_ONCE)):
            with translated():
                changed += self._run_together(translated_sql(sql).strip(), [bound(sql, one) for one in some])
        return changed

    def _run_together(self, text: Any, some: Sequence[Any]) -> int:
        cursor = psycopg.ClientCursor(self.pg)
        if row := rows_of(text):  # one statement with many rows
            rows = ", ".join(cursor.mogrify(row, one) for one in some)
            head = text.removesuffix(row).replace("%%", "%")
            return max(0, cursor.execute((head + rows).encode()).rowcount)
        cursor.execute(";".join(cursor.mogrify(text, one) for one in some).encode())
        changed = max(0, cursor.rowcount)
        while cursor.nextset():
            changed += max(0, cursor.rowcount)
        return changed

    def _execute(self, sql: str, parameters: Parameters) -> psycopg.Cursor[tuple[Any, ...]]:
        text: Any = translated_sql(sql)
        return self.pg.execute(text, bound(sql, parameters))

    @contextmanager
    def transaction(self) -> Iterator[Any]:
        """BEGIN … COMMIT under the writers' lock; inside another one it joins that."""
        if self.pg.info.transaction_status != psycopg.pq.TransactionStatus.IDLE:
            yield self.pg
            return
        with translated(), self.pg.transaction():
            self.pg.execute("SELECT pg_advisory_xact_lock(%s)", (WRITERS,))
            yield self.pg

    @contextmanager
    def transaction_if_free(self) -> Iterator[bool]:
        """A transaction (True), or nothing (False) when somebody else writes: for what can be left out."""
        if self.pg.info.transaction_status != psycopg.pq.TransactionStatus.IDLE:
            yield True
            return
        with translated(), self.pg.transaction():
            found = self.pg.execute("SELECT pg_try_advisory_xact_lock(%s)", (WRITERS,)).fetchone()
            yield bool(found and found[0])

    @contextmanager
    def durable_transaction(self) -> Iterator[Any]:
        """Commits are on the disk when they return, unless the server was told otherwise."""
        with self.transaction() as connection:
            yield connection


def rows_of(text: str) -> str:
    """The row of an INSERT that ends with it, so that more rows may follow; "" for other statements.

    With ON CONFLICT … DO UPDATE rows stay apart: one statement may not change the same row twice.
    """
    found = PLAIN_ROW.search(text)
    return found[0] if found and text.startswith("INSERT") else ""


def _plain(row: tuple[Any, ...]) -> Row:
    return tuple(_number(value) if isinstance(value, Decimal) else value for value in row)


def _number(value: Decimal) -> int | float:
    exponent = value.as_tuple().exponent
    return int(value) if exponent == 0 else float(value)


@contextmanager
def translated() -> Iterator[None]:
    """Turns psycopg's errors into ours."""
    try:
        yield
    except psycopg.errors.LockNotAvailable as error:
        raise ArchiveLocked(
            str(error), remedy="another process holds the archive; wait for it to finish"
        ) from error
    except psycopg.OperationalError as error:
        raise StorageError(
            f"PostgreSQL: {error}", remedy="see that the server runs and the address is right"
        ) from error
    except psycopg.Error as error:
        raise StorageError(f"PostgreSQL: {error}", remedy="run `lagebild db verify`") from error
