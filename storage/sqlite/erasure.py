"""Taking things out again: tombstones, erasure on request, and what remembers that it happened."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from domain.model import Item, Tombstone
from storage.redaction import REMOVED, Withdrawn, redact
from storage.rows import ITEM_COLUMNS, compact, item_from
from storage.sqlite.connection import Connections
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
ITEM_BURY = """
UPDATE item SET state = :state, gone_at = :now, gone_reason = :reason, raw_id = '', url = '', more = '',
    author_ref = '', expires_at = NULL
WHERE id = :id
"""
URL_OF = "SELECT url FROM item WHERE id = ?"
TEXT_BURY = "DELETE FROM item_text WHERE id = ?"
VERSIONS_BURY = "DELETE FROM item_version WHERE id = ?"
PRINT_BURY = "DELETE FROM fingerprint WHERE id = ?"
VECTOR_BURY = "DELETE FROM vector WHERE id = ?"
NAMES_BURY = "DELETE FROM annotation WHERE item = ? AND layer = 'entity'"
SPANS_BURY = "UPDATE annotation SET text = '', evidence = '' WHERE item = ?"
LABELS_BURY = "DELETE FROM label WHERE item_id = (SELECT item_id FROM item WHERE id = ?) AND layer = 'entity'"
LETTERS_BURY = "DELETE FROM letter WHERE url = ? AND url <> ''"
LETTER_BODIES_BURY = "DELETE FROM letter_body WHERE body_hash NOT IN (SELECT body_hash FROM letter)"
# The oldest live copy becomes the representative of the others.
HEIR = "SELECT id FROM item WHERE copy_of = ? AND state = 'live' ORDER BY id LIMIT 1"
HEIR_TAKES = """
UPDATE item SET copy_of = CASE WHEN id = :heir THEN NULL ELSE :heir END,
    change = CASE WHEN id = :heir THEN (SELECT max(change) + 1 FROM item) ELSE change END
WHERE copy_of = :old
"""
STORY_TITLES = """
UPDATE story SET title = :mark
WHERE title = :title AND story_id IN (SELECT m.story_id FROM membership m WHERE m.item = :id)
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
MATCHING_IDS = f"SELECT i.id FROM item i WHERE {MATCHES} ORDER BY i.id"

PURGE_DUE = "INSERT INTO setting (name, value) VALUES ('purge_due', ?) ON CONFLICT (name) DO UPDATE SET value = excluded.value"
PURGE_DONE = "DELETE FROM setting WHERE name = 'purge_due'"
HOLD = """
INSERT INTO hold (item_id, reason, by, until) VALUES (?, ?, ?, ?)
ON CONFLICT (item_id) DO UPDATE SET reason = excluded.reason, by = excluded.by, until = excluded.until
"""
SUPPRESS = "INSERT INTO suppression (hash, kind, since, reason) VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING"
SUPPRESSED = "SELECT hash FROM suppression WHERE kind = ? AND hash IN (SELECT value FROM json_each(?))"

GRAVES = """
SELECT item_id, state, coalesce(gone_reason, ''), gone_at FROM item WHERE state IN ('deleted', 'withdrawn', 'erased')
"""
LIVING = "SELECT id FROM item WHERE item_id = ? AND state NOT IN ('deleted', 'withdrawn', 'erased')"

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


class Erasure(Connections):
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
        for (key,) in named:
            self._bury_item(key, tombstone.state, tombstone.reason, now)
        return len(named)

    def _bury_item(self, key: int, state: str, reason: str, now: str) -> None:
        url = self.value(URL_OF, (key,)) or ""
        self._redact(key, url, now)
        self._drop_text(key)
        for statement in (
            LABELS_BURY,
            VERSIONS_BURY,
            PRINT_BURY,
            VECTOR_BURY,
            NAMES_BURY,
            SPANS_BURY,
        ):
            self.run(statement, (key,))
        if self.run(LETTERS_BURY, (url,)):
            self.run(LETTER_BODIES_BURY)
        self.run(ITEM_BURY, {"id": key, "state": state, "reason": reason, "now": now})
        heir = self.value(HEIR, (key,))
        if heir is not None:
            self.run(HEIR_TAKES, {"heir": heir, "old": key})
        self.run(PURGE_DUE, (now,))

    def _add_texts(self, texts: Sequence[tuple[int, str, str, str]]) -> None:
        """Texts and both indexes, one after the other; ascending ids are cheapest."""
        for statement in (TEXT_ADD, WORDS_ADD, LETTERS_ADD):
            self.run_many(statement, texts)

    def _drop_text(self, key: int) -> None:
        for words in self.rows(WORDS_OF, (key,)):
            for statement in (WORDS_DROP, LETTERS_DROP):
                self.run(statement, words)
        self.run(TEXT_BURY, (key,))

    def graves(self) -> list[tuple[str, str, str, str]]:
        """(item id, state, reason, time) of all that must stay removed, whatever backup is brought back."""
        return [(row[0], row[1], row[2], row[3]) for row in self.rows(GRAVES)]

    def bury_again(self, graves: Sequence[tuple[str, str, str, str]]) -> int:
        """Removes those of them that are here. Returns how many were."""
        buried = 0
        with self.transaction():
            for item_id, state, reason, gone_at in graves:
                for (key,) in self.rows(LIVING, (item_id,)):
                    self._bury_item(key, state, reason, gone_at)
                    buried += 1
        return buried

    def _redact(self, key: int, url: str, now: str) -> None:
        """Takes the item's words out of stories' titles and out of the issues that named it."""
        titles = [row[0] for row in self.rows(OLD_TITLES_OF, (key,))]
        texts = [text for row in self.rows(WORDS_OF, (key,)) for text in row[1:]]
        for title in {*titles, *texts[:1]}:
            self.run(STORY_TITLES, {"title": title, "mark": REMOVED, "id": key})
        issues = self.rows(ISSUES_NAMING, (key,))
        if not issues:
            return
        withdrawn = Withdrawn([*titles, *texts], url)
        for digest_id, body in issues:
            self.run(ISSUE_REDACT, {"id": digest_id, "body": redact(body, withdrawn), "now": now})
            self.run(OUTBOX_EMPTY, (digest_id,))
            for mark, value in self.rows(NUMBERS_OF, (digest_id,)):
                clean = redact(value, withdrawn)
                if clean != value:
                    self.run(NUMBER_REDACT, {"id": digest_id, "mark": mark, "value": clean})

    def hold(self, item_ids: Sequence[str], reason: str, by: str, until: datetime) -> None:
        """Keeps retention away from these items until then, for a case that needs them."""
        self.run_many(HOLD, ((item_id, reason, by, to_text(until)) for item_id in item_ids))

    # --- on request ----------------------------------------------------------------------------------

    def suppress(self, hashes: Mapping[str, str], reason: str, now: datetime) -> None:
        """Keeps hash -> kind (author, url) on the list of those who must not enter again."""
        self.run_many(SUPPRESS, ((value, kind, to_text(now), reason) for value, kind in hashes.items()))

    def suppressed(self, kind: str, hashes: Sequence[str]) -> set[str]:
        """Which of these are on the list."""
        return {row[0] for row in self.rows(SUPPRESSED, (kind, compact(list(hashes))))}

    def matching(self, *, author_refs: Sequence[str] = (), urls: Sequence[str] = ()) -> Sequence[Item]:
        """What `erase` would remove: the dry run, and a person's right to see it."""
        wanted = {"authors": compact(list(author_refs)), "urls": compact(list(urls))}
        return [item_from(row) for row in self.rows(MATCHING, wanted)]

    def _erase_items(self, author_refs: Sequence[str], urls: Sequence[str], reason: str, now: str) -> int:
        """Buries what matches, in the caller's transaction."""
        wanted = {"authors": compact(list(author_refs)), "urls": compact(list(urls))}
        keys = [row[0] for row in self.rows(MATCHING_IDS, wanted)]
        for key in keys:
            self._bury_item(key, "erased", reason, now)
        return len(keys)

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
