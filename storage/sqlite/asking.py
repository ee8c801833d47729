"""Questions that people write themselves: a connection that reads the public views and nothing else.

Three walls. The file is opened for reading. SQLite's authoriser lets a statement read a column of a table only from
within a public view that reads that column itself, so accounts, sessions and authors are out of reach by any statement.
And a statement may not give a public view's name to a table of its own, since SQLite tells the authoriser that name alone.
"""

import re
import sqlite3
from collections.abc import Collection, Iterator
from functools import cache
from pathlib import Path
from typing import Any

from storage.sqlite.schema import PUBLIC_VIEWS

Column = tuple[str, str]

BEHIND_VIEWS = frozenset(
    {
        "item",
        "item_text",
        "annotation",
        "membership",
        "story",
        "signal",
        "incident",
        "source",
        "visit",
        "digest_run",
    }
    | {"digest_number"}
)
"""Tables that public views read."""
COUNTED = ""
"""The column that SQLite names when a table is looked at without any of its columns being read. It does not tell whether a
view or the statement itself does so, so of tables behind views the statement's words are looked at too."""
TOLD = frozenset({"table_info", "table_xinfo"})
"""Pragmas that may be asked, of public views."""
DANGEROUS = frozenset({"load_extension", "readfile", "writefile", "edit", "fts3_tokenizer"})
TOKENS = re.compile(
    r"""(?P<skip>\s+|--[^\n]*|/\*.*?(?:\*/|\Z))
    | (?P<name>"(?:[^"]|"")*" | `(?:[^`]|``)*` | \[[^\]]*\] | '(?:[^']|'')*' | [^\W\d][\w$]*)
    | (?P<mark>.)""",
    re.VERBOSE | re.DOTALL,
)


class Asking(sqlite3.Connection):
    """A connection whose statements are looked at before they run."""

    def cursor(self, factory: Any = None) -> Any:
        return super().cursor(factory or Questions)

    def execute(self, sql: str, parameters: Any = (), /) -> Any:
        return self.cursor().execute(sql, parameters)

    def executescript(self, sql_script: str, /) -> Any:
        return self.cursor().executescript(sql_script)


class Questions(sqlite3.Cursor):
    """Refusals come as OperationalError, as of a statement that is wrong in itself."""

    def execute(self, sql: str, parameters: Any = (), /) -> Any:
        if posing := poses_as(sql, PUBLIC_VIEWS):
            raise sqlite3.OperationalError(f"{posing} is the name of a view; give your own table another")
        if hidden := looks_into(sql, BEHIND_VIEWS):
            raise sqlite3.OperationalError(f"{hidden} is no public view; those are {', '.join(PUBLIC_VIEWS)}")
        try:
            return super().execute(sql, parameters)
        except sqlite3.DatabaseError as error:
            if isinstance(error, sqlite3.OperationalError):
                raise
            raise sqlite3.OperationalError(f"not allowed here: {error}") from error

    def executescript(self, sql_script: str, /) -> Any:
        raise sqlite3.OperationalError("one statement at a time")


def connect(path: Path) -> Asking:
    """A connection to the archive at `path` for one question after another. Raises sqlite3.Error."""
    connection = sqlite3.connect(
        f"file:{path}?mode=ro", uri=True, check_same_thread=False, isolation_level=None, factory=Asking
    )
    sqlite3.Connection.execute(connection, "PRAGMA query_only = ON")
    sqlite3.Connection.execute(connection, "PRAGMA trusted_schema = OFF")
    connection.set_authorizer(_rule(read_by_views(path), tables_of(path)))
    return connection


def _rule(readable: dict[str, frozenset[Column]], tables: frozenset[str]) -> Any:
    hidden = tables - BEHIND_VIEWS

    def may_read(table: str, column: str, within: str | None) -> bool:
        if table in readable:
            return True
        if column == COUNTED:
            return table.lower() not in hidden
        return within is not None and (table, column) in readable.get(within, ())

    def judge(
        action: int, first: str | None, second: str | None, _schema: str | None, within: str | None
    ) -> int:
        allowed = action in (sqlite3.SQLITE_SELECT, sqlite3.SQLITE_RECURSIVE)
        if action == sqlite3.SQLITE_READ:
            allowed = may_read(first or "", second or "", within)
        elif action == sqlite3.SQLITE_FUNCTION:
            allowed = (second or "").lower() not in DANGEROUS
        elif action == sqlite3.SQLITE_PRAGMA:
            allowed = (first or "").lower() in TOLD and second in readable
        return sqlite3.SQLITE_OK if allowed else sqlite3.SQLITE_DENY

    return judge


@cache
def read_by_views(path: Path) -> dict[str, frozenset[Column]]:
    """By public view the columns of tables that it reads itself, as SQLite tells when it prepares the view."""
    seen: dict[str, set[Column]] = {view: set() for view in PUBLIC_VIEWS}

    def note(
        action: int, first: str | None, second: str | None, _schema: str | None, within: str | None
    ) -> int:
        if action == sqlite3.SQLITE_READ and within in seen and first and second:
            seen[within].add((first, second))
        return sqlite3.SQLITE_OK

    connection = sqlite3.connect(f"file:{path}?mode=ro", uri=True)
    try:
        connection.set_authorizer(note)
        for view in PUBLIC_VIEWS:
            connection.execute(f"EXPLAIN SELECT * FROM {view}").fetchone()
    finally:
        connection.close()
    return {view: frozenset(columns) for view, columns in seen.items()}


@cache
def tables_of(path: Path) -> frozenset[str]:
    """The names of all tables, in small letters."""
    connection = sqlite3.connect(f"file:{path}?mode=ro", uri=True)
    try:
        rows = connection.execute("SELECT lower(name) FROM sqlite_schema WHERE type = 'table'").fetchall()
    finally:
        connection.close()
    return frozenset(row[0] for row in rows) | {
        "sqlite_schema",
        "sqlite_master",
        "sqlite_temp_master",
        "sqlite_temp_schema",
    }


def poses_as(sql: str, names: Collection[str]) -> str:
    """The public name that the statement would give to a table of its own (`WITH name [(…)] AS (`); "" for none."""
    tokens = list(_tokens(sql))
    for place, token in enumerate(tokens):
        if token in names and _begins_a_definition(tokens[place + 1 :]):
            return token
    return ""


def looks_into(sql: str, tables: Collection[str]) -> str:
    """The table that the statement names where a table stands; "" for none."""
    before = ""
    for token in _tokens(sql):
        if token in tables and before in ("from", "join", ",", ".", "("):
            return token
        before = token
    return ""


def _tokens(sql: str) -> Iterator[str]:
    """Names without quotes and in small letters, and marks; spaces and comments are left out."""
    for found in TOKENS.finditer(sql):
        if found["name"]:
            name = found["name"]
            yield (name[1:-1] if name[0] in "\"`['" else name).lower()
        elif found["mark"]:
            yield found["mark"]


def _begins_a_definition(tokens: list[str]) -> bool:
    if tokens[:1] == ["("] and ")" in tokens:
        tokens = tokens[tokens.index(")") + 1 :]
    return tokens[:1] == ["as"] and bool({"(", "materialized", "not"} & set(tokens[1:2]))
