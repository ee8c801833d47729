"""The near-copy index lives as long as its process and knows what was filed meanwhile."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from crawler.dedupe import NearIndex, fingerprint, judge
from domain.model import Batch, Checkpoint, Copy, Filed, Item, ItemKind, Lens, New, Outcome, Tombstone, Visit
from lagebild.job import collect_run
from lagebild.settings import Settings
from lagebild.workshop import Workshop
from storage.memory import MemoryArchive

NOW = datetime(2026, 11, 22, 6, 30, tzinfo=UTC)
WORDS = (
    "Die Aufsicht hat am Montag ein Verfahren gegen den Anbieter eröffnet, weil Minderjährige nachts Nachrichten von "
    "Fremden erhalten hatten und der Anbieter auf Meldungen der Eltern wochenlang nicht antwortete, wie die Behörde mitteilt."
)


def an_item(name: str, text: str = WORDS) -> Item:
    return Item(
        id=name,
        source_id="blatt",
        raw_id=f"raw-{name}",
        kind=ItemKind.ARTICLE,
        url=f"https://blatt.example/{name}",
        title=f"Meldung {name}",
        lead="",
        text=text,
        language="de",
        markets=("DE",),
        lens=Lens.MEDIA,
        published_at=NOW - timedelta(hours=2),
        fetched_at=NOW,
        content_hash=f"{name}|{text}",
        publisher="Blatt",
        outlet="Blatt",
    )


def filed_by_another(archive: MemoryArchive, *items: Item, **parts: object) -> None:
    visit = Visit(source_id="blatt", started_at=NOW, finished_at=NOW, outcome=Outcome.OK)
    filed = tuple(Filed(item, fingerprint(item), New()) for item in items)
    archive.commit(replace(Batch(visit, Checkpoint("blatt"), filed), **parts))


@pytest.fixture
def workshop(tmp_path) -> Workshop:
    return Workshop(Settings(archive=tmp_path / "a.db"), (), MemoryArchive(), clock=lambda: NOW)


def test_a_visit_knows_what_was_filed_since_the_last_one_without_filling_the_index_again(workshop):
    first = collect_run(workshop, ()).desk.index
    filed_by_another(workshop.archive, an_item("a"))
    second = collect_run(workshop, ()).desk.index
    again = an_item("b")
    assert second is first
    assert judge(again, fingerprint(again), None, second) == Copy("a", 1.0)


def test_what_is_told_twice_stands_in_the_index_once(workshop):
    index = workshop.prints.catch_up()
    for _ in range(3):
        index.add(fingerprint(an_item("a")))
    assert len(index._ids) == 1


def test_a_changed_text_replaces_the_earlier_one(workshop):
    index = workshop.prints.catch_up()
    index.add(fingerprint(an_item("a")))
    index.add(fingerprint(an_item("a", "Ein ganz anderer Absatz über Preise von Pilzen im Herbst.")))
    again = an_item("b")
    assert judge(again, fingerprint(again), None, index) == New()


def test_a_copy_of_what_was_deleted_since_is_filed_as_itself(workshop):
    filed_by_another(workshop.archive, an_item("a"))
    index = collect_run(workshop, ()).desk.index
    filed_by_another(workshop.archive, tombstones=(Tombstone("blatt", "raw-a", "deleted", "410"),))
    again = an_item("b")
    verdict = judge(again, fingerprint(again), None, index)
    visit = Visit(source_id="blatt", started_at=NOW, finished_at=NOW, outcome=Outcome.OK)
    filed = (Filed(again, fingerprint(again), verdict),)
    assert workshop.archive.commit(Batch(visit, Checkpoint("blatt"), filed)).new == 1


def test_a_reload_keeps_the_index_of_the_same_archive(workshop):
    index = workshop.prints.catch_up()
    fresh = Workshop(workshop.settings, (), workshop.archive, clock=lambda: NOW)
    assert fresh.succeeding(workshop).prints.catch_up() is index


def test_many_at_once_are_found_as_if_they_had_come_one_by_one():
    texts = [" ".join(f"{word}{n}" for word in WORDS.split()) for n in range(150)]
    prints = [fingerprint(an_item(f"n{n}", text)) for n, text in enumerate(texts)]
    one_by_one, at_once = NearIndex(timedelta(days=7)), NearIndex(timedelta(days=7), prints)
    for print_ in prints:
        one_by_one.add(print_)
    for print_ in prints:
        other = replace(print_, item_id="other", text_hash="")
        assert at_once.nearest(other) == one_by_one.nearest(other) is not None
    assert len(at_once) == len(one_by_one) == 150


def test_a_text_that_came_again_as_another_item_is_told_exactly_though_the_first_has_changed():
    first, second = fingerprint(an_item("a")), fingerprint(an_item("b", WORDS[::-1]))
    index = NearIndex(timedelta(days=7), [first])
    index.add(replace(second, item_id="a"))
    index.add(replace(first, item_id="c"))
    assert index.nearest(replace(first, item_id="d")).item_id == "c"
