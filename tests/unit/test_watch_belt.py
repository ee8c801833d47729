"""Signals of a day: one event is told once, and loudest as what it is."""

from dataclasses import replace
from datetime import UTC, date, datetime

from domain.model import Found, Hit, Item, ItemKind, Lens, Level, Search, Signal
from lagebild.belts.watch import folded
from lagebild.settings import Edition

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
