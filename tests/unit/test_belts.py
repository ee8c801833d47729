"""The belts: what comes in is filed once, what cannot be read costs itself alone."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from pathlib import Path

import pytest

from crawler.dedupe import NearIndex
from domain.errors import ItemError
from domain.model import (
    Checkpoint,
    Document,
    Entry,
    Harvest,
    Item,
    Lens,
    Outcome,
    Reading,
    Source,
    Tally,
    Visit,
)
from domain.ports import Archive
from lagebild.belts import enrich
from lagebild.belts.collect import CollectRun, Desk
from lagebild.belts.enrich import read_everything
from lagebild.belts.publish import closed_day
from lagebild.settings import Edition
from nlp.story_memory import StoryMemory
from storage.sqlite import open_archive

NOW = datetime(2026, 11, 28, 6, 0, tzinfo=UTC)
TEXT = " ".join(f"Satz Nummer {n} über die Prüfung der Behörde." for n in range(30))
BOTE = Source(
    id="bote",
    name="Der Bote",
    kind="rss",
    url="https://bote.example/feed",
    language="de",
    markets=("DE",),
    lens=Lens.MEDIA,
)
KURIER = replace(BOTE, id="kurier", name="Kurier", url="https://kurier.example/feed", markets=("AT",))


@pytest.fixture
def archive(tmp_path: Path) -> Archive:
    opened = open_archive(tmp_path / "a.db")
    opened.sync_sources([BOTE, KURIER], NOW)
    return opened


def desk(archive: Archive) -> Desk:
    return Desk(archive, NearIndex(), lambda: NOW)


def entry(source: Source, number: int, title: str = "Behörde prüft Plattform", text: str = TEXT) -> Entry:
    return Entry(
        source_id=source.id,
        raw_id=str(number),
        url=f"https://{source.id}.example/{number}",
        title=title,
        summary=text,
        published=NOW - timedelta(hours=1),
    )


def harvest(source: Source, *entries: Entry, outcome: Outcome = Outcome.OK) -> Harvest:
    visit = Visit(
        source_id=source.id,
        started_at=NOW,
        finished_at=NOW,
        outcome=outcome,
        entries=len(entries),
        fresh=len(entries),
    )
    return Harvest(source, visit, Checkpoint(source.id), tuple(Document(e) for e in entries))


def received(archive: Archive, one: Harvest) -> Tally:
    return desk(archive).receive(one)[1]


def test_a_second_visit_finds_nothing_new(archive: Archive) -> None:
    assert received(archive, harvest(BOTE, entry(BOTE, 1))).new == 1
    assert received(archive, harvest(BOTE, entry(BOTE, 1))) == Tally(known=1)


def test_a_changed_headline_is_an_update(archive: Archive) -> None:
    received(archive, harvest(BOTE, entry(BOTE, 1)))
    assert received(archive, harvest(BOTE, entry(BOTE, 1, title="Behörde prüft doch nicht"))).updated == 1


def test_the_same_text_elsewhere_is_a_copy(archive: Archive) -> None:
    at_the_desk = desk(archive)
    at_the_desk.receive(harvest(BOTE, entry(BOTE, 1)))
    assert (
        at_the_desk.receive(harvest(KURIER, entry(KURIER, 9, title="Plattform unter Prüfung")))[1].copies == 1
    )


def test_a_failed_visit_is_told_and_the_source_waits(archive: Archive) -> None:
    run = CollectRun(desk(archive), [BOTE])
    run.deliver(harvest(BOTE, outcome=Outcome.UNREACHABLE))
    assert [visit.source_id for visit in run.collected.faults] == ["bote"]
    assert "bote" not in archive.due_sources(NOW)


def test_what_is_said_of_the_language_comes_from_the_text(archive: Archive) -> None:
    french = (
        "Le régulateur ouvre une enquête sur la plateforme après plusieurs plaintes de parents inquiets. " * 3
    )
    received(archive, harvest(BOTE, entry(BOTE, 1, title="Enquête ouverte", text=french)))
    assert archive.unread("nobody/1", 5)[0].language == "fr"


class Choosy:
    """An annotator that cannot read one of its items."""

    name = "choosy/1"

    def read(self, items: Sequence[Item]) -> Sequence[Reading]:
        if any("2" in item.raw_id for item in items):
            raise ItemError("cannot be read", item_id="2", remedy="none")
        return [Reading(item.id, self.name) for item in items]


def test_an_item_that_cannot_be_read_costs_itself_alone(archive: Archive) -> None:
    entries = [entry(BOTE, n, text=f"{n} {TEXT[n * 40 :]} Nur hier steht Wort{n}.") for n in (1, 2, 3)]
    received(archive, harvest(BOTE, *entries))
    waiting = len(archive.unread(Choosy.name, 10))
    enriched = read_everything(archive, [Choosy()], lambda: NOW)
    assert (enriched.read, enriched.refused) == (waiting, 1)
    assert not archive.unread(Choosy.name, 10)


@pytest.mark.parametrize(
    ("now", "day"),
    [
        (datetime(2026, 11, 28, 5, 29, tzinfo=UTC), 27),
        (datetime(2026, 11, 28, 5, 30, tzinfo=UTC), 28),
        (
            datetime(2026, 11, 28, 23, 30, tzinfo=UTC),
            28,
        ),  # half past midnight in Berlin: the next has not closed
    ],
)
def test_an_issue_belongs_to_the_last_closed_day(now: datetime, day: int) -> None:
    assert closed_day(Edition(market="DE", zone="Europe/Berlin", cut_off=time(6, 30)), now).day == day


@pytest.mark.parametrize("batches", [(0,), (5,), (2000, 2000, 0), (2000, 5)])
def test_items_are_placed_until_a_batch_is_not_full(
    monkeypatch: pytest.MonkeyPatch, archive: Archive, batches: tuple[int, ...]
) -> None:
    left = list(batches)
    monkeypatch.setattr(enrich, "place_unplaced", lambda *_: left.pop(0))
    placed, _ = enrich.place_everything(archive, "both", lambda: NOW, StoryMemory())
    assert (placed, left) == (sum(batches), [])
