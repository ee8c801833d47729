"""Moving an archive from one database to another, row by row, and proving that nothing was lost on the way."""

import hashlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any

from domain.errors import StorageError
from storage.postgres.archive import PostgresArchive
from storage.sqlite.archive import SqliteArchive
from storage.sqlite.connection import Connections, Row

Either = SqliteArchive | PostgresArchive

ROWS_AT_ONCE = 1_000
OWN_TABLES = ("_sqlite_migrations", "schema_step", "item_words", "item_letters")
"""What each database keeps for itself: steps of its schema, and full text, which is made anew."""

COLUMNS_SQLITE = "SELECT name FROM pragma_table_info(?) ORDER BY cid"
COLUMNS_POSTGRES = """
SELECT column_name FROM information_schema.columns
WHERE table_schema = current_schema() AND table_name = ? AND is_generated = 'NEVER' ORDER BY ordinal_position
"""
SEQUENCE = """
SELECT setval(pg_get_serial_sequence('{table}', 'id'), coalesce((SELECT max(id) FROM "{table}"), 1))
"""
HAS_SEQUENCE = "SELECT pg_get_serial_sequence(?, 'id')"


@dataclass(frozen=True, slots=True)
class Copied:
    """One table: its rows, and the sum of their hashes, alike on both sides."""

    table: str
    rows: int
    digest: str


def copy(source: Either, target: Either) -> Sequence[Copied]:
    """Copies every table into an empty archive, in one transaction, and compares counts and hashes.

    Raises StorageError when the target holds items, or when a table differs afterwards; then nothing is kept.
    """
    if target.counts().get("item"):
        raise StorageError("the target already holds items", remedy="copy into a new archive")
    with target.transaction():
        done = [_copy_table(source, target, table) for table in _tables(source)]
        if isinstance(target, SqliteArchive):
            target.rebuild_index()
    return done


def _tables(archive: Either) -> list[str]:
    return [
        name
        for name in archive.counts()
        if not name.startswith(OWN_TABLES) and not name.startswith("sqlite_")
    ]


def _copy_table(source: Either, target: Either, table: str) -> Copied:
    names = [row[0] for row in target.rows(_columns_sql(target), (table,))]
    listed = ", ".join(f'"{name}"' for name in names)
    read = f'SELECT {listed} FROM "{table}"'
    add = f'INSERT INTO "{table}" ({listed}) VALUES ({", ".join("?" * len(names))})'
    if table == "setting":
        target.run(
            "DELETE FROM setting"
        )  # a new archive has settings of its own, such as the room of its ids
    rows = source.stream(read)
    while some := list(islice(rows, ROWS_AT_ONCE)):
        target.run_many(add, [_bytes_kept(row) for row in some])
    if isinstance(target, PostgresArchive) and "id" in names and target.value(HAS_SEQUENCE, (table,)):
        target.value(SEQUENCE.format(table=table))
    return _compared(table, read, source, target)


def _columns_sql(archive: Either) -> str:
    return COLUMNS_POSTGRES if isinstance(archive, PostgresArchive) else COLUMNS_SQLITE


def _compared(table: str, read: str, source: Connections, target: Connections) -> Copied:
    before, after = (_sum(archive.stream(read)) for archive in (source, target))
    if before != after:
        raise StorageError(
            f"table {table} differs after the copy: {before[0]} rows and {after[0]}",
            remedy="see that nobody writes to the source, and copy again",
        )
    return Copied(table, *after)


def _sum(rows: Iterator[Row]) -> tuple[int, str]:
    """Number of rows, and the sum of their hashes: the same in any order."""
    count = total = 0
    for row in rows:
        count += 1
        text = "\x1f".join(map(_spelt, row))
        total += int.from_bytes(
            hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=16).digest(), "big"
        )
    return count, f"{total % 2**128:032x}"


_SPELLINGS: tuple[tuple[type, Callable[[Any], str]], ...] = (
    (bytes, bytes.hex),
    (float, lambda value: repr(int(value)) if value.is_integer() else repr(value)),
)


def _spelt(value: Any) -> str:
    for kind, spelling in _SPELLINGS:
        if isinstance(value, kind):
            return spelling(value)
    return "\0" if value is None else str(value)


def _bytes_kept(row: Row) -> Row:
    return tuple(bytes(value) if isinstance(value, memoryview) else value for value in row)
