"""The end of the enrich belt: daily series -> signals of the day -> archive."""

from collections import Counter, defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime, time, timedelta
from typing import Protocol
from zoneinfo import ZoneInfo

from digest.gather import ROLLUPS
from domain.model import Hit, Level, Search, Signal, Source, Visit
from domain.ports import CollectArchive, EnrichArchive, SearchArchive
from lagebild.settings import Edition
from nlp.signals import Context, signals_of_day, story_growth
from nlp.silence import listening, quiet_classes, silent_stories, source_class
from nlp.tripwires import by_topic, trips

HISTORY_DAYS = 184
"""Weekday and spread are learnt from half a year; the level from the last 56 days without two days of guard."""
STORY_DAYS = 7
CLASS_DAYS = 90
PART_OF = 0.6
"""Share of a rise's items that a louder topic has to explain."""
DIMENSIONS = ("topic", "platform", "feature")
MOST_ITEMS = 2_000
OnSignal = Callable[[str], None]


class WatchArchive(CollectArchive, EnrichArchive, SearchArchive, Protocol):
    """What watching reads of the archive."""


def watch(
    archive: WatchArchive,
    editions: Sequence[Edition],
    now: datetime,
    on_signal: OnSignal = lambda _: None,
) -> int:
    """Judges the day that is ending and the one before in every market; returns how many signals were raised.

    A day's count is final only when it is over, so yesterday is judged again with what came late.
    """
    raised = 0
    for edition in editions:
        today = now.astimezone(ZoneInfo(edition.zone)).date()
        yesterday = today - timedelta(days=1)
        coverage = archive.coverage(began(yesterday), today, edition.zone, edition.market)
        for day in (yesterday, today):
            signals = signals_in(archive, edition, day, coverage)
            archive.keep_signals(signals, now)
            raised += len(signals)
            for signal in signals:
                on_signal(f"{signal.market} {signal.label}")
    return raised


def began(day: date) -> date:
    """The first day of what is looked at to judge this one."""
    return day - timedelta(days=HISTORY_DAYS)


def signals_in(
    archive: WatchArchive, edition: Edition, day: date, coverage: Mapping[date, float]
) -> list[Signal]:
    """All signals of one market on one local day: topics first, then what is not merely a part of them, then stories.

    `coverage` is the market's, by local day; a day left out was read in full.
    """
    first = began(day)
    topics, *others = (
        signals_of_day(
            archive.series(dimension, first, day, edition.zone, edition.market),
            edition.market,
            day,
            coverage,
            dimension=dimension,
            context=context_of(archive, dimension, day, edition),
        )
        for dimension in DIMENSIONS
    )
    loud = frozenset(signal.label for signal in topics if signal.level is not Level.WATCH)
    parts = [folded(archive, signal, loud, edition) for group in others for signal in group]
    return [*topics, *parts, *stories_in(archive, edition, day, coverage.get(day, 1.0))]


def folded(archive: WatchArchive, signal: Signal, loud: frozenset[str], edition: Edition) -> Signal:
    """A platform's or feature's rise that is mostly the items of a louder topic is one event, not two: Watch."""
    if signal.level is Level.WATCH or not loud:
        return signal
    hits = archive.search(_narrowed(_relevant_of(signal.day, edition), signal)).hits
    explained = [hit for hit in hits if loud.intersection(hit.topics)]
    if len(explained) < PART_OF * len(hits):
        return signal
    reason = f"{len(explained)} of its {len(hits)} items belong to {', '.join(sorted(loud))}"
    return replace(signal, level=Level.WATCH, reasons=(*signal.reasons, reason))


def _narrowed(wanted: Search, signal: Signal) -> Search:
    if signal.dimension == "platform":
        return replace(wanted, platforms=(signal.label,))
    return replace(wanted, features=(signal.label,))


def stories_in(archive: WatchArchive, edition: Edition, day: date, coverage: float) -> list[Signal]:
    """Stories that grew at once, and lively ones that stopped."""
    first = day - timedelta(days=STORY_DAYS)
    series = archive.series("story", first, day, edition.zone, edition.market)
    grown = story_growth(series, edition.market, day, coverage=coverage)
    return [*grown, *silent_stories(series, edition.market, day, coverage)]


def watch_for_silence(
    archive: WatchArchive, sources: Sequence[Source], editions: Sequence[Edition], now: datetime
) -> int:
    """Classes of sources that answered yesterday as usual and said far less than usual; once a day is enough."""
    visits = archive.visits(now - timedelta(days=CLASS_DAYS))
    raised = 0
    for edition in editions:
        zone = ZoneInfo(edition.zone)
        day = now.astimezone(zone).date() - timedelta(days=1)
        mine = [
            source
            for source in sources
            if set(ROLLUPS.get(edition.market, (edition.market,))) & set(source.markets)
        ]
        heard = listening(
            mine, [visit for visit in visits if visit.finished_at.astimezone(zone).date() == day]
        )
        series = said_by_class(mine, visits, zone)
        first = min((d for counts in series.values() for d in counts), default=day)
        signals = quiet_classes(series, edition.market, first, day, heard)
        archive.keep_signals(signals, now)
        raised += len(signals)
    return raised


def said_by_class(
    sources: Sequence[Source], visits: Sequence[Visit], zone: ZoneInfo
) -> Mapping[str, Mapping[date, tuple[int, int, int]]]:
    """New entries by class of source and local day, in the form of a series."""
    classes = {source.id: source_class(source) for source in sources}
    counts: defaultdict[str, Counter[date]] = defaultdict(Counter)
    for visit in visits:
        if visit.source_id in classes:
            counts[classes[visit.source_id]][visit.finished_at.astimezone(zone).date()] += visit.fresh
    return {name: {day: (n, n, n) for day, n in days.items()} for name, days in counts.items()}


def context_of(archive: WatchArchive, dimension: str, day: date, edition: Edition) -> Context:
    """What else is known of the day's topics: worst severity, items, tripwires. Other dimensions have none."""
    if dimension != "topic":
        return Context()
    # Ties by id: ids within a second run as texts came in, and a signal names the same items whoever was first.
    hits = sorted(archive.search(_relevant_of(day, edition)).hits, key=_newest_first, reverse=True)
    annotations = archive.annotations([hit.item.id for hit in hits])
    tripped = by_topic(trips([hit.item for hit in hits], annotations), edition.market)
    return Context(
        severity={topic: max(hit.severity for hit in group) for topic, group in _by_topic(hits).items()},
        item_ids={topic: tuple(hit.item.id for hit in group) for topic, group in _by_topic(hits).items()},
        tripwires=tripped,
    )


def _relevant_of(day: date, edition: Edition) -> Search:
    zone = ZoneInfo(edition.zone)
    return Search(
        markets=ROLLUPS.get(edition.market, (edition.market,)),
        since=datetime.combine(day, time.min, zone),
        until=datetime.combine(day + timedelta(days=1), time.min, zone),
        relevant_only=True,
        limit=MOST_ITEMS,
    )


def _newest_first(hit: Hit) -> tuple[datetime, str]:
    return hit.item.published_at, hit.item.id


def _by_topic(hits: Sequence[Hit]) -> Mapping[str, Sequence[Hit]]:
    groups: defaultdict[str, list[Hit]] = defaultdict(list)
    for hit in hits:
        for topic in hit.topics:
            groups[topic].append(hit)
    return groups
