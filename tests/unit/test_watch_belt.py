"""Signals of a day: one event is told once, and loudest as what it is."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from domain.model import (
    Batch,
    Checkpoint,
    Found,
    Hit,
    Item,
    ItemKind,
    Lens,
    Level,
    Outcome,
    Search,
    Signal,
    Source,
    Visit,
)
from lagebild.belts.watch import folded, said_by_class, watch_for_silence
from lagebild.settings import Edition
from storage.sqlite import open_archive

DAY = date(2026, 11, 27)
BERLIN = Edition(market="DE", zone="Europe/Berlin")
LIVE = Signal(
    id="s",
    dimension="feature",
    label="live",
    market="DE",
    day=DAY,
    count=6,
    expected=0.2,
    upper=2.0,
    score=9.0,
    p_value=0.0,
    level=Level.ELEVATED,
)
NOON = datetime(2026, 11, 27, 12, tzinfo=UTC)
ITEM = Item(
    id="i",
    source_id="s",
    raw_id="1",
    kind=ItemKind.ARTICLE,
    url="",
    title="T",
    lead="",
    text="",
    language="de",
    markets=("DE",),
    lens=Lens.MEDIA,
    published_at=NOON,
    fetched_at=NOON,
    content_hash="",
)


class Shelf:
    """An archive whose only book is the answer to a search."""

    def __init__(self, *topics: tuple[str, ...]) -> None:
        self.hits = tuple(Hit(ITEM, "", given) for given in topics)
        self.asked: list[Search] = []

    def search(self, wanted: Search) -> Found:
        self.asked.append(wanted)
        return Found(self.hits, len(self.hits), more=False)


def test_a_feature_that_only_mirrors_a_loud_topic_is_lowered_with_the_reason() -> None:
    shelf = Shelf(("youth_safety",), ("youth_safety", "fraud_scam_ads"), ("fraud_scam_ads",))
    seen = folded(shelf, LIVE, frozenset({"youth_safety"}), BERLIN)  # type: ignore[arg-type]
    assert seen.level is Level.WATCH
    assert "2 of its 3 items belong to youth_safety" in seen.reasons
    assert shelf.asked[0].features == ("live",)


def test_a_feature_with_news_of_its_own_stays_loud() -> None:
    shelf = Shelf(("youth_safety",), ("fraud_scam_ads",), ())
    assert folded(shelf, LIVE, frozenset({"youth_safety"}), BERLIN) == LIVE  # type: ignore[arg-type]


def test_where_no_topic_is_loud_nothing_is_asked() -> None:
    shelf = Shelf()
    assert folded(shelf, replace(LIVE, dimension="platform"), frozenset(), BERLIN).level is Level.ELEVATED  # type: ignore[arg-type]
    assert not shelf.asked


BOTE = Source(
    id="bote",
    name="Der Bote",
    kind="rss",
    url="https://bote.example/feed",
    language="de",
    markets=("DE",),
    lens=Lens.MEDIA,
)


def visit_on(day: datetime, fresh: int) -> Visit:
    return Visit(
        source_id="bote", started_at=day, finished_at=day, outcome=Outcome.OK, entries=fresh, fresh=fresh
    )


def test_entries_count_for_the_local_day_of_their_visit() -> None:
    late = datetime(2026, 11, 26, 23, 30, tzinfo=UTC)
    series = said_by_class([BOTE], [visit_on(late, 4), visit_on(NOON, 3)], ZoneInfo("Europe/Berlin"))
    assert series == {"media/news": {DAY: (7, 7, 7)}}


def test_a_class_that_answers_and_says_nothing_is_told(tmp_path: Path) -> None:
    archive = open_archive(tmp_path / "a.db")
    archive.sync_sources([BOTE], NOON)
    for back in range(60, 0, -1):
        archive.commit(Batch(visit_on(NOON - timedelta(days=back), 30 + back % 3), Checkpoint("bote")))
    archive.commit(Batch(visit_on(NOON, 0), Checkpoint("bote")))
    assert watch_for_silence(archive, [BOTE], [BERLIN], NOON + timedelta(days=1)) == 1
    [signal] = archive.signals(DAY, DAY)
    assert (signal.dimension, signal.label, signal.level) == ("silence", "class:media/news", Level.WATCH)
