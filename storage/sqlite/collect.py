"""What the collect belt asks of the archive, on SQLite."""

import hashlib
import json
import zlib
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from domain.model import (
    RECHECKED_AFTER,
    Batch,
    Checkpoint,
    Copy,
    Filed,
    Fingerprint,
    Item,
    Letter,
    Outcome,
    Source,
    Tally,
    Tombstone,
    Updated,
    Validators,
    Version,
    Visit,
)
from storage.rows import ITEM_COLUMNS, compact, item_values, moment_key, spaced
from storage.sqlite.connection import Parameters
from storage.sqlite.erasure import Erasure, raw_key
from storage.times import from_text, to_text

FARTHEST = "farthest_id"
"""The setting that says by how many seconds an id is at most ahead of its item's publication."""
LETTERS_KEPT = 5_000
LETTER_OCTETS_KEPT = 200_000_000
ITEM_NAMES = tuple(ITEM_COLUMNS.split(", "))
# What an earlier issue counted by stays as it was first known: a later version may change words, never the counts.
SETTLED = {"item_id", "source_id", "raw_id", "markets", "lens", "tier", "publisher", "outlet", "published_at"}
OPEN_NAMES = tuple(name for name in ITEM_NAMES if name not in SETTLED)
OPEN_COLUMNS = tuple(ITEM_NAMES.index(name) for name in OPEN_NAMES)
OPEN_SET = f"({', '.join(OPEN_NAMES)}) = ({', '.join('?' * len(OPEN_NAMES))})"

SOURCE_SYNC = """
INSERT INTO source (source_id, name, kind, url, language, markets, lens, category, tier, publisher,
                    interval_seconds, enabled, grade, added_at, next_due)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
ON CONFLICT (source_id) DO UPDATE SET
    name = excluded.name, kind = excluded.kind, url = excluded.url, language = excluded.language,
    markets = excluded.markets, lens = excluded.lens, category = excluded.category, tier = excluded.tier,
    publisher = excluded.publisher, interval_seconds = excluded.interval_seconds, enabled = excluded.enabled,
    grade = excluded.grade, retired_at = NULL
WHERE (source.name, source.kind, source.url, source.language, source.markets, source.lens, source.category, source.tier,
       source.publisher, source.interval_seconds, source.enabled, source.grade, 1)
   IS NOT (excluded.name, excluded.kind, excluded.url, excluded.language, excluded.markets, excluded.lens,
           excluded.category, excluded.tier, excluded.publisher, excluded.interval_seconds, excluded.enabled,
           excluded.grade, CASE WHEN source.retired_at IS NULL THEN 1 ELSE 0 END)
"""
SOURCE_RETIRE = """
UPDATE source SET retired_at = ?
WHERE retired_at IS NULL AND source_id NOT IN (SELECT value FROM json_each(?))
"""
SOURCES_DUE = """
SELECT source_id FROM source
WHERE next_due <= ? AND enabled = 1 AND paused_at IS NULL AND retired_at IS NULL
ORDER BY next_due, source_id
"""
SOURCE_PAUSE = "UPDATE source SET paused_at = ?, pause_reason = ? WHERE source_id = ? AND paused_at IS NULL"
SOURCE_RESUME = """
UPDATE source SET paused_at = NULL, pause_reason = '', next_due = min(next_due, ?) WHERE source_id = ?
"""
NEXT_DUE = "UPDATE source SET next_due = ? WHERE source_id = ? AND next_due IS NOT ?"
NEXT_DUE_BY_RHYTHM = "SELECT interval_seconds FROM source WHERE source_id = ?"
PAUSE_OPEN = (
    "INSERT INTO source_pause (source_id, valid_from, reason) VALUES (?, ?, ?) ON CONFLICT DO NOTHING"
)
PAUSE_CLOSE = "UPDATE source_pause SET valid_to = ? WHERE source_id = ? AND valid_to IS NULL"

CURSOR = "SELECT cursor FROM checkpoint WHERE source_id = ?"
VALIDATORS = "SELECT url, etag, last_modified, body_hash FROM validator WHERE source_id = ?"
CURSOR_KEEP = """
INSERT INTO checkpoint (source_id, cursor) VALUES (?, ?)
ON CONFLICT (source_id) DO UPDATE SET cursor = excluded.cursor
WHERE checkpoint.cursor IS NOT excluded.cursor
"""
VALIDATOR_KEEP = """
INSERT INTO validator (source_id, url, etag, last_modified, body_hash) VALUES (?, ?, ?, ?, ?)
ON CONFLICT (source_id, url) DO UPDATE SET
    etag = excluded.etag, last_modified = excluded.last_modified, body_hash = excluded.body_hash
WHERE (validator.etag, validator.last_modified, validator.body_hash) IS NOT (excluded.etag, excluded.last_modified, excluded.body_hash)
"""
VALIDATORS_DROP = "DELETE FROM validator WHERE source_id = ? AND url NOT IN (SELECT value FROM json_each(?))"

KNOWN_ENTRIES = """
SELECT raw_key, updated_at FROM item WHERE raw_key IN (SELECT CAST(value AS INTEGER) FROM json_each(?)) AND source_id = ?
"""
KNOWN_HASHES = "SELECT item_id, content_hash FROM item WHERE item_id IN (SELECT value FROM json_each(?))"
STORED = """
SELECT item_id, id, content_hash, state, more, updated_at, rights, copy_of, source_id
FROM item WHERE item_id IN (SELECT value FROM json_each(?))
"""
TAKEN = "SELECT id FROM item WHERE id IN (SELECT CAST(value AS INTEGER) FROM json_each(?))"
LAST_CHANGE = "SELECT coalesce(max(change), 0) FROM item"
ITEM_ADD = f"""
INSERT INTO item (id, first_seen_at, raw_key, copy_of, similarity, change, {ITEM_COLUMNS})
VALUES ({", ".join("?" * (6 + len(ITEM_NAMES)))})
"""
FINGERPRINT_KEEP = """
INSERT INTO fingerprint (id, url, text_hash, signature, shingles, agency) VALUES (?, ?, ?, ?, ?, ?)
ON CONFLICT (id) DO UPDATE SET
    url = excluded.url, text_hash = excluded.text_hash, signature = excluded.signature,
    shingles = excluded.shingles, agency = excluded.agency
"""
VERSION_KEEP = """
INSERT INTO item_version (id, valid_from, valid_to, title, lead, body, content_hash, changed)
SELECT i.id, coalesce(i.version_from, i.first_seen_at), :now, t.title, t.lead, t.body, i.content_hash, :changed
FROM item i JOIN item_text t USING (id) WHERE i.id = :id AND coalesce(i.version_from, i.first_seen_at) < :now
"""
ITEM_CHANGE = f"""
UPDATE item SET {OPEN_SET},
    state = 'live', gone_at = NULL, gone_reason = NULL, version_from = ?, change = ?
WHERE id = ?
"""
TEXT_CHANGE = """
UPDATE item_text SET title = ?2, lead = ?3, body = ?4
WHERE id = ?1 AND (title, lead, body) IS NOT (?2, ?3, ?4)
"""
HAS_TEXT = "SELECT 1 FROM item_text WHERE id = ?"
ITEM_TOUCH = f"""
UPDATE item SET {OPEN_SET}
WHERE id = ? AND (more, updated_at, rights, url, expires_at) IS NOT (?, ?, ?, ?, ?)
"""
RECHECK_ADD = "INSERT INTO recheck (id, due_at) VALUES (?, ?) ON CONFLICT (id) DO NOTHING"
# One thing from two sources belongs to the first by name, whichever came first, until copies are settled or it is read.
OWNED_NAMES = tuple(name for name in ITEM_NAMES if name in SETTLED - {"item_id", "published_at"})
OWN = f"""
UPDATE item SET ({", ".join(OWNED_NAMES)}, raw_key) = ({", ".join("?" * len(OWNED_NAMES))}, ?)
WHERE id = ? AND source_id > ? AND id IN (SELECT r.id FROM item r WHERE r.id = item.id AND {{unread}})
"""
SETTLED_THROUGH = "copies_settled"
"""The setting that says up to which `change` copies have been settled."""
# Representatives that no annotator has read, and that were not there when copies were settled last.
UNREAD_YET = f"""
r.copy_of IS NULL AND r.state = 'live' AND r.change > (
    SELECT coalesce(max(n), 0) FROM (
        SELECT max(through) AS n FROM reader UNION ALL SELECT CAST(value AS INTEGER) FROM setting WHERE name = '{SETTLED_THROUGH}'
    ) AS known)
  AND NOT EXISTS (SELECT 1 FROM reader k JOIN reading g ON g.annotator = k.annotator AND g.id = r.id)
"""
OWN = OWN.format(unread=UNREAD_YET)
# They and their copies: whose place among each other is still open.
OPEN_COPIES = f"""
i.state = 'live' AND (i.id IN (SELECT r.id FROM item r WHERE {UNREAD_YET})
                      OR i.copy_of IN (SELECT r.id FROM item r WHERE {UNREAD_YET}))
"""
OPEN_PLACES = f"SELECT i.item_id, i.id, i.copy_of FROM item i WHERE {OPEN_COPIES}"
# A copy without a time of its own stands at its original's; on its own again, at the time when we found it.
DATE_AS_ORIGINAL = """
UPDATE item SET published_at = coalesce((SELECT r.published_at FROM item r WHERE r.id = item.copy_of), first_seen_at)
WHERE id IN (SELECT CAST(value AS INTEGER) FROM json_each(?)) AND instr(more, '"time_quality":"fetched"') > 0
"""
PLACE = "UPDATE item SET copy_of = :of, similarity = :similarity WHERE id = :id"
LEAD = """
UPDATE item SET copy_of = NULL, similarity = NULL, change = (SELECT max(change) + 1 FROM item) WHERE id = ?
"""
LEADER = "SELECT coalesce(copy_of, id) FROM item WHERE item_id = ? AND state = 'live'"
PRINT_COLUMNS = (
    "i.item_id, coalesce(f.url, i.url), f.text_hash, f.signature, f.shingles, f.agency, i.published_at"
)
FINGERPRINTS = f"""
SELECT {PRINT_COLUMNS} FROM item i JOIN fingerprint f USING (id)
WHERE i.published_at >= ? AND i.copy_of IS NULL AND i.state = 'live' ORDER BY i.published_at, i.id
"""
FINGERPRINTS_AFTER = f"""
SELECT {PRINT_COLUMNS} FROM item i JOIN fingerprint f USING (id)
WHERE i.change > ? AND i.copy_of IS NULL AND i.state = 'live' ORDER BY i.change
"""
FINGERPRINTS_OPEN = f"""
SELECT {PRINT_COLUMNS} FROM item i JOIN fingerprint f USING (id) WHERE {OPEN_COPIES} ORDER BY i.published_at, i.item_id
"""

VERSIONS = """
SELECT v.title, v.lead, v.body, v.valid_from, v.valid_to, v.changed
FROM item i JOIN item_version v USING (id) WHERE i.item_id = ? ORDER BY v.valid_from
"""
COPIES = """
SELECT c.item_id FROM item i JOIN item c ON c.copy_of = i.id
WHERE i.item_id = ? AND c.state = 'live' ORDER BY c.first_seen_at, c.id
"""

SETTING = "SELECT value FROM setting WHERE name = ?"
SETTING_KEEP = """
INSERT INTO setting (name, value) VALUES (?, ?)
ON CONFLICT (name) DO UPDATE SET value = excluded.value
WHERE setting.value IS NOT excluded.value
"""

VISIT_COLUMNS = (
    "source_id, started_at, finished_at, outcome, reason, status, requests, not_modified, octets, entries, pages, "
    "pages_failed, retry_after_seconds, fresh"
)
VISIT_KEEP = f"""
INSERT INTO visit ({VISIT_COLUMNS}, new_items) VALUES ({", ".join("?" * 15)})
ON CONFLICT (source_id, started_at) DO UPDATE SET
    finished_at = excluded.finished_at, outcome = excluded.outcome, reason = excluded.reason,
    status = excluded.status, requests = excluded.requests, not_modified = excluded.not_modified,
    octets = excluded.octets, entries = excluded.entries, pages = excluded.pages,
    pages_failed = excluded.pages_failed, fresh = excluded.fresh, retry_after_seconds = excluded.retry_after_seconds,
    new_items = visit.new_items + excluded.new_items
WHERE (visit.finished_at, visit.outcome, visit.reason, visit.requests, visit.octets, visit.entries, visit.pages, 0)
   IS NOT (excluded.finished_at, excluded.outcome, excluded.reason, excluded.requests, excluded.octets,
           excluded.entries, excluded.pages, excluded.new_items)
"""
VISITS = f"""
SELECT {VISIT_COLUMNS} FROM visit
WHERE started_at >= :since AND (:source = '' OR source_id = :source) ORDER BY started_at, id
"""
# What rhythm and health go by: all but the unchanged ones in the middle that read no page and ended no failure.
HISTORY_ENDS = 50
HISTORY = f"""
WITH seen AS MATERIALIZED (
    SELECT (SELECT started_at FROM visit WHERE source_id = :source AND started_at >= :since
            ORDER BY started_at LIMIT 1 OFFSET {HISTORY_ENDS}) AS early,
        (SELECT started_at FROM visit WHERE source_id = :source AND started_at >= :since
            ORDER BY started_at DESC LIMIT 1 OFFSET {HISTORY_ENDS}) AS late
)
SELECT {VISIT_COLUMNS} FROM visit v CROSS JOIN seen
WHERE source_id = :source AND started_at >= :since
  AND (outcome <> 'unchanged' OR fresh > 0 OR pages + pages_failed > 0
       OR early IS NULL OR started_at < early OR started_at > late
       OR (SELECT p.outcome FROM visit p WHERE p.source_id = :source AND p.started_at < v.started_at
           ORDER BY p.started_at DESC LIMIT 1) NOT IN ('ok', 'unchanged'))
ORDER BY started_at, id
"""
LATEST = "SELECT s.source_id, (SELECT max(v.started_at) FROM visit v WHERE v.source_id = s.source_id) FROM source s"
FRESH_SINCE = "SELECT source_id, CAST(sum(fresh) AS INTEGER) FROM visit WHERE started_at >= ? AND fresh > 0 GROUP BY source_id"

LETTER_KEEP = """
INSERT INTO letter (source_id, url, stage, error, seen_at, body_hash) VALUES (?, ?, ?, ?, ?, ?)
ON CONFLICT (source_id, url, stage, body_hash) DO UPDATE SET error = excluded.error, seen_at = excluded.seen_at
WHERE (letter.error, letter.seen_at) IS NOT (excluded.error, excluded.seen_at)
"""
LETTER_BODY_KEEP = "INSERT INTO letter_body (body_hash, octets, body) VALUES (?, ?, ?) ON CONFLICT DO NOTHING"
LETTERS = """
SELECT l.source_id, l.url, l.stage, l.error, b.body, l.seen_at
FROM letter l JOIN letter_body b USING (body_hash)
WHERE :source = '' OR l.source_id = :source ORDER BY l.seen_at DESC, l.id DESC
"""
LETTER_DROP = "DELETE FROM letter WHERE source_id = ? AND url = ? AND stage = ? AND body_hash = ?"
LETTER_BODIES_DROP = "DELETE FROM letter_body WHERE body_hash NOT IN (SELECT body_hash FROM letter)"
# The newest letters stay until their number or their octets reach the bound.
LETTERS_TRIM = """
DELETE FROM letter WHERE id IN (
    SELECT id FROM (
        SELECT l.id, row_number() OVER newest AS place, sum(length(b.body)) OVER newest AS octets
        FROM letter l JOIN letter_body b USING (body_hash) WINDOW newest AS (ORDER BY l.seen_at DESC, l.id DESC)
    ) AS placed WHERE place > :most OR octets > :octets
)
"""
LETTER_COUNT = "SELECT count(*), coalesce(sum(length(body)), 0) FROM letter_body"


class Collect(Erasure):
    """Sources, checkpoints, items and visits."""

    def sync_sources(self, sources: Sequence[Source], now: datetime) -> None:
        """Makes the archive know exactly these sources; those missing are kept and marked retired."""
        with self.transaction():
            self.run_many(SOURCE_SYNC, (_source_values(source, to_text(now)) for source in sources))
            self.run(SOURCE_RETIRE, (to_text(now), compact([source.id for source in sources])))

    def due_sources(self, now: datetime) -> Sequence[str]:
        """Ids of sources whose time has come, longest overdue first; paused ones never."""
        return [row[0] for row in self.rows(SOURCES_DUE, (to_text(now),))]

    def pause(self, source_id: str, reason: str, now: datetime) -> None:
        """Not visited until resumed; a source paused already keeps its first reason."""
        with self.transaction():
            if self.run(SOURCE_PAUSE, (to_text(now), reason, source_id)):
                self.run(PAUSE_OPEN, (source_id, to_text(now), reason))

    def resume(self, source_id: str, now: datetime) -> None:
        with self.transaction():
            self.run(SOURCE_RESUME, (to_text(now), source_id))
            self.run(PAUSE_CLOSE, (to_text(now), source_id))

    def checkpoint(self, source_id: str) -> Checkpoint:
        """Where the next visit starts; an empty one for a source never visited."""
        cursor = self.value(CURSOR, (source_id,))
        validators = {row[0]: Validators(*row[1:]) for row in self.rows(VALIDATORS, (source_id,))}
        return Checkpoint(source_id, json.loads(cursor) if cursor else {}, validators)

    def known_entries(self, source_id: str, raw_ids: Sequence[str]) -> Mapping[str, datetime | None]:
        """Which of these raw ids we hold, with the `updated` time we saw last (None: not given).

        Those of removed items count as held, so that nobody fetches them again.
        """
        asked = {raw_key(raw_id): raw_id for raw_id in raw_ids}
        found = self.rows(KNOWN_ENTRIES, (compact(list(asked)), source_id))
        return {asked[key]: from_text(updated) if updated else None for key, updated in found}

    def known_hashes(self, item_ids: Sequence[str]) -> Mapping[str, str]:
        """Content hash by item id, of those we hold."""
        return dict(self.rows(KNOWN_HASHES, (compact(list(item_ids)),)))

    def fingerprints(self, since: datetime) -> Iterable[Fingerprint]:
        """Fingerprints of representatives published since then, oldest first, for the near-copy index."""
        yield from map(_print, self.stream(FINGERPRINTS, (to_text(since),)))

    def fingerprints_after(self, change: int) -> tuple[int, Sequence[Fingerprint]]:
        """Fingerprints of representatives filed or changed after that change, and the last change there is."""
        prints = [_print(row) for row in self.rows(FINGERPRINTS_AFTER, (change,))]
        return self.value(LAST_CHANGE), prints

    def open_fingerprints(self) -> Sequence[Fingerprint]:
        """Of representatives that no annotator has read and that were never settled, and of their copies.

        Oldest first, ties by id.
        """
        return [_print(row) for row in self.rows(FINGERPRINTS_OPEN)]

    def settle_copies(self, places: Mapping[str, Copy | None]) -> int:
        """Files texts whose representative nobody has read as what they turned out to be, by item id, in this order.

        Returns how many changed their place.
        """
        changed = 0
        with self.transaction():
            held = {item_id: (key, of) for item_id, key, of in self.rows(OPEN_PLACES)}
            for item_id in [item_id for item_id in places if item_id in held]:
                copy, (key, before) = places[item_id], held[item_id]
                of = None if copy is None else self.value(LEADER, (copy.of,))
                if of in (None, key) and before is not None:
                    changed += self._placed(key, LEAD, (key,))
                elif copy is not None and of not in (None, key, before):
                    place = {"of": of, "similarity": copy.similarity, "id": key}
                    changed += self._placed(key, PLACE, place)
            self.run(SETTING_KEEP, (SETTLED_THROUGH, str(self.value(LAST_CHANGE))))
        return changed

    def _placed(self, key: int, statement: str, place: Parameters) -> int:
        """Changes whose copy an item is; whom it left and whom it joins are counted anew."""
        self._changed([key])
        done = self.run(statement, place)
        self.run(DATE_AS_ORIGINAL, (compact([key]),))
        self._changed([key])
        return done

    def commit(self, batch: Batch) -> Tally:
        """Keeps items, visit, validators and cursor in one transaction. The same batch again changes nothing."""
        now = to_text(batch.visit.finished_at)
        with self.transaction():
            tally = self._keep_items(batch.filed, now)
            removed = self._bury(batch.tombstones, now)
            self._keep_checkpoint(batch.checkpoint)
            self._keep_letters(batch.letters)
            self.run(VISIT_KEEP, (*_visit_values(batch.visit), tally.new + tally.copies))
            self._plan_next(batch)
        return Tally(tally.new, tally.updated, tally.copies, tally.known, removed)

    def versions(self, item_id: str) -> Sequence[Version]:
        """What the item said before, oldest first; what it says now is in the item."""
        return [
            Version(
                item_id,
                row[0],
                row[1],
                row[2],
                from_text(row[3]),
                from_text(row[4]),
                tuple(json.loads(row[5])),
            )
            for row in self.rows(VERSIONS, (item_id,))
        ]

    def copies(self, item_id: str) -> Sequence[str]:
        """Ids of the live copies of a representative, in order of arrival."""
        return [row[0] for row in self.rows(COPIES, (item_id,))]

    def visits(self, since: datetime, source_id: str = "") -> Sequence[Visit]:
        """Visits since then, oldest first."""
        return [_visit(row) for row in self.rows(VISITS, {"since": to_text(since), "source": source_id})]

    def history(self, since: datetime, source_id: str) -> Sequence[Visit]:
        """A source's visits since then as rhythm and health need them, oldest first: what is left out changes no answer."""
        return [_visit(row) for row in self.rows(HISTORY, {"since": to_text(since), "source": source_id})]

    def latest_visits(self) -> Mapping[str, datetime]:
        """When each source was visited last, by source; those never visited are left out."""
        return {row[0]: from_text(row[1]) for row in self.rows(LATEST) if row[1]}

    def fresh_since(self, since: datetime) -> Mapping[str, int]:
        """New entries that visits since then have brought, by source; those without any are left out."""
        return dict(self.rows(FRESH_SINCE, (to_text(since),)))

    def letters(self, source_id: str = "") -> Sequence[Letter]:
        """Dead letters, newest first."""
        return [
            Letter(source, url, stage, error, zlib.decompress(body), from_text(seen))
            for source, url, stage, error, body, seen in self.rows(LETTERS, {"source": source_id})
        ]

    def drop_letters(self, letters: Sequence[Letter]) -> None:
        with self.transaction():
            self.run_many(LETTER_DROP, ((x.source_id, x.url, x.stage, _body_hash(x.body)) for x in letters))
            self.run(LETTER_BODIES_DROP)

    def _keep_checkpoint(self, checkpoint: Checkpoint) -> None:
        source = checkpoint.source_id
        self.run(CURSOR_KEEP, (source, compact(dict(checkpoint.cursor))))
        self.run_many(
            VALIDATOR_KEEP,
            ((source, url, v.etag, v.last_modified, v.body_hash) for url, v in checkpoint.validators.items()),
        )
        self.run(VALIDATORS_DROP, (source, compact(list(checkpoint.validators))))

    def _plan_next(self, batch: Batch) -> None:
        source, due = batch.visit.source_id, batch.next_due
        if due is None:
            seconds = self.value(NEXT_DUE_BY_RHYTHM, (source,))
            if seconds is None:
                return
            due = batch.visit.finished_at + timedelta(seconds=seconds)
        self.run(NEXT_DUE, (to_text(due), source, to_text(due)))

    def _keep_letters(self, letters: Sequence[Letter]) -> None:
        if not letters:
            return
        for letter in letters:
            body_hash = _body_hash(letter.body)
            self.run(LETTER_BODY_KEEP, (body_hash, len(letter.body), zlib.compress(letter.body)))
            self.run(
                LETTER_KEEP,
                (
                    letter.source_id,
                    letter.url,
                    letter.stage,
                    letter.error,
                    to_text(letter.seen_at),
                    body_hash,
                ),
            )
        count, octets = self.row(LETTER_COUNT) or (0, 0)
        if count > LETTERS_KEPT or octets > LETTER_OCTETS_KEPT:
            self.run(LETTERS_TRIM, {"most": LETTERS_KEPT, "octets": LETTER_OCTETS_KEPT})
            self.run(LETTER_BODIES_DROP)

    # --- items ---------------------------------------------------------------------------------------

    def _keep_items(self, filed: Sequence[Filed], now: str) -> Tally:
        if not filed:
            return Tally()
        stored = {row[0]: row[1:] for row in self.rows(STORED, (compact([f.item.id for f in filed]),))}
        fresh: dict[str, Filed] = {}
        changed: list[tuple[int, Filed]] = []
        touched: list[tuple[int, Filed]] = []
        for one in filed:
            held = stored.get(one.item.id)
            if held is None:
                fresh[one.item.id] = one  # the last of several in one batch wins
            elif held[2] in ("live", "gone", "expired"):
                if held[1] != one.item.content_hash:
                    changed.append((held[0], one))
                elif isinstance(one.verdict, Updated):
                    touched.append((held[0], one))
                if one.item.source_id < held[7]:
                    self._own(held[0], one.item)
        copies = self._add(list(fresh.values()), stored, now)
        updated = self._change(changed, now) + self._touch(touched)
        known = len(filed) - len(fresh) - updated
        return Tally(len(fresh) - copies, updated, copies, known)

    def _own(self, key: int, item: Item) -> None:
        values = dict(zip(ITEM_NAMES, item_values(item), strict=True))
        owned = [values[name] for name in OWNED_NAMES]
        if self.run(OWN, (*owned, raw_key(item.raw_id), key, item.source_id)):
            self._changed([key])

    def _add(self, filed: list[Filed], stored: Mapping[str, tuple[Any, ...]], now: str) -> int:
        """Adds items never held; returns how many of them are copies."""
        if not filed:
            return 0
        ids = self._new_ids(filed)
        representatives = self._representatives(filed, ids, stored)
        change = self.value(LAST_CHANGE)
        items, texts, prints, copies = [], [], [], 0
        # In order of id: the full-text index writes a segment whenever an id is smaller than the one before.
        for one in sorted(filed, key=lambda f: ids[f.item.id]):
            item, key, of = one.item, ids[one.item.id], None
            if isinstance(one.verdict, Copy):
                of = representatives.get(one.verdict.of)
            similarity = one.verdict.similarity if of is not None and isinstance(one.verdict, Copy) else None
            copies += of is not None
            change += 1
            items.append((key, now, raw_key(item.raw_id), of, similarity, change, *item_values(item)))
            texts.append((key, item.title, item.lead, item.text))
            prints.append(_print_values(key, one))
        self.run_many(ITEM_ADD, items)
        self._add_texts(texts)
        self.run_many(FINGERPRINT_KEEP, prints)
        self._watch([row[0] for row in items], now)
        self._hours_changed(to_text(one.item.published_at) for one in filed)
        if copied := [row[0] for row in items if row[3] is not None]:
            self.run(DATE_AS_ORIGINAL, (compact(copied),))
            self._changed(copied)
        return copies

    def _watch(self, keys: Sequence[int], now: str) -> None:
        """Items first held now are asked for again from tomorrow on."""
        first = to_text(from_text(now) + RECHECKED_AFTER[0])
        self.run_many(RECHECK_ADD, ((key, first) for key in keys))

    def _new_ids(self, filed: Sequence[Filed]) -> dict[str, int]:
        """A free id near each item's second; the more crowded the second, the wider the search."""
        ids: dict[str, int] = {}
        used: set[int] = set()
        room = self.ids_a_second
        waiting, width = list(filed), room
        while waiting:
            tries = {f.item.id: _slot(f, room, width) for f in waiting}
            taken = used | {row[0] for row in self.rows(TAKEN, (compact(list(tries.values())),))}
            crowded = []
            for one in waiting:
                slot = tries[one.item.id]
                if slot in taken:
                    crowded.append(one)
                else:
                    ids[one.item.id] = slot
                    used.add(slot)
                    taken.add(slot)
            waiting, width = crowded, width * 4
        self._note_farthest(width)
        return ids

    def _note_farthest(self, width: int) -> None:
        """Remembers how far ids stray, so that a search over a span of time looks far enough."""
        if width > int(self.value(SETTING, (FARTHEST,)) or 1):
            self.run(SETTING_KEEP, (FARTHEST, str(width)))

    def _representatives(
        self, filed: Sequence[Filed], ids: Mapping[str, int], stored: Mapping[str, tuple[Any, ...]]
    ) -> dict[str, int]:
        """Ids of the representatives that copies name; a copy of a copy is led to the first, one that is gone to none."""
        wanted = {f.verdict.of for f in filed if isinstance(f.verdict, Copy)}
        if not wanted:
            return {}
        known = {key: ids[key] for key in wanted & ids.keys()}
        for row in self.rows(STORED, (compact(sorted(wanted - ids.keys())),)):
            if row[7] is not None:
                known[row[0]] = row[7]
            elif row[3] == "live":
                known[row[0]] = row[1]
        return known

    def _change(self, changed: Sequence[tuple[int, Filed]], now: str) -> int:
        """A new version: the old title and text are kept with the time they held."""
        change = self.value(LAST_CHANGE) if changed else 0
        for key, one in changed:
            change += 1
            item, names = one.item, one.verdict.changed if isinstance(one.verdict, Updated) else ()
            self.run(VERSION_KEEP, {"id": key, "now": now, "changed": compact(list(names))})
            self.run(ITEM_CHANGE, (*_open_values(item_values(item)), now, change, key))
            words = (key, item.title, item.lead, item.text)
            if self.row(HAS_TEXT, (key,)):
                self.run(TEXT_CHANGE, words)
            else:
                self._add_texts([words])
                self._watch([key], now)
            self.run(FINGERPRINT_KEEP, _print_values(key, one))
        self._changed(key for key, _ in changed)
        return len(changed)

    def _touch(self, touched: Sequence[tuple[int, Filed]]) -> int:
        """Counts, links and rights that changed while title and text stayed."""
        count = 0
        for key, one in touched:
            values = item_values(one.item)
            seen = (
                values[ITEM_NAMES.index(name)]
                for name in ("more", "updated_at", "rights", "url", "expires_at")
            )
            count += self.run(ITEM_TOUCH, (*_open_values(values), key, *seen))
        return count

    def _bury(self, tombstones: Sequence[Tombstone], now: str) -> int:
        return sum(self.bury(tombstone, now) for tombstone in tombstones)


def _slot(filed: Filed, room: int, width: int) -> int:
    """An id at most `width` behind the first of the item's second; a second has room for `room`."""
    item = filed.item
    second = max(0, int(moment_key(item.published_at, item.fetched_at).timestamp()))
    spread = int.from_bytes(hashlib.blake2b(item.id.encode(), digest_size=6).digest(), "big")
    return second * room + spread % width


def _open_values(values: tuple[Any, ...]) -> tuple[Any, ...]:
    return tuple(values[place] for place in OPEN_COLUMNS)


def _print_values(key: int, filed: Filed) -> tuple[Any, ...]:
    p = filed.fingerprint
    return (key, None if p.url == filed.item.url else p.url, p.text_hash, p.signature, p.shingles, p.agency)


def _source_values(source: Source, now: str) -> tuple[Any, ...]:
    return (
        source.id,
        source.name,
        source.kind,
        source.url,
        source.language,
        spaced(source.markets),
        source.lens.value,
        source.category,
        source.tier,
        source.publisher or source.name,
        source.interval.total_seconds(),
        int(source.enabled),
        source.grade,
        now,
        now,
    )


def _visit_values(visit: Visit) -> tuple[Any, ...]:
    return (
        visit.source_id,
        to_text(visit.started_at),
        to_text(visit.finished_at),
        visit.outcome.value,
        visit.reason,
        visit.status,
        visit.requests,
        visit.not_modified,
        visit.octets,
        visit.entries,
        visit.pages,
        visit.pages_failed,
        None if visit.retry_after is None else visit.retry_after.total_seconds(),
        visit.fresh,
    )


def _visit(row: tuple[Any, ...]) -> Visit:
    return Visit(
        source_id=row[0],
        started_at=from_text(row[1]),
        finished_at=from_text(row[2]),
        outcome=Outcome(row[3]),
        reason=row[4],
        status=row[5],
        requests=row[6],
        not_modified=row[7],
        octets=row[8],
        entries=row[9],
        pages=row[10],
        pages_failed=row[11],
        retry_after=None if row[12] is None else timedelta(seconds=row[12]),
        fresh=row[13],
    )


def _print(row: tuple[Any, ...]) -> Fingerprint:
    item_id, url, text_hash, signature, shingles, agency, published = row
    return Fingerprint(item_id, url, text_hash, signature, shingles, agency, from_text(published))


def _body_hash(body: bytes) -> str:
    return hashlib.sha256(body).hexdigest()
