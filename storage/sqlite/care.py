"""Upkeep of one SQLite file."""

import sqlite3
from collections.abc import Mapping, Sequence
from contextlib import closing
from datetime import datetime
from pathlib import Path

from storage.rows import compact
from storage.sqlite.connection import translated
from storage.sqlite.erasure import PURGE_DONE, Erasure
from storage.times import to_text

FULL_TEXT = ("item_words", "item_letters")

# An item's own date wins; else the days of its class: its platform, or press.
EXPIRED = """
SELECT i.id FROM item i
LEFT JOIN json_each(:days) d ON d.key = coalesce(nullif(i.platform, ''), 'press')
WHERE i.state = 'live' AND (
    i.expires_at <= :now OR i.expires_at IS NULL
    AND i.fetched_at <= strftime('%Y-%m-%dT%H:%M:%fZ', :now, '-' || d.value || ' days'))
  AND NOT EXISTS (SELECT 1 FROM hold h WHERE h.item_id = i.item_id AND h.until > :now)
ORDER BY i.id
"""
TEXTLESS = "SELECT count(*) FROM item i WHERE state = 'live' AND NOT EXISTS (SELECT 1 FROM item_text t WHERE t.id = i.id)"
ORPHANS = "SELECT count(*) FROM item_text t WHERE NOT EXISTS (SELECT 1 FROM item i WHERE i.id = t.id)"
OBJECTS = "SELECT name, sum(pgsize) FROM dbstat GROUP BY name"
OWNERS = "SELECT name, tbl_name FROM sqlite_schema"
TABLES = "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%'"
PURGE_IS_DUE = "SELECT value FROM setting WHERE name = 'purge_due'"


class Care(Erasure):
    """Verify, back up, shrink, expire."""

    def verify(self) -> Sequence[str]:
        """What is wrong, one sentence each; empty when all is well."""
        try:
            found = [
                f"integrity: {row[0]}"
                for row in self.raw.execute("PRAGMA integrity_check(20)")
                if row[0] != "ok"
            ]
            found += self._full_text_faults()
            found += self._count_faults()
        except sqlite3.DatabaseError as error:
            return [f"the file cannot be read: {error}; restore the latest backup with `lagebild db restore`"]
        found += [
            f"audit log: line {n} does not follow from the one before" for n in self.broken_audit_lines()
        ]
        return found

    def _full_text_faults(self) -> list[str]:
        faults = []
        for index in FULL_TEXT:
            try:
                self.raw.execute(f"INSERT INTO {index} ({index}, rank) VALUES ('integrity-check', 1)")
            except sqlite3.DatabaseError as error:
                faults.append(
                    f"full text: {index} does not match the texts ({error}); run `lagebild db rebuild-index`"
                )
        return faults

    def _count_faults(self) -> list[str]:
        faults = []
        for sql, sentence in (
            (TEXTLESS, "{} live items have lost their text"),
            (ORPHANS, "{} texts belong to no item"),
        ):
            count = self.value(sql)
            if count:
                faults.append("rows: " + sentence.format(count))
        return faults

    def rebuild_index(self) -> None:
        """Makes both full-text indexes anew from the texts."""
        with self.transaction():
            for index in FULL_TEXT:
                self.run(f"INSERT INTO {index} ({index}) VALUES ('rebuild')")

    def backup(self, target: Path) -> None:
        """A consistent copy, made while others write; `target` is replaced at the end, never half-written."""
        draft = target.with_name(target.name + ".part")
        draft.unlink(missing_ok=True)
        with translated(target), closing(sqlite3.connect(draft)) as copy:
            self.raw.backup(copy, pages=2_000, sleep=0.0)
            copy.execute("PRAGMA journal_mode = DELETE")
        draft.replace(target)

    def vacuum(self) -> None:
        """Gives free pages back and merges the full-text segments."""
        with self.transaction():
            for index in FULL_TEXT:
                self.run(f"INSERT INTO {index} ({index}) VALUES ('optimize')")
        self.run("VACUUM")
        self.rows("PRAGMA wal_checkpoint(TRUNCATE)")

    def tend(self) -> None:
        """The nightly round: planner statistics, a bounded merge of full-text segments, the log written back."""
        self.rows("PRAGMA optimize")
        for index in FULL_TEXT:
            self.run(f"INSERT INTO {index} ({index}, rank) VALUES ('merge', 2000)")
        if self.value(PURGE_IS_DUE):
            self.purge()
        self.rows("PRAGMA wal_checkpoint(PASSIVE)")

    def purge(self) -> None:
        """Leaves no octet of what was removed: index segments rewritten, free pages overwritten, log truncated.

        FTS5 of this age only marks removed words; a merge of all segments drops them.
        """
        self.rows("PRAGMA secure_delete = ON")
        with self.transaction():
            for index in FULL_TEXT:
                self.run(f"INSERT INTO {index} ({index}) VALUES ('optimize')")
            self.run(PURGE_DONE)
        self.rows("PRAGMA wal_checkpoint(TRUNCATE)")
        self.run("VACUUM")
        self.rows("PRAGMA wal_checkpoint(TRUNCATE)")
        self.rows("PRAGMA secure_delete = FAST")

    def erase(
        self, now: datetime, *, author_refs: Sequence[str] = (), urls: Sequence[str] = (), reason: str = ""
    ) -> int:
        """Removes every word of these authors or addresses and leaves no octet of it in the file."""
        with self.transaction():
            erased = self._erase_items(author_refs, urls, reason, to_text(now))
        if erased:
            self.purge()
        return erased

    def size(self) -> Mapping[str, int]:
        """Octets by table (its indexes counted with it), and `total`."""
        owners: dict[str, str] = dict(list(self.rows(OWNERS)))
        octets: dict[str, int] = {}
        for name, size in self.rows(OBJECTS):
            table = owners.get(name) or str(name)
            octets[table] = octets.get(table, 0) + size
        return octets | {"total": sum(octets.values())}

    def counts(self) -> Mapping[str, int]:
        """Rows by table."""
        names = [row[0] for row in self.rows(TABLES)]
        return {name: self.value(f'SELECT count(*) FROM "{name}"') for name in sorted(names)}

    def expire(self, now: datetime, days: Mapping[str, int] | None = None) -> int:
        """Applies retention: texts past their time are removed. Returns how many items were touched.

        `days` gives, by platform or `press`, how long texts without a date of their own are kept.
        """
        with self.transaction():
            due = self.rows(EXPIRED, {"now": to_text(now), "days": compact(dict(days or {}))})
            for (key,) in due:
                self._bury_item(key, "expired", "retention", to_text(now))
        return len(due)
