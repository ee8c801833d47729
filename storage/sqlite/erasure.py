"""Taking things out again: tombstones, erasure on request, and what remembers that it happened."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from domain.model import Item, Tombstone
from storage.rows import ITEM_COLUMNS, compact, item_from
from storage.sqlite.connection import Connections
from storage.sqlite.schema import LETTERS_ADD, LETTERS_DROP, WORDS_ADD, WORDS_DROP
from storage.times import to_text

REMOVED = "[entfernt / removed]"
"""Stands in kept issues where a withdrawn item was quoted."""

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
STORY_TITLES = "UPDATE story SET title = :mark WHERE title = :words"
ISSUES_QUOTING = "SELECT digest_id, body FROM digest_run WHERE instr(body, :words)"
ISSUE_REDACT = "UPDATE digest_run SET body = :body, redacted_at = :now WHERE digest_id = :id"
NUMBERS_QUOTING = "SELECT digest_id, mark, value FROM digest_number WHERE instr(value, :words)"
NUMBER_REDACT = "UPDATE digest_number SET value = :value WHERE digest_id = :id AND mark = :mark"
OUTBOX_QUOTING = "UPDATE outbox SET body = x'', subject = '' WHERE state = 'sent' AND digest_id IN (SELECT value FROM json_each(?))"

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
SUPPRESS = "INSERT INTO suppression (hash, kind, since, reason) VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING"
SUPPRESSED = "SELECT hash FROM suppression WHERE kind = ? AND hash IN (SELECT value FROM json_each(?))"

GRAVES = """
SELECT item_id, state, coalesce(gone_reason, ''), gone_at FROM item WHERE state IN ('deleted', 'withdrawn', 'erased')
"""
LIVING = "SELECT id FROM item WHERE item_id = ? AND state NOT IN ('deleted', 'withdrawn', 'erased')"

AUDIT_LAST = "SELECT sha256 FROM audit ORDER BY id DESC LIMIT 1"
AUDIT_ADD = "INSERT INTO audit (at, by, action, subject, facts, sha256) VALUES (?, ?, ?, ?, ?, ?)"
AUDIT_ALL = "SELECT id, at, by, action, subject, facts, sha256 FROM audit ORDER BY id"
QUOTED_FROM = 12
"""Shortest title that is looked for in kept issues: shorter ones stand everywhere by chance."""


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
        for words in self._quotable(key):
            self._redact(words, now)
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

    def _quotable(self, key: int) -> list[str]:
        """Strings of an item that a kept issue may hold: titles it had, its lead, its first paragraph."""
        found = [row[0] for row in self.rows(OLD_TITLES_OF, (key,))]
        for _, title, lead, body in self.rows(WORDS_OF, (key,)):
            found += [title, lead, body.partition("\n")[0]]
        return [words for words in dict.fromkeys(found) if len(words) >= QUOTED_FROM]

    def _redact(self, words: str, now: str) -> None:
        self.run(STORY_TITLES, {"words": words, "mark": REMOVED})
        quoted, mark = compact(words)[1:-1], compact(REMOVED)[1:-1]
        for digest_id, body in self.rows(ISSUES_QUOTING, {"words": quoted}):
            self.run(ISSUE_REDACT, {"id": digest_id, "body": body.replace(quoted, mark), "now": now})
            self.run(OUTBOX_QUOTING, (compact([digest_id]),))
        for digest_id, number, value in self.rows(NUMBERS_QUOTING, {"words": quoted}):
            self.run(NUMBER_REDACT, {"id": digest_id, "mark": number, "value": value.replace(quoted, mark)})

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
        names = ("id", "at", "by", "action", "subject", "facts", "sha256")
        lines = [dict(zip(names, row, strict=True)) for row in self.rows(AUDIT_ALL)]
        return [line | {"facts": json.loads(line["facts"])} for line in lines]

    def broken_audit_lines(self) -> list[int]:
        """Ids of lines that do not follow from the one before; the first is where somebody wrote."""
        broken, previous = [], ""
        for number, *line, kept in self.rows(AUDIT_ALL):
            if chained(previous, *line) != kept:
                broken.append(number)
            previous = kept
        return broken
