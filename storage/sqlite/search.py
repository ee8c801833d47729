"""What readers ask of the archive, on SQLite.

Two indexes, chosen by the query: `item_words` knows every word of title, lead and text; `item_letters` finds a part of
a compound (*mobbing* in *Cybermobbing*) in title and lead, and nothing under three letters. Neither knows the order of
words or letters, so phrases and parts are read again in the texts that were found. Ids run with publication, so newest
first is a walk backwards that stops at the page's end: its time does not grow with the archive.
"""

import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import islice
from typing import Any

from domain.model import Found, Hit, Item, Search
from storage.query import FORMS, Query, Term, understand
from storage.rows import ITEM_COLUMNS, compact, item_from
from storage.snippets import snippet
from storage.sqlite.collect import FARTHEST, SETTING
from storage.sqlite.connection import Connections
from storage.times import to_text

COUNTED_UP_TO = 100
"""A query with more hits than this looks for words in their usual forms; one with fewer for all that begins like them.
FTS5 gathers every posting of a prefix before it gives the first, so a frequent one would cost more with every article.
Counting more hits than this would cost more than finding a page of them."""
TRIGRAMS = 4
"""So many of a word's trigrams are looked up: each costs, and four leave few false ones."""
FACETS_OVER = 2_000
"""Facets count the newest so many hits."""
WEIGHED, WEIGHED_TITLES = 2_000, 1_000
"""By relevance so many of the newest hits are ordered, and so many of the newest whose title says it, however old."""
TITLE_WEIGHT = 4.0
EARLY = timedelta(days=1)
"""An item that a source dates into the future has the id of the moment it was fetched; more than this is not looked for."""
ALWAYS = (0, 2**62)

TAGGED = """EXISTS (
    SELECT 1 FROM annotation a WHERE a.item = coalesce(i.copy_of, i.id) AND a.layer = '{layer}'
      AND a.{column} IN (SELECT value FROM json_each(:{name})) AND a.valid_to IS NULL AND a.suppressed = 0)"""
SEVERE = """EXISTS (
    SELECT 1 FROM annotation a WHERE a.item = coalesce(i.copy_of, i.id) AND a.layer = 'severity'
      AND CAST(a.label AS INTEGER) >= :min_severity AND a.valid_to IS NULL AND a.suppressed = 0)"""
RELEVANT = """EXISTS (
    SELECT 1 FROM annotation a WHERE a.item = coalesce(i.copy_of, i.id) AND a.layer = 'relevance'
      AND a.label = 'relevant' AND a.valid_to IS NULL AND a.suppressed = 0)"""
# A name is rare: those who bear it lead, by index, with their copies.
NAMED = """i.id IN (
    WITH voice AS MATERIALIZED (
        SELECT a.item FROM annotation a WHERE a.layer = 'entity' AND a.valid_to IS NULL AND a.suppressed = 0
          AND a.text IN (SELECT value FROM json_each(:entities))
        UNION SELECT a.item FROM annotation a WHERE a.layer = 'entity' AND a.valid_to IS NULL AND a.suppressed = 0
          AND a.target <> '' AND a.target IN (SELECT value FROM json_each(:entities)))
    SELECT v.item FROM voice v UNION ALL SELECT c.id FROM voice v CROSS JOIN item c ON c.copy_of = v.item)"""

# CROSS JOIN keeps the order: the full-text index leads, the item is looked up.
BY_INDEX = """
SELECT i.id FROM {index} CROSS JOIN item i ON i.id = {index}.rowid
WHERE {index} MATCH :{words} AND {index}.rowid BETWEEN :low AND :high AND {filters}
ORDER BY {index}.rowid DESC LIMIT :{reach}
"""
# An index without word positions reads a text again to weigh it, so only some hits are weighed. The plus keeps FTS5 from
# beginning its search anew for every one of them.
BY_RANK = f"""
WITH newest AS MATERIALIZED ({{newest}}), titled AS MATERIALIZED ({{titled}})
SELECT item_words.rowid FROM item_words
WHERE item_words MATCH :item_words AND +item_words.rowid IN (SELECT id FROM newest UNION SELECT id FROM titled)
ORDER BY bm25(item_words, {TITLE_WEIGHT}, 1.0), item_words.rowid DESC LIMIT :reach
"""
BY_TIME = (
    "SELECT i.id FROM item i WHERE i.id BETWEEN :low AND :high AND {filters} ORDER BY i.id DESC LIMIT :reach"
)
# What is relevant is a small part of everything, so it leads.
BY_TIME_RELEVANT = """
SELECT DISTINCT a.item FROM annotation a CROSS JOIN item i ON i.id = a.item
WHERE a.layer = 'relevance' AND a.label = 'relevant' AND a.valid_to IS NULL AND a.suppressed = 0
  AND a.item BETWEEN :low AND :high AND {filters} ORDER BY a.item DESC LIMIT :reach
"""
# Read again: what an index without positions cannot know.
SAYS = "(SELECT says(:text, t.title, t.lead, t.body) FROM item_text t WHERE t.id = i.id)"
HOLDS = "(SELECT holds(:text, t.title, t.lead) FROM item_text t WHERE t.id = i.id)"
UNWANTED = "i.id NOT IN (SELECT rowid FROM item_words WHERE item_words MATCH :unwanted)"

HITS = f"""
SELECT {ITEM_COLUMNS}, t.title, t.lead, t.body, i.id,
    (SELECT json_group_array(label) FROM (
        SELECT a.label FROM annotation a WHERE a.item = coalesce(i.copy_of, i.id) AND a.layer = 'topic'
          AND a.valid_to IS NULL AND a.suppressed = 0
        GROUP BY a.label ORDER BY max(a.score) DESC, a.label) AS listed),
    (SELECT max(CAST(a.label AS INTEGER)) FROM annotation a WHERE a.item = coalesce(i.copy_of, i.id)
        AND a.layer = 'severity' AND a.valid_to IS NULL AND a.suppressed = 0),
    (SELECT m.story_id FROM membership m WHERE m.item = coalesce(i.copy_of, i.id) AND m.valid_to IS NULL),
    (SELECT count(*) FROM item c WHERE c.copy_of = i.id AND c.state = 'live')
FROM json_each(:ids) page JOIN item i ON i.id = CAST(page.value AS INTEGER) LEFT JOIN item_text t ON t.id = i.id
"""
FACETS = ("language", "lens", "outlet", "publisher", "source")
"""Columns of an item that are facets as they stand."""
FACETS_OF_ITEMS = """
SELECT coalesce(i.copy_of, i.id), i.markets, i.language, i.lens, i.outlet, i.publisher, i.source_id
FROM json_each(:ids) page CROSS JOIN item i ON i.id = CAST(page.value AS INTEGER)
"""
# `voices` are representatives with the number of hits that are theirs.
FACETS_OF_TAGS = """
SELECT layer, label, sum(hits) FROM (
    SELECT DISTINCT a.layer, CASE WHEN a.layer = 'entity' THEN a.text ELSE a.label END AS label, a.item,
        CAST(v.value AS INTEGER) AS hits
    FROM json_each(:voices) v CROSS JOIN annotation a ON a.item = CAST(v.key AS INTEGER)
    WHERE a.valid_to IS NULL AND a.suppressed = 0 AND a.layer IN ('topic', 'severity', 'platform', 'feature', 'entity')
) AS told GROUP BY layer, label
"""
PLACE = "SELECT id FROM item WHERE item_id = ?"
VECTOR_OF_ITEM = """
SELECT v.vector FROM item i JOIN vector v ON v.id = i.id AND v.vector_of = :of WHERE i.item_id = :item
"""
VECTORS_SINCE = """
SELECT i.item_id, v.vector FROM vector v CROSS JOIN item i ON i.id = v.id
WHERE v.vector_of = :of AND v.id >= :low AND i.published_at >= :since AND i.copy_of IS NULL AND i.state = 'live'
  AND i.item_id <> :item
"""
COMPARED_AT_ONCE = 20_000
"""Vectors held in memory at a time."""

EXPORT_AT_ONCE = 500
"""Hits that an export reads at a time."""

Bound = dict[str, Any]


class Reader(Connections):
    """Search, facets and streams of hits."""

    def search(self, wanted: Search) -> Found:
        """One page of hits; words the query language does not know are looked for as words."""
        query = understand(wanted.text)
        wanted_through = wanted.offset + wanted.limit
        reach = max(wanted_through, COUNTED_UP_TO) + 1
        ids = self._ids(wanted, query, reach)
        cut = wanted.order == "relevance" and len(ids) >= WEIGHED
        total = len(ids) if len(ids) < reach and not cut else None
        return Found(self._hits(ids[wanted.offset : wanted_through], query), total, len(ids) > wanted_through)

    def facets(self, wanted: Search) -> Mapping[str, Sequence[tuple[str, int]]]:
        """Per facet its labels with their counts, most frequent first, over the newest hits."""
        query = understand(wanted.text)
        rare = self._is_rare(wanted, query)
        # Of a frequent word's hits those that have it only within another word are left out: each would be read again.
        wanted = replace(wanted, offset=0, limit=FACETS_OVER if rare else 0, order="newest")
        sql, bound = self._statement(wanted, query, FACETS_OVER, broad=rare)
        rows = self.rows(FACETS_OF_ITEMS, {"ids": compact([row[0] for row in self.rows(sql, bound)])})
        counts: dict[str, Counter[str]] = {
            name: Counter(row[place] for row in rows) for place, name in enumerate(FACETS, 2)
        }
        counts["market"] = Counter(code for row in rows for code in row[1].split())
        voices = Counter(row[0] for row in rows)
        for layer, label, hits in self.rows(FACETS_OF_TAGS, {"voices": compact(dict(voices))}):
            counts.setdefault(layer, Counter())[label] = int(hits)
        return {
            facet: sorted(labels.items(), key=_most_frequent) for facet, labels in counts.items() if labels
        }

    def every_hit(self, wanted: Search) -> Iterator[Hit]:
        """All hits whatever the page, newest first, read in portions: memory stays flat."""
        wanted = replace(wanted, order="newest")
        query = understand(wanted.text)
        wanted = replace(wanted, offset=0, limit=EXPORT_AT_ONCE)
        sql, bound = self._statement(wanted, query, EXPORT_AT_ONCE, broad=self._is_rare(wanted, query))
        while True:
            ids = [row[0] for row in self.rows(sql, bound)]
            yield from self._hits(ids, query)
            if len(ids) < EXPORT_AT_ONCE:
                return
            bound["high"] = ids[-1] - 1

    def similar(
        self, item_id: str, vector_of: str, since: datetime, limit: int = 10
    ) -> Sequence[tuple[str, float]]:
        """Item ids with their cosine, nearest first, among representatives published since then."""
        own = self.value(VECTOR_OF_ITEM, {"of": vector_of, "item": item_id})
        if own is None:
            return []
        low = int((since - EARLY).timestamp()) * self.ids_a_second
        rows = self.stream(
            VECTORS_SINCE, {"of": vector_of, "low": low, "since": to_text(since), "item": item_id}
        )
        best: list[tuple[str, float]] = []
        while some := list(islice(rows, COMPARED_AT_ONCE)):
            best = sorted([*best, *_cosines(own, some)], key=lambda pair: (-pair[1], pair[0]))[:limit]
        return best

    def _statement(self, wanted: Search, query: Query, reach: int, broad: bool) -> tuple[str, Bound]:
        farthest = int(self.value(SETTING, (FARTHEST,)) or 1)
        sql, bound = _statement(wanted, query, reach, broad, self.ids_a_second, farthest)
        return sql, bound | {"high": min(bound["high"], self._behind(wanted))}

    def _behind(self, wanted: Search) -> int:
        """The highest id that stands behind the item that the reader saw last; nothing stands behind an unknown one."""
        if not wanted.behind:
            return ALWAYS[1]
        seen: int | None = self.value(PLACE, (wanted.behind,))
        return -1 if seen is None else seen - 1

    def _ids(self, wanted: Search, query: Query, reach: int) -> list[int]:
        """At most `reach` ids, which is more than `COUNTED_UP_TO`; whatever the page, the same choice is made."""
        ids = self._ids_by(wanted, query, reach, broad=False)
        return (
            ids
            if len(ids) > COUNTED_UP_TO or not query.wanted
            else self._ids_by(wanted, query, reach, broad=True)
        )

    def _ids_by(self, wanted: Search, query: Query, reach: int, broad: bool) -> list[int]:
        sql, bound = self._statement(wanted, query, reach, broad)
        return [row[0] for row in self.rows(sql, bound)]

    def _is_rare(self, wanted: Search, query: Query) -> bool:
        if not query.wanted:
            return False
        return len(self._ids_by(wanted, query, COUNTED_UP_TO + 1, broad=False)) <= COUNTED_UP_TO

    def _hits(self, ids: Sequence[int], query: Query) -> tuple[Hit, ...]:
        found = {row[24]: row for row in self.rows(HITS, {"ids": compact(list(ids))})} if ids else {}
        return tuple(_hit(found[key], query) for key in ids if key in found)


def _most_frequent(counted: tuple[str, int]) -> tuple[int, str]:
    label, hits = counted
    return -hits, label


def _cosines(own: bytes, others: Sequence[tuple[str, bytes]]) -> list[tuple[str, float]]:
    """Vectors are normalised: the dot product is the cosine."""
    import numpy as np  # not every reader compares

    same = [(name, vector) for name, vector in others if len(vector) == len(own)]
    if not same:
        return []
    table = np.frombuffer(b"".join(vector for _, vector in same), "<f4").reshape(len(same), -1)
    cosines = table @ np.frombuffer(own, "<f4")
    return [(name, float(cosine)) for (name, _), cosine in zip(same, cosines, strict=True)]


def _hit(row: tuple[Any, ...], query: Query) -> Hit:
    item: Item = item_from(row[:24])
    topics, severity, story, copies = row[25:29]
    return Hit(
        item=item,
        snippet=snippet(query, item.title, item.lead, item.text),
        topics=tuple(json.loads(topics)),
        severity=severity or 0,
        story_id=story or "",
        copies=copies,
    )


def _statement(
    wanted: Search, query: Query, reach: int, broad: bool, room: int, farthest: int
) -> tuple[str, Bound]:
    """The SQL that gives at most `reach` ids in the wanted order, and its parameters.

    `broad` takes words as beginnings, else in their usual forms.
    """
    filters, bound = filters_of(wanted)
    bound |= {"reach": reach, "text": wanted.text} | _span(wanted, room, farthest)
    if query.has_phrase:
        filters.append(SAYS)
    if not query.wanted:
        if words := unwanted_expression(query, broad=True):
            filters.append(UNWANTED)
            bound["unwanted"] = words
        if wanted.relevant_only and not wanted.with_copies:
            filters.remove(RELEVANT)
            return BY_TIME_RELEVANT.format(filters=" AND ".join(filters)), bound
        return BY_TIME.format(filters=" AND ".join(filters)), bound
    where = " AND ".join(filters)
    bound["item_words"] = words_expression(query, broad)
    if wanted.order == "relevance":
        bound |= {
            "titled": f"{{title}} : ({bound['item_words']})",
            "weighed": WEIGHED,
            "weighed_titles": WEIGHED_TITLES,
        }
        newest = BY_INDEX.format(index="item_words", words="item_words", filters=where, reach="weighed")
        titled = BY_INDEX.format(index="item_words", words="titled", filters=where, reach="weighed_titles")
        return BY_RANK.format(newest=newest, titled=titled), bound
    by_words = BY_INDEX.format(index="item_words", words="item_words", filters=where, reach="reach")
    letters = letters_expression(query)
    if not letters:
        return by_words, bound
    bound["item_letters"] = letters
    # When words alone fill the count, parts of words are needed for the page alone.
    bound["part_reach"] = reach if broad else min(reach, wanted.offset + wanted.limit + 1)
    by_letters = BY_INDEX.format(
        index="item_letters", words="item_letters", filters=f"{where} AND {HOLDS}", reach="part_reach"
    )
    union = f"SELECT id FROM ({by_words}) AS w UNION SELECT id FROM ({by_letters}) AS l ORDER BY id DESC LIMIT :reach"
    return union, bound


def words_expression(query: Query, broad: bool) -> str:
    """The query in FTS5's language, for the index of words; a phrase is all its words."""
    groups = (" OR ".join(_in_words(term, broad) for term in group) for group in query.wanted)
    wanted = " AND ".join(f"({group})" for group in groups)
    unwanted = unwanted_expression(query, broad)
    return f"({wanted}) NOT ({unwanted})" if unwanted else wanted


def unwanted_expression(query: Query, broad: bool) -> str:
    """The words to be absent; phrases are left to the reading again."""
    return " OR ".join(_in_words(term, broad) for term in query.unwanted if len(term.words) == 1)


def letters_expression(query: Query) -> str:
    """The query for the index of letters, each word as all its trigrams; "" when it cannot answer.

    It knows title and lead alone, so it must not judge what is absent, nor words that have to match whole.
    """
    groups = [[term for term in group if not term.exact] for group in query.wanted]
    if query.unwanted or not all(groups):
        return ""
    return " AND ".join(f"({' OR '.join(_in_letters(term.letters) for term in group)})" for group in groups)


def _in_words(term: Term, broad: bool) -> str:
    if len(term.words) > 1:
        return f"({' AND '.join(map(_quoted, term.words))})"
    word = term.words[0]
    if term.exact:
        return _quoted(word)
    return f"{_quoted(word)} *" if broad else f"({' OR '.join(_quoted(word + form) for form in FORMS)})"


def _in_letters(word: str) -> str:
    """Some of the word's trigrams, ends included; the rest is found by reading."""
    last = len(word) - 3
    places = sorted({round(last * n / (TRIGRAMS - 1)) for n in range(TRIGRAMS)})
    return f"({' AND '.join(_quoted(word[n : n + 3]) for n in places)})"


def _quoted(text: str) -> str:
    return '"' + text.replace('"', '""') + '"'


def _span(wanted: Search, room: int, farthest: int) -> Bound:
    """Ids between which the items of the wanted time lie."""
    low = ALWAYS[0] if wanted.since is None else int((wanted.since - EARLY).timestamp()) * room
    high = ALWAYS[1] if wanted.until is None else int(wanted.until.timestamp()) * room + farthest
    return {"low": low, "high": high}


def filters_of(wanted: Search) -> tuple[list[str], Bound]:
    """Conditions on an item `i`, and their parameters."""
    conditions, bound = ["i.state = 'live'"], Bound()
    if not wanted.with_copies:
        conditions.append("i.copy_of IS NULL")
    for column, values in (
        ("language", wanted.languages),
        ("lens", wanted.lenses),
        ("source_id", wanted.sources),
        ("publisher", wanted.publishers),
        ("outlet", wanted.outlets),
    ):
        if values:
            conditions.append(f"i.{column} IN (SELECT value FROM json_each(:{column}))")
            bound[column] = compact(list(values))
    if wanted.markets:
        named = [f"instr(i.markets, :market{n}) > 0" for n in range(len(wanted.markets))]
        conditions.append(f"({' OR '.join(named)})")
        bound |= {f"market{n}": f" {code} " for n, code in enumerate(wanted.markets)}
    if wanted.since:
        conditions.append("i.published_at >= :since")
        bound["since"] = to_text(wanted.since)
    if wanted.until:
        conditions.append("i.published_at < :until")
        bound["until"] = to_text(wanted.until)
    _tag_filters(wanted, conditions, bound)
    return conditions, bound


def _tag_filters(wanted: Search, conditions: list[str], bound: Bound) -> None:
    for layer, values in (
        ("topic", wanted.topics),
        ("platform", wanted.platforms),
        ("feature", wanted.features),
    ):
        if values:
            conditions.append(TAGGED.format(layer=layer, column="label", name=layer))
            bound[layer] = compact(list(values))
    if wanted.entities:
        conditions.append(NAMED)
        bound["entities"] = compact(list(wanted.entities))
    if wanted.min_severity:
        conditions.append(SEVERE)
        bound["min_severity"] = wanted.min_severity
    if wanted.relevant_only:
        conditions.append(RELEVANT)
