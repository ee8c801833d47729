"""Days, counted once and kept: what trends and comparisons are drawn from.

A day's count holds as long as no item of it, no copy of one and no tag of either changed since; `hour_change` tells.
One look at a day's items counts all markets and layers. Who asks for a day whose count does not hold counts it, and
keeps the count unless somebody else is writing just then.
"""

import json
from bisect import bisect_left
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import lru_cache
from itertools import accumulate
from typing import NamedTuple

from domain.mentions import DayMentions, Key, Mentions
from storage.rows import compact
from storage.sqlite.hours import Hours, hour_of
from storage.times import local_days

DACH = frozenset({"DE", "AT", "CH"})
EVERYWHERE = "ALL"
ITEMS, RELEVANT = ("items",), ("relevant",)
"""The keys of the layer `volume`."""
LABELLED = ("topic", "platform", "feature")
NAMED = ("volume", *LABELLED)
"""Layers that tell publishers and outlets; in the others items alone are counted."""
BROUGHT = (EVERYWHERE, "source")
"""Where a day keeps how many items each source brought, as a JSON object."""
CRITICAL = "critical"
DAYS_KEPT = 400
"""Older counts are dropped by the nightly round; a dashboard looks back half a year."""

HOURS = "SELECT hour, changes FROM hour_change WHERE hour >= :hour AND hour < :stop ORDER BY hour"
DAYS = "SELECT start, stop, changes FROM day_counted WHERE start >= :start AND stop <= :stop"
ALL_DAYS = "SELECT start, stop FROM day_counted ORDER BY start, stop"
COUNTS = """
SELECT start, stop, counts FROM day_count
WHERE market = :market AND layer = :layer AND start >= :start AND stop <= :stop
"""
COUNTS_OF_DAY = "SELECT market, layer, counts FROM day_count WHERE start = :start AND stop = :stop"
# Every mention of a day: whose it is, whether that is relevant, and whether it is mentioned on another day too.
MENTIONS = """
SELECT r.id, i.markets, i.lens, r.publisher, i.outlet,
    CASE WHEN EXISTS (SELECT 1 FROM annotation a WHERE a.item = r.id AND a.layer = 'relevance' AND a.label = 'relevant'
        AND a.valid_to IS NULL AND a.suppressed = 0) THEN 1 ELSE 0 END,
    CASE WHEN r.published_at < :start OR r.published_at >= :stop OR EXISTS (SELECT 1 FROM item c
        WHERE c.copy_of = r.id AND (c.published_at < :start OR c.published_at >= :stop)) THEN 1 ELSE 0 END
FROM item i CROSS JOIN item r ON r.id = coalesce(i.copy_of, i.id)
WHERE i.published_at >= :start AND i.published_at < :stop AND i.gone_at IS NULL
"""
TAGS = """
SELECT DISTINCT a.item, a.layer, a.label, CASE WHEN a.layer = 'perception' THEN a.target ELSE '' END
FROM json_each(:voices) v CROSS JOIN annotation a ON a.item = CAST(v.value AS INTEGER)
    AND a.layer IN ('topic', 'platform', 'feature', 'perception') AND a.valid_to IS NULL AND a.suppressed = 0
"""
# All that a source brought, whatever became of it.
BY_SOURCE = """
SELECT i.source_id, count(*) FROM item i WHERE i.published_at >= :start AND i.published_at < :stop
GROUP BY i.source_id ORDER BY i.source_id
"""
DAY_KEEP = """
INSERT INTO day_counted (start, stop, changes) VALUES (:start, :stop, :changes)
ON CONFLICT (start, stop) DO UPDATE SET changes = excluded.changes
"""
COUNTS_DROP = "DELETE FROM day_count WHERE start = :start AND stop = :stop"
COUNT_KEEP = "INSERT INTO day_count (market, layer, start, stop, counts) VALUES (?, ?, ?, ?, ?)"
LONG_PAST = f"SELECT strftime('%Y-%m-%dT%H:%M:%fZ', max(start), '-{DAYS_KEPT} days') FROM day_counted"
TABLES = ("day_count", "day_counted")

Span = tuple[str, str]
"""A day's first moment, and the next day's."""
Place = tuple[str, str]
"""Market and layer."""
Tag = tuple[str, str, str]
"""Layer, label, and whom a perception is of."""


class DayCounts(Hours):
    """Counts of days, kept as long as they hold."""

    def day_mentions(
        self, layer: str, first: date, last: date, zone: str, market: str
    ) -> Mapping[date, DayMentions]:
        """What was mentioned on each local day, as known now; every day is there.

        Layers and their keys: `volume` (items or relevant), `topic`, `platform` and `feature` (label), `cell`
        (topic, feature), `tone` (lens, "" or critical), `platform_tone` (platform, lens, "" or critical).
        """
        told = self._told((market or EVERYWHERE, layer), first, last, zone)
        return {day: _read(text) if text else {} for day, text in told.items()}

    def brought(self, first: date, last: date, zone: str) -> Mapping[str, int]:
        """How many items each source brought from the first local day to the last, copies and removed ones too."""
        total: Counter[str] = Counter()
        for text in self._told(BROUGHT, first, last, zone).values():
            total.update(json.loads(text or "{}"))
        return total

    def _told(self, place: Place, first: date, last: date, zone: str) -> dict[date, str | None]:
        """By day the text that is kept, or was made just now; None where nothing was mentioned."""
        days = local_days(first, last, zone)
        spans = [(start, stop) for _, start, stop in days]
        fresh = {span: self._count(span, changes) for span, changes in self._stale(spans).items()}
        kept = self._kept(place, spans)
        found = [fresh[span].get(place) if span in fresh else kept.get(span) for span in spans]
        return {day: text for (day, *_), text in zip(days, found, strict=True)}

    def count_days(self, first: date, last: date, zone: str) -> int:
        """Counts the days whose count does not hold, so that no reader has to. Returns how many."""
        stale = self._stale([(start, stop) for _, start, stop in local_days(first, last, zone)])
        for span, changes in stale.items():
            self._count(span, changes)
        return len(stale)

    def drop_day_counts(self) -> None:
        """Drops all counts; a day is counted anew when somebody asks for it."""
        with self.transaction():
            for table in TABLES:
                self.run(f"DELETE FROM {table}")

    def _forget_days(self) -> None:
        with self.transaction():
            past = {"past": self.value(LONG_PAST) or ""}
            for table in TABLES:
                self.run(f"DELETE FROM {table} WHERE start < :past", past)

    def _day_faults(self) -> list[str]:
        """Days whose kept count claims to hold, and is not what counting gives."""
        spans = [(start, stop) for start, stop in self.rows(ALL_DAYS)]
        stale = self._stale(spans) if spans else {}
        wrong = [span for span in spans if span not in stale and self._kept_of(span) != self._tally(span)]
        return [f"counts: {len(wrong)} days are not as counted ({wrong[0][0]} …); run `lagebild db rebuild`"] if wrong else []  # fmt: skip

    def _stale(self, spans: Sequence[Span]) -> dict[Span, int]:
        """Spans that were never counted, or changed since; with the changes of their hours so far."""
        asked = {"start": min(spans)[0], "stop": max(stop for _, stop in spans)}
        hours = self.rows(HOURS, {"hour": hour_of(asked["start"]), "stop": asked["stop"]})
        names, changes = [hour for hour, _ in hours], [0, *accumulate(n for _, n in hours)]
        counted = {(start, stop): sum_then for start, stop, sum_then in self.rows(DAYS, asked)}
        now = {
            (start, stop): changes[bisect_left(names, stop)] - changes[bisect_left(names, hour_of(start))]
            for start, stop in spans
        }
        return {span: sum_now for span, sum_now in now.items() if counted.get(span) != sum_now}

    def _kept(self, place: Place, spans: Sequence[Span]) -> dict[Span, str]:
        asked = {"market": place[0], "layer": place[1], "start": spans[0][0], "stop": spans[-1][1]}
        return {(start, stop): counts for start, stop, counts in self.rows(COUNTS, asked)}

    def _kept_of(self, span: Span) -> dict[Place, str]:
        rows = self.rows(COUNTS_OF_DAY, {"start": span[0], "stop": span[1]})
        return {(market, layer): counts for market, layer, counts in rows}

    def _count(self, span: Span, changes: int) -> dict[Place, str]:
        """`changes` was read before: what changes while we count makes the count one that does not hold."""
        counts = self._tally(span)
        with self.transaction_if_free() as free:
            if free:
                day = {"start": span[0], "stop": span[1]}
                self.run(COUNTS_DROP, day)
                self.run(DAY_KEEP, {**day, "changes": changes})
                self.run_many(COUNT_KEEP, ((*place, *span, text) for place, text in counts.items()))
        return counts

    def _tally(self, span: Span) -> dict[Place, str]:
        """By market and layer, as text."""
        day = {"start": span[0], "stop": span[1]}
        mentions = [Mention(*row) for row in self.rows(MENTIONS, day)]
        tags: dict[int, list[Tag]] = defaultdict(list)
        relevant = sorted({mention.voice for mention in mentions if mention.relevant})
        for voice, *tag in self.rows(TAGS, {"voices": compact(relevant)}):
            tags[voice].append((tag[0], tag[1], tag[2]))
        found = _gathered(mentions, tags)
        told = {place: _written(keys) for place, keys in found.items()}
        return told | {BROUGHT: compact(dict(self.rows(BY_SOURCE, day)))}


class Mention(NamedTuple):
    """A row of `MENTIONS`."""

    voice: int
    markets: str
    lens: str
    publisher: str
    outlet: str
    relevant: int
    shared: int


@dataclass(slots=True)
class Gathered:
    """What is mentioned under one key."""

    alone: set[int] = field(default_factory=set)
    shared: set[int] = field(default_factory=set)
    publishers: set[str] = field(default_factory=set)
    outlets: set[str] = field(default_factory=set)

    def add(self, mention: Mention, named: bool) -> None:
        (self.shared if mention.shared else self.alone).add(mention.voice)
        if named:
            self.publishers.add(mention.publisher)
            self.outlets.add(mention.outlet)


def _gathered(
    mentions: Iterable[Mention], tags: Mapping[int, Sequence[Tag]]
) -> dict[Place, dict[Key, Gathered]]:
    """By market and layer what was mentioned, by key."""
    found: dict[Place, dict[Key, Gathered]] = defaultdict(lambda: defaultdict(Gathered))
    for mention in mentions:
        keys: list[tuple[str, Key]] = [("volume", ITEMS)]
        if mention.relevant:
            keys += [("volume", RELEVANT), *_keys(mention.lens, tags.get(mention.voice, ()))]
        for market in _markets(mention.markets):
            for layer, key in keys:
                found[market, layer][key].add(mention, layer in NAMED and key != ITEMS)
    return found


@lru_cache(maxsize=256)
def _markets(spaced: str) -> tuple[str, ...]:
    """What a mention counts for: its markets, the three together, and everywhere."""
    codes = dict.fromkeys(spaced.split())
    return (*codes, *(["DACH"] if DACH & codes.keys() else []), EVERYWHERE)


def _keys(lens: str, tags: Sequence[Tag]) -> Iterator[tuple[str, Key]]:
    """The layers and keys under which a relevant mention counts."""
    by_layer: dict[str, list[str]] = {layer: [] for layer in LABELLED}
    for layer, label, target in tags:
        if layer in by_layer:
            by_layer[layer].append(label)
            yield layer, (label,)
        else:
            for stance in ("", CRITICAL) if label == CRITICAL else ("",):
                yield "tone", (lens, stance)
                if target:
                    yield "platform_tone", (target, lens, stance)
    for topic in by_layer["topic"]:
        for feature in by_layer["feature"]:
            yield "cell", (topic, feature)


def _written(keys: Mapping[Key, Gathered]) -> str:
    """JSON: all publishers once, then per key [key, alone, shared, places of its publishers, number of its outlets]."""
    names = sorted(set().union(*(told.publishers for told in keys.values())))
    place = {name: n for n, name in enumerate(names)}
    rows = [
        [
            key,
            len(told.alone),
            sorted(told.shared),
            sorted(place[n] for n in told.publishers),
            len(told.outlets),
        ]
        for key, told in sorted(keys.items())
    ]
    return compact([names, rows])


def _read(text: str) -> dict[Key, Mentions]:
    names, rows = json.loads(text)
    return {
        tuple(key): Mentions(alone, frozenset(shared), frozenset([names[n] for n in places]), outlets)
        for key, alone, shared, places, outlets in rows
    }
