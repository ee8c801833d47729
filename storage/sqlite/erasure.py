"""Taking things out again: tombstones, erasure on request, and what remembers that it happened."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from domain.model import Item, Tombstone
from storage.packing import packed, unpacked
from storage.redaction import REMOVED, Withdrawn, redact
from storage.rows import ITEM_COLUMNS, compact, item_from
from storage.sqlite.connection import Row
from storage.sqlite.hours import Hours
from storage.sqlite.schema import LETTERS_ADD, LETTERS_DROP, WORDS_ADD, WORDS_DROP
from storage.times import to_text

BURIED_BY_RAW_ID = """
SELECT id FROM item WHERE raw_key = :raw AND state IN ('live', 'gone', 'expired') AND (
    source_id = :source OR (:platform <> '' AND platform = :platform
        AND coalesce(json_extract(nullif(more, ''), '$.instance'), '') = :instance)
)
"""
BURIED_BY_AUTHOR = (
    "SELECT id FROM item WHERE author_ref = :author AND author_ref <> '' AND state <> 'deleted'"
)
WORDS_OF = "SELECT id, title, lead, body FROM item_text WHERE id = ?"
TEXT_ADD = "INSERT INTO item_text (id, title, lead, body) VALUES (?, ?, ?, ?)"
OLD_TITLES_OF = "SELECT title FROM item_version WHERE id = ?"
URL_OF = "SELECT url FROM item WHERE id = ?"

BURIED_AT_ONCE = 1_000
"""Items taken out by one set of statements."""
ERASED_AT_ONCE = 10_000
"""Items taken out in one transaction: the log stays small, and a run that was killed goes on where it was."""
KEYS = "(SELECT CAST(value AS INTEGER) FROM json_each(:keys))"
WORDS_OF_ALL = f"SELECT id, title, lead, body FROM item_text WHERE id IN {KEYS} ORDER BY id"
NAMED_IN_ISSUES = f"SELECT DISTINCT i.id FROM item i JOIN digest_item n ON n.item_id = i.item_id WHERE i.id IN {KEYS} ORDER BY i.id"
STORY_TITLES = f"""
UPDATE story SET title = :mark
WHERE story_id IN (SELECT m.story_id FROM membership m WHERE m.item IN {KEYS}) AND title IN (
    SELECT t.title FROM item_text t WHERE t.id IN {KEYS}
    UNION ALL SELECT v.title FROM item_version v WHERE v.id IN {KEYS})
"""
LETTERS_BURY = f"DELETE FROM letter WHERE url <> '' AND url IN (SELECT url FROM item WHERE id IN {KEYS})"
LETTER_BODIES_BURY = "DELETE FROM letter_body WHERE body_hash NOT IN (SELECT body_hash FROM letter)"
TEXTS_BURY = f"DELETE FROM item_text WHERE id IN {KEYS}"
BURIALS = (
    TEXTS_BURY,
    f"DELETE FROM label WHERE layer = 'entity' AND item_id IN (SELECT item_id FROM item WHERE id IN {KEYS})",
    f"DELETE FROM item_version WHERE id IN {KEYS}",
    f"DELETE FROM fingerprint WHERE id IN {KEYS}",
    f"DELETE FROM vector WHERE id IN {KEYS}",
    f"DELETE FROM shelf WHERE item_id IN (SELECT item_id FROM item WHERE id IN {KEYS})",
    f"DELETE FROM annotation WHERE item IN {KEYS} AND layer = 'entity'",
    f"UPDATE annotation SET text = '', evidence = '' WHERE item IN {KEYS} AND (text <> '' OR evidence <> '')",
    f"DELETE FROM recheck WHERE id IN {KEYS}",
)
ITEMS_BURY = f"""
UPDATE item SET state = :state, gone_at = :now, gone_reason = :reason, expires_at = NULL WHERE id IN {KEYS}
"""
ITEMS_STRIP = f"UPDATE item SET raw_id = '', url = '', more = '', author_ref = '' WHERE id IN {KEYS}"
# The oldest live copy becomes the representative of the others.
HEIRS = f"""
SELECT copy_of, min(id) FROM item WHERE copy_of IN {KEYS} AND state = 'live' GROUP BY copy_of ORDER BY copy_of
"""
HEIR_TAKES = """
UPDATE item SET copy_of = CASE WHEN id = :heir THEN NULL ELSE :heir END,
    change = CASE WHEN id = :heir THEN (SELECT max(change) + 1 FROM item) ELSE change END
WHERE copy_of = :old
"""
ISSUES_NAMING = """
SELECT d.digest_id, d.body FROM item i JOIN digest_item n ON n.item_id = i.item_id JOIN digest_run d USING (digest_id)
WHERE i.id = ?
"""
ISSUE_REDACT = "UPDATE digest_run SET body = :body, redacted_at = :now WHERE digest_id = :id"
NUMBERS_OF = "SELECT mark, value FROM digest_number WHERE digest_id = ?"
NUMBER_REDACT = "UPDATE digest_number SET value = :value WHERE digest_id = :id AND mark = :mark"
OUTBOX_EMPTY = (
    "UPDATE outbox SET body = x'', subject = '' WHERE digest_id = ? AND state IN ('sent', 'failed')"
)

MATCHES = """
i.state <> 'erased' AND (
    i.author_ref <> '' AND i.author_ref IN (SELECT value FROM json_each(:authors))
    OR i.url <> '' AND i.url IN (SELECT value FROM json_each(:urls)))
"""
MATCHING = f"""
SELECT {ITEM_COLUMNS}, t.title, t.lead, t.body FROM item i LEFT JOIN item_text t USING (id) WHERE {MATCHES} ORDER BY i.id
"""
MATCHING_IDS = f"SELECT i.id FROM item i WHERE {MATCHES} ORDER BY i.id LIMIT :most"
MATCHING_COUNTS = f"""
SELECT coalesce(nullif(i.platform, ''), 'press'), count(*) FROM item i WHERE {MATCHES} GROUP BY 1 ORDER BY 1
"""
REFS_OF_ALIASES = """
SELECT DISTINCT author_ref FROM item WHERE author_ref <> ''
    AND json_extract(nullif(more, ''), '$.author_alias') IN (SELECT value FROM json_each(?)) ORDER BY author_ref
"""
PLATFORMS = "SELECT DISTINCT platform FROM item WHERE platform <> '' ORDER BY platform"
REDACTED_ISSUES = """
SELECT market, day, edition, language FROM digest_run WHERE redacted_at >= ? ORDER BY day, market, edition, language
"""

PURGE_DUE = "INSERT INTO setting (name, value) VALUES ('purge_due', ?) ON CONFLICT (name) DO UPDATE SET value = excluded.value"
PURGE_DONE = "DELETE FROM setting WHERE name = 'purge_due'"
HOLD = """
INSERT INTO hold (item_id, reason, by, until) VALUES (?, ?, ?, ?)
ON CONFLICT (item_id) DO UPDATE SET reason = excluded.reason, by = excluded.by, until = excluded.until
"""
SUPPRESS = "INSERT INTO suppression (hash, kind, since, reason) VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING"
SUPPRESSED = "SELECT hash FROM suppression WHERE kind = ? AND hash IN (SELECT value FROM json_each(?))"

GRAVES = """
SELECT item_id, state, coalesce(gone_reason, ''), gone_at FROM item
WHERE state IN ('deleted', 'gone', 'withdrawn', 'erased') ORDER BY id
"""
LIVING = "SELECT id FROM item WHERE item_id = ? AND state IN ('live', 'expired')"
SUPPRESSIONS = "SELECT hash, kind, since, reason FROM suppression ORDER BY hash"

AUDIT_LAST = "SELECT sha256 FROM audit ORDER BY id DESC LIMIT 1"
AUDIT_ADD = "INSERT INTO audit (at, by, action, subject, facts, sha256) VALUES (?, ?, ?, ?, ?, ?)"
AUDIT_PAGE = """
SELECT id, at, by, action, subject, facts, sha256 FROM audit
WHERE id < :before AND (:by = '' OR by = :by) ORDER BY id DESC LIMIT :limit
"""
AUDIT_ALL = "SELECT id, at, by, action, subject, facts, sha256 FROM audit ORDER BY id"


def raw_key(raw_id: str) -> int:
    """What is left of a raw id: enough to know it again, nothing to read. A signed 64-bit number."""
    digest = hashlib.blake2b(raw_id.encode("utf-8", "surrogatepass"), digest_size=8).digest()
    return int.from_bytes(digest, "big", signed=True)


def chained(previous: str, *line: str) -> str:
    """The hash of an audit line over the hash of the line before it."""
    return hashlib.sha256("\x1f".join((previous, *line)).encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class Memory:
    """What an archive remembers of removals: (item id, state, reason, time), the suppression list, the audit log."""

    graves: tuple[Row, ...]
    suppressions: tuple[Row, ...]
    audit: tuple[Row, ...]


class Erasure(Hours):
    """Removes texts wherever they are; keeps id, reason and time."""

    def bury(self, tombstone: Tombstone, now: str) -> int:
        """Takes out what the tombstone names, in the caller's transaction. Returns the number of items."""
        if tombstone.raw_id:
            named = self.rows(
                BURIED_BY_RAW_ID,
                {
                    "raw": raw_key(tombstone.raw_id),
                    "source": tombstone.source_id,
                    "platform": tombstone.platform,
                    "instance": tombstone.instance,
                },
            )
        else:
            named = self.rows(BURIED_BY_AUTHOR, {"author": tombstone.author})
        self._bury_items([row[0] for row in named], tombstone.state, tombstone.reason, now)
        return len(named)

    def _bury_items(
        self, keys: Sequence[int], state: str, reason: str, now: str, *, strip: bool = True
    ) -> None:
        """Takes every word of these items out, in the caller's transaction; without `strip` addresses and ids stay."""
        for start in range(0, len(keys), BURIED_AT_ONCE):
            some = {"keys": compact(list(keys[start : start + BURIED_AT_ONCE]))}
            self._changed(keys[start : start + BURIED_AT_ONCE])
            self._redact(some, now)
            self._drop_texts(some)
            if self.run(LETTERS_BURY, some):
                self.run(LETTER_BODIES_BURY)
            for statement in BURIALS:
                self.run(statement, some)
            self.run(ITEMS_BURY, {**some, "state": state, "reason": reason, "now": now})
            if strip:
                self.run(ITEMS_STRIP, some)
            for old, heir in self.rows(HEIRS, some):
                self.run(HEIR_TAKES, {"heir": heir, "old": old})
        if keys:
            self.run(PURGE_DUE, (now,))

    def _add_texts(self, texts: Sequence[tuple[int, str, str, str]]) -> None:
        """Texts and both indexes, one after the other; ascending ids are cheapest."""
        for statement in (TEXT_ADD, WORDS_ADD, LETTERS_ADD):
            self.run_many(statement, texts)

    def _drop_texts(self, keys: Mapping[str, str]) -> None:
        """Takes the texts' words out of both indexes; the texts themselves go with the other burials."""
        words = self.rows(WORDS_OF_ALL, keys)
        for statement in (WORDS_DROP, LETTERS_DROP):
            self.run_many(statement, words)

    def memory(self) -> Memory:
        """All that must outlive a backup that is brought back."""
        return Memory(*(tuple(self.rows(sql)) for sql in (GRAVES, SUPPRESSIONS, AUDIT_ALL)))

    def take_over(self, memory: Memory | None) -> int:
        """Removes again what was removed since, and goes on with its suppression list and audit log.

        Returns the number of items.
        """
        if memory is None:
            return 0
        buried = 0
        with self.transaction():
            for item_id, state, reason, gone_at in memory.graves:
                keys = [row[0] for row in self.rows(LIVING, (item_id,))]
                self._bury_items(keys, state, reason, gone_at)
                buried += len(keys)
            self.run_many(SUPPRESS, memory.suppressions)
            self._go_on_with(memory.audit)
        return buried

    def _go_on_with(self, lines: Sequence[Row]) -> None:
        """Adds the lines that follow from our last one; a log that says something else here stays as it is."""
        last = self.value(AUDIT_LAST) or ""
        known = [n for n, line in enumerate(lines) if line[-1] == last]
        start = known[-1] + 1 if known else 0 if not last else len(lines)
        self.run_many(AUDIT_ADD, (line[1:] for line in lines[start:]))

    def _redact(self, keys: Mapping[str, str], now: str) -> None:
        """Takes the items' words out of stories' titles and out of the issues that named them."""
        named = [row[0] for row in self.rows(NAMED_IN_ISSUES, keys)]
        withdrawn = {key: self._withdrawn(key) for key in named}
        self.run(STORY_TITLES, {**keys, "mark": REMOVED})
        for key, words in withdrawn.items():
            for digest_id, body in self.rows(ISSUES_NAMING, (key,)):
                self._redact_issue(digest_id, body, words, now)

    def _withdrawn(self, key: int) -> Withdrawn:
        titles = [row[0] for row in self.rows(OLD_TITLES_OF, (key,))]
        texts = [text for row in self.rows(WORDS_OF, (key,)) for text in row[1:]]
        return Withdrawn([*titles, *texts], self.value(URL_OF, (key,)) or "")

    def _redact_issue(self, digest_id: str, body: str, withdrawn: Withdrawn, now: str) -> None:
        self.run(ISSUE_REDACT, {"id": digest_id, "body": redact(body, withdrawn), "now": now})
        self.run(OUTBOX_EMPTY, (digest_id,))
        for mark, kept in self.rows(NUMBERS_OF, (digest_id,)):
            value = unpacked(kept)
            clean = redact(value, withdrawn)
            if clean != value:
                self.run(NUMBER_REDACT, {"id": digest_id, "mark": mark, "value": packed(clean)})

    def hold(self, item_ids: Sequence[str], reason: str, by: str, until: datetime) -> None:
        """Keeps retention away from these items until then, for a case that needs them."""
        self.run_many(HOLD, ((item_id, reason, by, to_text(until)) for item_id in item_ids))

    # --- on request ----------------------------------------------------------------------------------

    def suppress(self, hashes: Mapping[str, str], reason: str, now: datetime) -> None:
        """Keeps hash -> kind (author, url) on the list of those who must not enter again."""
        self.run_many(SUPPRESS, ((value, kind, to_text(now), reason) for value, kind in hashes.items()))

    def suppressed(self, kind: str, hashes: Sequence[str]) -> set[str]:
        """Which of these are on the list."""
        return {row[0] for row in self.rows(SUPPRESSED, (kind, compact(list(hashes))))} if hashes else set()

    def matching(self, *, author_refs: Sequence[str] = (), urls: Sequence[str] = ()) -> Sequence[Item]:
        """What `erase` would remove: the dry run, and a person's right to see it."""
        wanted = {"authors": compact(list(author_refs)), "urls": compact(list(urls))}
        return [item_from(row) for row in self.rows(MATCHING, wanted)]

    def count_matching(
        self, *, author_refs: Sequence[str] = (), urls: Sequence[str] = ()
    ) -> Mapping[str, int]:
        """How many items `erase` would remove, by platform (`press` for those of none)."""
        wanted = {"authors": compact(list(author_refs)), "urls": compact(list(urls))}
        return dict(self.rows(MATCHING_COUNTS, wanted))

    def refs_of_aliases(self, aliases: Sequence[str]) -> Sequence[str]:
        """The author references that were kept together with these references of a handle."""
        return [row[0] for row in self.rows(REFS_OF_ALIASES, (compact(list(aliases)),))]

    def platforms(self) -> Sequence[str]:
        """Platforms of which posts are held."""
        return [row[0] for row in self.rows(PLATFORMS)]

    def redacted_issues(self, since: datetime) -> Sequence[Mapping[str, str]]:
        """Issues that lost a withdrawn item's words since then: market, day, edition, language."""
        names = ("market", "day", "edition", "language")
        return [dict(zip(names, row, strict=True)) for row in self.rows(REDACTED_ISSUES, (to_text(since),))]

    def _erase_some(self, wanted: Mapping[str, str], reason: str, now: str) -> int:
        """Buries some of what matches, in a transaction of its own. Returns how many; 0 when nothing is left."""
        with self.transaction():
            found = self.rows(MATCHING_IDS, {**wanted, "most": ERASED_AT_ONCE})
            self._bury_items([row[0] for row in found], "erased", reason, now)
        return len(found)

    def note(self, by: str, action: str, subject: str, facts: Mapping[str, Any], now: datetime) -> str:
        """Adds a line to the audit log; returns its hash, the receipt."""
        with self.transaction():
            line = (to_text(now), by, action, subject, compact(dict(facts)))
            receipt = chained(self.value(AUDIT_LAST) or "", *line)
            self.run(AUDIT_ADD, (*line, receipt))
        return receipt

    def audit_log(self) -> list[dict[str, Any]]:
        """Oldest first."""
        return [_audit_line(row) for row in self.rows(AUDIT_ALL)]

    def audit_page(self, before: int | None = None, limit: int = 100, by: str = "") -> list[dict[str, Any]]:
        """Newest first, those with an id below `before`; `by` narrows to one person."""
        bound = {"before": 2**62 if before is None else before, "limit": limit, "by": by}
        return [_audit_line(row) for row in self.rows(AUDIT_PAGE, bound)]

    def broken_audit_lines(self) -> list[int]:
        """Ids of lines that do not follow from the one before; the first is where somebody wrote."""
        broken, previous = [], ""
        for number, *line, kept in self.rows(AUDIT_ALL):
            if chained(previous, *line) != kept:
                broken.append(number)
            previous = kept
        return broken


def _audit_line(row: tuple[Any, ...]) -> dict[str, Any]:
    names = ("id", "at", "by", "action", "subject", "facts", "sha256")
    line = dict(zip(names, row, strict=True))
    return line | {"facts": json.loads(line["facts"])}
