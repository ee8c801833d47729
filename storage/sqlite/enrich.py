"""What the enrich belt asks of the archive, on SQLite."""

import json
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Any

from domain.model import Annotation, Item, Level, Membership, Reading, Signal, Story, StoryState
from storage.rows import (
    ANNOTATION_COLUMNS,
    ITEM_COLUMNS,
    annotation_from,
    annotation_values,
    compact,
    item_from,
)
from storage.sqlite.day_counts import DayCounts
from storage.sqlite.figures import COVERAGE_OF_COUNTED, IN_MARKET, USUAL_DAYS
from storage.times import FOREVER, from_text, from_text_or_none, local_days, to_text

ITEM_AND_WORDS = f"{ITEM_COLUMNS}, t.title, t.lead, t.body FROM item i LEFT JOIN item_text t USING (id)"
ITEMS = f"SELECT {ITEM_AND_WORDS} WHERE i.item_id IN (SELECT value FROM json_each(?))"
IDS = """
SELECT item_id, id, content_hash FROM item
WHERE item_id IN (SELECT value FROM json_each(?)) AND state = 'live'
"""

READ_THROUGH = "SELECT through FROM reader WHERE annotator = ?"
UNREAD = f"""
SELECT {ITEM_AND_WORDS}
WHERE i.change > :through AND i.copy_of IS NULL AND i.state = 'live' AND NOT EXISTS (
    SELECT 1 FROM reading r WHERE r.annotator = :annotator AND r.id = i.id AND r.content_hash = i.content_hash
)
ORDER BY i.change LIMIT :limit
"""
READING_KEEP = """
INSERT INTO reading (annotator, id, content_hash, read_at) VALUES (?, ?, ?, ?)
ON CONFLICT (annotator, id) DO UPDATE SET content_hash = excluded.content_hash, read_at = excluded.read_at
WHERE reading.content_hash IS NOT excluded.content_hash
"""
READERS_OF_NAME = "SELECT annotator FROM reader WHERE annotator LIKE ? || '/%' AND annotator <> ?"
READING_DROP = "DELETE FROM reading WHERE annotator = ? AND id = ?"
READ_UP_TO = """
SELECT coalesce(
    (SELECT i.change - 1 FROM item i
     WHERE i.change > :through AND i.copy_of IS NULL AND i.state = 'live' AND NOT EXISTS (
        SELECT 1 FROM reading r WHERE r.annotator = :annotator AND r.id = i.id AND r.content_hash = i.content_hash)
     ORDER BY i.change LIMIT 1),
    (SELECT max(change) FROM item), 0)
"""
READER_KEEP = """
INSERT INTO reader (annotator, through) VALUES (?, ?)
ON CONFLICT (annotator) DO UPDATE SET through = excluded.through WHERE reader.through IS NOT excluded.through
"""

SAID_BEFORE = f"""
SELECT id, item, {ANNOTATION_COLUMNS} FROM annotation
WHERE item IN (SELECT CAST(value AS INTEGER) FROM json_each(:items)) AND valid_to IS NULL
  AND (annotator = :name OR annotator LIKE :name || '/%')
"""
ANNOTATION_CLOSE = "UPDATE annotation SET valid_to = ? WHERE id = ?"
ANNOTATION_ADD = f"""
INSERT INTO annotation (item, valid_from, {ANNOTATION_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
"""
ANNOTATIONS = f"""
SELECT i.item_id, {ANNOTATION_COLUMNS} FROM item i JOIN annotation a ON a.item = i.id
WHERE i.item_id IN (SELECT value FROM json_each(:items)) AND a.valid_to IS NULL
  AND (:layer = '' OR a.layer = :layer)
ORDER BY i.id, a.layer, a.start, a.label, a.id
"""
VECTOR_KEEP = """
INSERT INTO vector (vector_of, id, vector) VALUES (?, ?, ?)
ON CONFLICT (vector_of, id) DO UPDATE SET vector = excluded.vector
WHERE vector.vector IS NOT excluded.vector
"""
VECTORS = """
SELECT i.item_id, v.vector FROM item i JOIN vector v ON v.id = i.id AND v.vector_of = :of
WHERE i.item_id IN (SELECT value FROM json_each(:items))
"""

# Few have no story, so that is asked first; readings are found by reader and item (a CROSS JOIN keeps that order).
UNPLACED = f"""
SELECT {ITEM_AND_WORDS}
WHERE i.published_at >= :since AND i.copy_of IS NULL AND i.state = 'live'
  AND NOT EXISTS (SELECT 1 FROM membership m WHERE m.item = i.id AND m.valid_to IS NULL)
  AND EXISTS (SELECT 1 FROM reader k CROSS JOIN reading r ON r.annotator = k.annotator AND r.id = i.id)
ORDER BY i.published_at, i.id LIMIT :limit
"""
REVISIONS = """
SELECT i.item_id, i.content_hash, i.state, i.language, i.published_at, count(a.id), coalesce(max(a.id), 0)
FROM item i LEFT JOIN annotation a ON a.item = i.id AND a.layer = 'entity' AND a.valid_to IS NULL
WHERE i.item_id IN (SELECT value FROM json_each(?))
GROUP BY i.item_id, i.content_hash, i.state, i.language, i.published_at
"""
STORY_COLUMNS = "story_id, title, language, opened_at, changed_at, state, merged_into, pinned"
STORIES = f"SELECT {STORY_COLUMNS} FROM story WHERE valid_to IS NULL AND changed_at >= ? ORDER BY changed_at, story_id"
STORIES_NOW = f"""
SELECT {STORY_COLUMNS} FROM story WHERE valid_to IS NULL AND story_id IN (SELECT value FROM json_each(?))
"""
STORY_CLOSE = (
    "UPDATE story SET valid_to = :now WHERE story_id = :story AND valid_to IS NULL AND valid_from < :now"
)
STORY_ADD = f"""
INSERT INTO story ({STORY_COLUMNS}, valid_from) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
ON CONFLICT (story_id, valid_from) DO UPDATE SET
    title = excluded.title, language = excluded.language, opened_at = excluded.opened_at,
    changed_at = excluded.changed_at, state = excluded.state, merged_into = excluded.merged_into,
    pinned = excluded.pinned, valid_to = NULL
"""
MEMBERS = """
SELECT m.story_id, i.item_id, m.valid_from, m.valid_to, m.why, m.similarity, m.by
FROM membership m JOIN item i ON i.id = m.item
WHERE m.story_id IN (SELECT value FROM json_each(?)) AND m.valid_to IS NULL
ORDER BY m.story_id, m.valid_from, i.published_at, i.id
"""
MEMBERSHIPS_NOW = """
SELECT item, id, story_id, by FROM membership
WHERE item IN (SELECT CAST(value AS INTEGER) FROM json_each(?)) AND valid_to IS NULL
"""
MEMBERSHIP_CLOSE = "UPDATE membership SET valid_to = ? WHERE id = ?"
MEMBERSHIP_ADD = """
INSERT INTO membership (story_id, item, valid_from, valid_to, why, similarity, by) VALUES (?, ?, ?, NULL, ?, ?, ?)
RETURNING id
"""

# Per story and local day, over the market's mentions. A copy counts for its outlet; for publishers and items it counts
# as its representative, so that a wire report on thirty sites is one voice.
SERIES_OF_STORIES = f"""
SELECT m.story_id, d.value ->> '$[0]' AS day,
       count(DISTINCT r.publisher), count(DISTINCT i.outlet), count(DISTINCT r.id)
FROM json_each(:days) d
CROSS JOIN item i ON i.published_at >= d.value ->> '$[1]' AND i.published_at < d.value ->> '$[2]'
CROSS JOIN item r ON r.id = coalesce(i.copy_of, i.id)
CROSS JOIN membership m ON m.item = r.id AND m.valid_to IS NULL
WHERE {IN_MARKET} AND i.state = 'live'
GROUP BY m.story_id, day
"""
SERIES_OF_SOME_STORIES = f"""
SELECT m.story_id, d.value ->> '$[0]' AS day,
       count(DISTINCT r.publisher), count(DISTINCT i.outlet), count(DISTINCT r.id)
FROM json_each(:stories) s CROSS JOIN membership m ON m.story_id = s.value AND m.valid_to IS NULL
CROSS JOIN item r ON r.id = m.item CROSS JOIN item i ON i.id = r.id OR i.copy_of = r.id
CROSS JOIN json_each(:days) d ON i.published_at >= d.value ->> '$[1]' AND i.published_at < d.value ->> '$[2]'
WHERE {IN_MARKET} AND i.state = 'live'
GROUP BY m.story_id, day
"""
SIGNAL_COLUMNS = (
    "signal_id, dimension, label, market, day, count, expected, upper, score, p_value, level, items, outlets, "
    "reasons, muted, item_ids"
)
SIGNALS_NOW = f"SELECT {SIGNAL_COLUMNS} FROM signal WHERE valid_to IS NULL AND signal_id IN (SELECT value FROM json_each(?))"
SIGNAL_CLOSE = (
    "UPDATE signal SET valid_to = :now WHERE signal_id = :id AND valid_to IS NULL AND valid_from < :now"
)
SIGNAL_ADD = f"""
INSERT INTO signal ({SIGNAL_COLUMNS}, valid_from) VALUES ({", ".join("?" * 17)})
ON CONFLICT (signal_id, valid_from) DO UPDATE SET
    ({SIGNAL_COLUMNS}, valid_to) = ({", ".join("excluded." + name for name in SIGNAL_COLUMNS.split(", "))}, NULL)
"""
SIGNALS = f"""
SELECT {SIGNAL_COLUMNS} FROM signal
WHERE valid_to IS NULL AND day BETWEEN :first AND :last AND (:market = '' OR market = :market)
ORDER BY day, CASE level WHEN 'escalate' THEN 0 WHEN 'elevated' THEN 1 ELSE 2 END, score DESC, signal_id
"""


class Enrich(DayCounts):
    """Readings, stories and signals."""

    def items(self, item_ids: Sequence[str]) -> Sequence[Item]:
        """These items in the order asked for; unknown ids are left out."""
        found = {row[0]: item_from(row) for row in self.rows(ITEMS, (compact(list(item_ids)),))}
        return [found[item_id] for item_id in item_ids if item_id in found]

    def unread(self, annotator: str, limit: int) -> Sequence[Item]:
        """Items this annotator version has not read in their present version, oldest first; no copies."""
        through = self.value(READ_THROUGH, (annotator,)) or 0
        parameters = {"annotator": annotator, "through": through, "limit": limit}
        return [item_from(row) for row in self.rows(UNREAD, parameters)]

    def keep_readings(self, readings: Sequence[Reading], now: datetime) -> None:
        """Replaces what earlier versions of the same annotator said; the old rows get a `valid_to`."""
        by_annotator: dict[str, list[Reading]] = defaultdict(list)
        for reading in readings:
            by_annotator[reading.annotator].append(reading)
        with self.transaction():
            for annotator, theirs in by_annotator.items():
                self._keep_readings_of(annotator, theirs, to_text(now))

    def _keep_readings_of(self, annotator: str, readings: Sequence[Reading], now: str) -> None:
        wanted = compact([reading.item_id for reading in readings])
        held = {item_id: (key, content) for item_id, key, content in self.rows(IDS, (wanted,))}
        known = [(held[r.item_id], r) for r in readings if r.item_id in held]
        name = annotator.partition("/")[0]
        self._replace_annotations(name, [(key, r) for (key, _), r in known], now)
        self._changed(key for (key, _), _ in known)
        self.run_many(VECTOR_KEEP, ((r.vector_of, key, r.vector) for (key, _), r in known if r.vector))
        self.run_many(READING_KEEP, ((annotator, key, content, now) for (key, content), _ in known))
        for (older,) in self.rows(READERS_OF_NAME, (name, annotator)):
            self.run_many(READING_DROP, ((older, key) for (key, _), _ in known))
        through = self.value(READ_THROUGH, (annotator,)) or 0
        up_to = self.value(READ_UP_TO, {"annotator": annotator, "through": through})
        self.run(READER_KEEP, (annotator, up_to))

    def _replace_annotations(self, name: str, said: Sequence[tuple[int, Reading]], now: str) -> None:
        """Closes what is no longer said and adds what is new; what is said again stays as it was."""
        before: dict[tuple[Any, ...], int] = {}
        for key, item, *values in self.rows(
            SAID_BEFORE, {"items": compact([k for k, _ in said]), "name": name}
        ):
            before[(item, *values)] = key
        added = []
        for item, reading in said:
            for annotation in reading.annotations:
                row_values = annotation_values(item, annotation, now)
                if before.pop((item, *row_values[2:]), None) is None:
                    added.append(row_values)
        self.run_many(ANNOTATION_CLOSE, ((now, key) for key in before.values()))
        self.run_many(ANNOTATION_ADD, added)

    def annotations(self, item_ids: Sequence[str], layer: str = "") -> Mapping[str, Sequence[Annotation]]:
        """What holds now, by item id."""
        said: dict[str, list[Annotation]] = defaultdict(list)
        for item_id, *values in self.rows(ANNOTATIONS, {"items": compact(list(item_ids)), "layer": layer}):
            said[item_id].append(annotation_from(item_id, tuple(values)))
        return dict(said)

    def vectors(self, item_ids: Sequence[str], vector_of: str) -> Mapping[str, bytes]:
        """By item id, of those that have one of this kind."""
        return dict(self.rows(VECTORS, {"of": vector_of, "items": compact(list(item_ids))}))

    def revisions(self, item_ids: Sequence[str]) -> Mapping[str, str]:
        """By item id a mark that changes with the item's words, state, language, date or entities."""
        rows = self.rows(REVISIONS, (compact(list(item_ids)),))
        return {item_id: " ".join(map(str, facts)) for item_id, *facts in rows}

    # --- stories -------------------------------------------------------------------------------------

    def unplaced(self, limit: int, since: datetime) -> Sequence[Item]:
        """Read items that no story holds yet, oldest first by publication."""
        return [item_from(row) for row in self.rows(UNPLACED, {"since": to_text(since), "limit": limit})]

    def stories(self, since: datetime) -> Sequence[Story]:
        """Stories changed since then."""
        return [_story(row) for row in self.rows(STORIES, (to_text(since),))]

    def stories_by_id(self, story_ids: Sequence[str]) -> Sequence[Story]:
        """These stories as they are now, in the order asked for; unknown ids are left out."""
        found = {row[0]: _story(row) for row in self.rows(STORIES_NOW, (compact(list(story_ids)),))}
        return [found[story_id] for story_id in story_ids if story_id in found]

    def members(self, story_ids: Sequence[str]) -> Mapping[str, Sequence[Membership]]:
        """Memberships that hold now, by story id, oldest first."""
        found: dict[str, list[Membership]] = defaultdict(list)
        for row in self.rows(MEMBERS, (compact(list(story_ids)),)):
            found[row[0]].append(_membership(row))
        return dict(found)

    def keep_stories(
        self, stories: Sequence[Story], memberships: Sequence[Membership], now: datetime
    ) -> None:
        """Upserts both; an item's earlier membership in another story is closed, unless a person made it.

        What is new holds from `now` on, whatever `valid_from` says: earlier issues must stay as they were.
        """
        moment = to_text(now)
        with self.transaction():
            self._keep_states(stories, moment)
            self._keep_memberships(memberships, moment)

    def _keep_states(self, stories: Sequence[Story], now: str) -> None:
        present = {row[0]: row for row in self.rows(STORIES_NOW, (compact([story.id for story in stories]),))}
        for story in stories:
            values = _story_values(story)
            if present.get(story.id) != values:
                self.run(STORY_CLOSE, {"now": now, "story": story.id})
                self.run(STORY_ADD, (*values, now))

    def _keep_memberships(self, memberships: Sequence[Membership], now: str) -> None:
        ids = {row[0]: row[1] for row in self.rows(IDS, (compact([m.item_id for m in memberships]),))}
        present = {row[0]: row[1:] for row in self.rows(MEMBERSHIPS_NOW, (compact(list(ids.values())),))}
        for m in memberships:
            item = ids.get(m.item_id)
            if item is None:
                continue
            held = present.get(item)
            if held and (_by_person(held[2]) and not _by_person(m.by)):
                continue
            if held and (held[1] != m.story_id or m.valid_to is not None):
                self.run(MEMBERSHIP_CLOSE, (now, held[0]))
                held = present.pop(item) and None
            if m.valid_to is None and (held is None or (_by_person(m.by) and held[2] != m.by)):
                if held:
                    self.run(MEMBERSHIP_CLOSE, (now, held[0]))
                added = self.value(MEMBERSHIP_ADD, (m.story_id, item, now, m.why, m.similarity, m.by))
                present[item] = (added, m.story_id, m.by)

    # --- counting ------------------------------------------------------------------------------------

    def series(
        self, dimension: str, first: date, last: date, zone: str, market: str
    ) -> Mapping[str, Mapping[date, tuple[int, int, int]]]:
        """Per label and local day: (independent publishers, outlets, items), relevant items only, copies once."""
        if dimension == "story":
            asked = {"days": _days(first, last, zone), "market": market}
            return _series(self.rows(SERIES_OF_STORIES, asked))
        days = self.day_mentions(dimension, first, last, zone, market)
        return _series(
            (label, day.isoformat(), len(told.publishers), told.outlets, told.items)
            for day, mentions in days.items()
            for (label,), told in mentions.items()
        )

    def story_series(
        self, story_ids: Sequence[str], first: date, last: date, zone: str, market: str
    ) -> Mapping[str, Mapping[date, tuple[int, int, int]]]:
        """The same for these stories alone, relevant or not."""
        asked = {"stories": compact(list(story_ids)), "days": _days(first, last, zone), "market": market}
        return _series(self.rows(SERIES_OF_SOME_STORIES, asked))

    def coverage(self, first: date, last: date, zone: str, market: str) -> Mapping[date, float]:
        """Per local day the share (0..1) of the market's usual volume carried by sources that reported.

        A source is expected from its first visit until it is paused or retired. 1.0 where none was expected.
        """
        usual = dict(self.brought(first - timedelta(days=USUAL_DAYS), last, zone))
        asked = {
            "days": _days(first, last, zone),
            "market": market,
            "as_of": FOREVER,
            "usual": compact(usual),
        }
        return {date.fromisoformat(row[0]): row[1] for row in self.rows(COVERAGE_OF_COUNTED, asked)}

    def keep_signals(self, signals: Sequence[Signal], now: datetime | None = None) -> None:
        """Upserts; with `now` the earlier state of a changed signal is kept for older issues, without it replaced."""
        with self.transaction():
            present = {row[0]: row for row in self.rows(SIGNALS_NOW, (compact([s.id for s in signals]),))}
            for signal in signals:
                values = _signal_values(signal)
                if present.get(signal.id) != values:
                    moment = to_text(now) if now else f"{signal.day.isoformat()}T00:00:00.000000Z"
                    self.run(SIGNAL_CLOSE, {"now": moment, "id": signal.id})
                    self.run(SIGNAL_ADD, (*values, moment))

    def signals(self, first: date, last: date, market: str = "") -> Sequence[Signal]:
        """By day, loudest first."""
        span = {"first": first.isoformat(), "last": last.isoformat(), "market": market}
        return [_signal(row) for row in self.rows(SIGNALS, span)]


def _series(rows: Iterable[Sequence[Any]]) -> Mapping[str, Mapping[date, tuple[int, int, int]]]:
    counts: dict[str, dict[date, tuple[int, int, int]]] = defaultdict(dict)
    for label, day, publishers, outlets, items in rows:
        counts[label][date.fromisoformat(day)] = (publishers, outlets, items)
    return dict(counts)


def _days(first: date, last: date, zone: str) -> str:
    return compact([[day.isoformat(), start, end] for day, start, end in local_days(first, last, zone)])


def _by_person(by: str) -> bool:
    """Programs sign with name/version."""
    return bool(by) and "/" not in by


def _story_values(story: Story) -> tuple[Any, ...]:
    return (
        story.id,
        story.title,
        story.language,
        to_text(story.opened_at),
        to_text(story.changed_at),
        story.state.value,
        story.merged_into,
        int(story.pinned),
    )


def _story(row: tuple[Any, ...]) -> Story:
    return Story(
        id=row[0],
        title=row[1],
        language=row[2],
        opened_at=from_text(row[3]),
        changed_at=from_text(row[4]),
        state=StoryState(row[5]),
        merged_into=row[6],
        pinned=bool(row[7]),
    )


def _membership(row: tuple[Any, ...]) -> Membership:
    return Membership(row[0], row[1], from_text(row[2]), from_text_or_none(row[3]), row[4], row[5], row[6])


def _signal_values(signal: Signal) -> tuple[Any, ...]:
    return (
        signal.id,
        signal.dimension,
        signal.label,
        signal.market,
        signal.day.isoformat(),
        signal.count,
        signal.expected,
        signal.upper,
        signal.score,
        signal.p_value,
        signal.level.value,
        signal.items,
        signal.outlets,
        compact(list(signal.reasons)),
        signal.muted,
        compact(list(signal.item_ids)),
    )


def _signal(row: Iterable[Any]) -> Signal:
    values = list(row)
    return Signal(
        id=values[0],
        dimension=values[1],
        label=values[2],
        market=values[3],
        day=date.fromisoformat(values[4]),
        count=values[5],
        expected=values[6],
        upper=values[7],
        score=values[8],
        p_value=values[9],
        level=Level(values[10]),
        items=values[11],
        outlets=values[12],
        reasons=tuple(json.loads(values[13])),
        muted=values[14],
        item_ids=tuple(json.loads(values[15])),
    )
