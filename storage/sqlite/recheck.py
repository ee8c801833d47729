"""What is asked for again at its source: when it is due, and what came of it."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from domain.model import Filed, Look, Standing, Tally, Tombstone, Validators
from storage.sqlite.collect import Collect
from storage.times import from_text, from_text_or_none, to_text, to_text_or_none

DUE = """
SELECT item_id, source_id, raw_id, url, platform, first_seen_at, fetched_at, missed_at, etag, last_modified FROM (
    SELECT i.item_id, i.source_id, i.raw_id, i.url, i.platform, i.first_seen_at, i.fetched_at, r.missed_at, r.etag,
        r.last_modified, r.due_at, r.id, row_number() OVER (PARTITION BY i.source_id ORDER BY r.due_at, r.id) AS place
    FROM recheck r JOIN item i ON i.id = r.id WHERE r.due_at <= :now AND i.state = 'live'
) AS placed WHERE place <= :per_source ORDER BY due_at, id LIMIT :most
"""
LOOK_KEEP = """
UPDATE recheck SET due_at = ?, missed_at = ?, etag = ?, last_modified = ?
WHERE id = (SELECT i.id FROM item i WHERE i.item_id = ?)
"""


class Rechecks(Collect):
    """Items under watch at their source."""

    def due_rechecks(self, now: datetime, per_source: int, limit: int) -> Sequence[Standing]:
        """Live items whose time to be asked for again has come, longest overdue first, so many of each source at most."""
        asked = {"now": to_text(now), "per_source": per_source, "most": limit}
        return [_standing(row) for row in self.rows(DUE, asked)]

    def keep_looks(
        self,
        looks: Sequence[Look],
        now: datetime,
        *,
        tombstones: Sequence[Tombstone] = (),
        filed: Sequence[Filed] = (),
    ) -> Tally:
        """Keeps what asking again brought, takes out what is gone and keeps new versions, in one transaction."""
        with self.transaction():
            self.run_many(LOOK_KEEP, map(_look_values, looks))
            tally = self._keep_items(filed, to_text(now))
            removed = self._bury(tombstones, to_text(now))
        return Tally(tally.new, tally.updated, tally.copies, tally.known, removed)


def _look_values(look: Look) -> tuple[Any, ...]:
    kept = look.validators
    return (
        to_text_or_none(look.due_at),
        to_text_or_none(look.missed_at),
        kept.etag,
        kept.last_modified,
        look.item_id,
    )


def _standing(row: tuple[Any, ...]) -> Standing:
    return Standing(
        item_id=row[0],
        source_id=row[1],
        raw_id=row[2],
        url=row[3],
        platform=row[4],
        first_seen_at=from_text(row[5]),
        fetched_at=from_text(row[6]),
        missed_at=from_text_or_none(row[7]),
        validators=Validators(row[8], row[9]),
    )
