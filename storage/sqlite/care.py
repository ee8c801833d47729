"""Upkeep of one SQLite file."""

import sqlite3
from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from datetime import datetime
from pathlib import Path

from domain.errors import StorageError
from storage.rows import compact
from storage.sqlite.connection import translated
from storage.sqlite.day_counts import DayCounts
from storage.sqlite.erasure import ERASED_AT_ONCE, ITEMS_STRIP, PURGE_DONE, PURGE_DUE, Erasure
from storage.times import to_text

FULL_TEXT = ("item_words", "item_letters")

# The days of an item's class: its platform, or press; platforms that are not named are `social`.
CLASS_DAYS = """
LEFT JOIN json_each(:days) d ON d.key = coalesce(nullif(i.platform, ''), 'press')
LEFT JOIN json_each(:days) s ON s.key = 'social' AND i.platform <> '' AND d.key IS NULL
"""
IS_PAST = "i.fetched_at <= strftime('%Y-%m-%dT%H:%M:%fZ', :now, '-' || coalesce(d.value, s.value) || ' days')"
NOT_HELD = "NOT EXISTS (SELECT 1 FROM hold h WHERE h.item_id = i.item_id AND h.until > :now)"
# An item's own date wins; else the days of its class.
IS_DUE = f"i.state = 'live' AND (i.expires_at <= :now OR i.expires_at IS NULL AND {IS_PAST}) AND {NOT_HELD}"
EXPIRED = f"SELECT i.id FROM item i {CLASS_DAYS} WHERE {IS_DUE} ORDER BY i.id LIMIT :most"
EXPIRING = f"""
SELECT coalesce(nullif(i.platform, ''), 'press'), count(*) FROM item i {CLASS_DAYS} WHERE {IS_DUE} GROUP BY 1 ORDER BY 1
"""
FORGOTTEN = f"""
SELECT i.id FROM item i {CLASS_DAYS}
WHERE i.state = 'expired' AND (i.url <> '' OR i.author_ref <> '' OR i.more <> '') AND {IS_PAST} AND {NOT_HELD}
ORDER BY i.id LIMIT :most
"""
TEXTLESS = "SELECT count(*) FROM item i WHERE state = 'live' AND NOT EXISTS (SELECT 1 FROM item_text t WHERE t.id = i.id)"
ORPHANS = "SELECT count(*) FROM item_text t WHERE NOT EXISTS (SELECT 1 FROM item i WHERE i.id = t.id)"
OBJECTS = "SELECT name, sum(pgsize) FROM dbstat GROUP BY name"
OWNERS = "SELECT name, tbl_name FROM sqlite_schema"
TABLES = "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%'"
PURGE_IS_DUE = "SELECT value FROM setting WHERE name = 'purge_due'"


class Care(Erasure, DayCounts):
    """Verify, back up, shrink, expire."""

    def verify(self) -> Sequence[str]:
        """What is wrong, one sentence each; empty when all is well. Each check that cannot be made is a fault itself."""
        checks = (
            self._integrity_faults,
            self._full_text_faults,
            self._count_faults,
            self._audit_faults,
            self._day_faults,
        )
        return [fault for check in checks for fault in self._faults_of(check)]

    def _faults_of(self, check: Callable[[], list[str]]) -> list[str]:
        try:
            return check()
        except (sqlite3.DatabaseError, StorageError) as error:
            cause = error.message if isinstance(error, StorageError) else error
            return [f"the file cannot be read: {cause}; restore the latest backup with `lagebild db restore`"]

    def _integrity_faults(self) -> list[str]:
        remedy = "restore the latest backup with `lagebild db restore`"
        rows = self.raw.execute("PRAGMA integrity_check(20)")
        return [f"integrity: {row[0]}; {remedy}" for row in rows if row[0] != "ok"]

    def _audit_faults(self) -> list[str]:
        return [f"audit log: line {n} does not follow from the one before" for n in self.broken_audit_lines()]

    def _full_text_faults(self) -> list[str]:
        faults = []
        for index in FULL_TEXT:
            try:
                self.raw.execute(f"INSERT INTO {index} ({index}, rank) VALUES ('integrity-check', 1)")
            except sqlite3.DatabaseError as error:
                faults.append(
                    f"full text: {index} does not match the texts ({error}); run `lagebild db rebuild`"
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
        """Makes both full-text indexes anew from the texts, and drops the days' counts."""
        self.drop_day_counts()
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
        self._forget_days()
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
        with self.transaction():
            for index in FULL_TEXT:
                self.run(f"INSERT INTO {index} ({index}) VALUES ('optimize')")
            self.run(PURGE_DONE)
        self.rows("PRAGMA wal_checkpoint(TRUNCATE)")
        self.run("VACUUM")
        self.rows("PRAGMA wal_checkpoint(TRUNCATE)")

    def erase(
        self, now: datetime, *, author_refs: Sequence[str] = (), urls: Sequence[str] = (), reason: str = ""
    ) -> int:
        """Removes every word of these authors or addresses and leaves no octet of it in the file."""
        wanted = {"authors": compact(list(author_refs)), "urls": compact(list(urls))}
        erased = 0
        while some := self._erase_some(wanted, reason, to_text(now)):
            erased += some
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

        `days` gives, by platform or `press`, how long texts without a date of their own are kept; `social` stands for
        platforms that are not named. Addresses and ids stay until `forget`.
        """
        return self._in_portions(EXPIRED, now, days or {}, self._expire)

    def expiring(self, now: datetime, days: Mapping[str, int]) -> Mapping[str, int]:
        """How many items `expire` would touch, by platform or `press`."""
        return dict(self.rows(EXPIRING, {"now": to_text(now), "days": compact(dict(days))}))

    def forget(self, now: datetime, days: Mapping[str, int]) -> int:
        """Removes address, ids and author of items whose text has expired, once so many days have passed."""
        return self._in_portions(FORGOTTEN, now, days, self._strip)

    def _in_portions(
        self, sql: str, now: datetime, days: Mapping[str, int], take: Callable[[list[int], str], None]
    ) -> int:
        """Takes what the statement finds, each portion in a transaction of its own; returns how many."""
        asked = {"now": to_text(now), "days": compact(dict(days)), "most": ERASED_AT_ONCE}
        taken = 0
        while True:
            with self.transaction():
                keys = [row[0] for row in self.rows(sql, asked)]
                take(keys, to_text(now))
            taken += len(keys)
            if len(keys) < ERASED_AT_ONCE:
                return taken

    def _expire(self, keys: list[int], now: str) -> None:
        self._bury_items(keys, "expired", "retention", now, strip=False)

    def _strip(self, keys: list[int], now: str) -> None:
        self.run(ITEMS_STRIP, {"keys": compact(keys)})
        if keys:
            self.run(PURGE_DUE, (now,))
