"""What encoders left behind, on SQLite: bounded, and gone with the item it was read from."""

from collections.abc import Mapping, Sequence

from storage.rows import compact
from storage.sqlite.connection import Connections

SHELVED = """
SELECT key, octets FROM shelf WHERE encoder = :encoder AND key IN (SELECT value FROM json_each(:keys))
"""
SHELVE = """
INSERT INTO shelf (encoder, key, item_id, octets) VALUES (?, ?, ?, ?) ON CONFLICT (encoder, key) DO NOTHING
"""
TRIM = "DELETE FROM shelf WHERE id <= (SELECT max(id) FROM shelf) - :most"


class Shelves(Connections):
    """One shelf for all encoders."""

    def shelved(self, encoder: str, keys: Sequence[str]) -> Mapping[str, bytes]:
        """What this encoder left under these keys."""
        rows = self.rows(SHELVED, {"encoder": encoder, "keys": compact(list(keys))})
        return {key: bytes(octets) for key, octets in rows}

    def shelve(self, encoder: str, rows: Sequence[tuple[str, str, bytes]], most: int) -> None:
        """Keeps (key, item id, octets); beyond `most` rows the oldest go. It leaves with its item."""
        with self.transaction():
            self.run_many(SHELVE, ((encoder, *row) for row in rows))
            self.run(TRIM, {"most": most})
