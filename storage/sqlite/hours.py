"""What changed when, by hour of publication: so a day that was counted knows whether its count still holds."""

from collections.abc import Iterable

from storage.rows import compact
from storage.sqlite.connection import Connections

HOUR_CHANGED = """
INSERT INTO hour_change (hour, changes) VALUES (?, 1)
ON CONFLICT (hour) DO UPDATE SET changes = hour_change.changes + 1
"""
# When these items, their representatives and all copies of those were published.
TOGETHER = """
WITH voice AS MATERIALIZED (
    SELECT DISTINCT coalesce(i.copy_of, i.id) AS id FROM json_each(:keys) k JOIN item i ON i.id = CAST(k.value AS INTEGER)
)
SELECT i.published_at FROM voice v JOIN item i ON i.id = v.id
UNION SELECT i.published_at FROM voice v JOIN item i ON i.copy_of = v.id
"""


def hour_of(moment: str) -> str:
    """The hour's first moment."""
    return f"{moment[:13]}:00:00.000000Z"


class Hours(Connections):
    """Counts changes by hour of publication."""

    def _changed(self, keys: Iterable[int]) -> None:
        """These items, or what is said of them, changed; told in the transaction of the change itself.

        Of an item that changes whose copy it is: before and after.
        """
        self._hours_changed(row[0] for row in self.rows(TOGETHER, {"keys": compact(list(keys))}))

    def _hours_changed(self, moments: Iterable[str]) -> None:
        self.run_many(HOUR_CHANGED, ((hour,) for hour in sorted(set(map(hour_of, moments)))))
