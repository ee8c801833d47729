"""Which statements of PostgreSQL take many rows at once."""

import pytest

pytest.importorskip("psycopg")

from storage.postgres.connection import rows_of


@pytest.mark.parametrize(
    ("statement", "row"),
    [
        ("INSERT INTO tag (item, label) VALUES (%s, %s)", "(%s, %s)"),
        ("INSERT INTO one (id) VALUES (%s)", "(%s)"),
        ("INSERT INTO tag (id, label) VALUES (%s, %s) ON CONFLICT (id) DO UPDATE SET label = excluded.label", ""),
        ("INSERT INTO tag (id, label) VALUES (%(id)s, %(label)s)", ""),
        ("UPDATE tag SET label = %s WHERE id IN (%s)", ""),
    ],
)  # fmt: skip
def test_only_a_plain_insert_takes_more_rows(statement: str, row: str) -> None:
    assert rows_of(statement) == row
