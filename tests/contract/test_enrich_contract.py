"""What every archive owes the enrich belt."""

from dataclasses import replace
from datetime import date, timedelta

import pytest

from domain.model import (
    Annotation,
    Copy,
    Evidence,
    Level,
    Membership,
    Outcome,
    Reading,
    Signal,
    Story,
    StoryState,
    Updated,
)


def tag(item_id: str, layer: str, label: str, annotator: str = "risk/1", **more: object) -> Annotation:
    return Annotation(item_id=item_id, layer=layer, label=label, annotator=annotator, **more)


def relevant(item_id: str, topic: str) -> Reading:
    return Reading(item_id, "risk/1", (tag(item_id, "relevance", "relevant"), tag(item_id, "topic", topic)))


def test_an_annotator_is_offered_each_version_once_and_no_copies(archive, item, batch, now):
    archive.commit(batch(item("a"), item("b"), (item("c"), Copy("a", 0.9))))
    assert {x.id for x in archive.unread("risk/1", 10)} == {"a", "b"}
    assert len(archive.unread("risk/1", 1)) == 1
    archive.keep_readings([Reading("a", "risk/1"), Reading("b", "risk/1")], now)
    assert archive.unread("risk/1", 10) == []
    assert len(archive.unread("names/1", 10)) == 2
    archive.commit(batch((item("a", text="Neu."), Updated(("text",))), at=now + timedelta(hours=1)))
    assert [x.id for x in archive.unread("risk/1", 10)] == ["a"]


def test_a_new_version_of_an_annotator_reads_everything_again(archive, item, batch, now):
    archive.commit(batch(item("a")))
    archive.keep_readings([Reading("a", "risk/1")], now)
    assert [x.id for x in archive.unread("risk/2", 10)] == ["a"]


def test_readings_out_of_order_are_not_forgotten(archive, item, batch, now):
    archive.commit(batch(item("a"), item("b"), item("c")))
    first, *_, last = [x.id for x in archive.unread("risk/1", 10)]
    archive.keep_readings([Reading(last, "risk/1")], now)
    assert first in [x.id for x in archive.unread("risk/1", 10)]
    assert last not in [x.id for x in archive.unread("risk/1", 10)]


def test_what_a_later_version_no_longer_says_is_closed(archive, item, batch, now):
    archive.commit(batch(item("a")))
    evidence = (Evidence(0, 5, "Hetze", "phrase"),)
    hate = tag("a", "topic", "hate", start=0, end=5, text="Hetze", evidence=evidence, score=0.8)
    name = tag("a", "entity", "ORG", "names/1", target="meta")
    archive.keep_readings([Reading("a", "risk/1", (hate,)), Reading("a", "names/1", (name,))], now)
    assert archive.annotations(["a"], "topic") == {"a": [hate]}
    scam = tag("a", "topic", "scam", "risk/2")
    archive.keep_readings([Reading("a", "risk/2", (scam,))], now + timedelta(days=1))
    assert archive.annotations(["a"]) == {"a": [name, scam]}


def test_the_same_reading_again_adds_nothing(archive, item, batch, now):
    archive.commit(batch(item("a")))
    archive.keep_readings([relevant("a", "hate")], now)
    before = archive.counts()
    archive.keep_readings([relevant("a", "hate")], now + timedelta(days=1))
    assert archive.counts() == before


def test_vectors_are_kept_by_what_they_are_of(archive, item, batch, now):
    archive.commit(batch(item("a"), item("b")))
    archive.keep_readings([Reading("a", "embed/1", vector=b"\x00" * 8, vector_of="fuse/1")], now)
    assert archive.vectors(["a", "b"], "fuse/1") == {"a": b"\x00" * 8}
    assert archive.vectors(["a"], "other/1") == {}


def story(story_id: str, now, **more: object) -> Story:
    return replace(
        Story(id=story_id, title=f"Lage {story_id}", language="de", opened_at=now, changed_at=now), **more
    )


def test_unplaced_items_are_read_and_in_no_story(archive, item, batch, now):
    archive.commit(batch(item("a"), item("b", published_at=now - timedelta(hours=5)), item("c")))
    archive.keep_readings([Reading("a", "risk/1"), Reading("b", "risk/1")], now)
    assert [x.id for x in archive.unplaced(10, now - timedelta(days=1))] == ["b", "a"]
    archive.keep_stories([story("s", now)], [Membership("s", "b", now)], now)
    assert [x.id for x in archive.unplaced(10, now - timedelta(days=1))] == ["a"]


def test_a_revision_changes_with_words_and_entities_alone(archive, item, batch, now):
    archive.commit(batch(item("a"), item("b")))
    before = archive.revisions(["a", "b", "nobody"])
    assert set(before) == {"a", "b"}
    archive.keep_readings([relevant("a", "hate"), Reading("b", "names/1")], now)
    assert archive.revisions(["a", "b"]) == before
    named = tag("a", "entity", "ORG", "names/1", start=0, end=7, text="Meldung")
    archive.keep_readings([Reading("a", "names/1", (named,))], now)
    archive.commit(batch((item("b", text="Neu."), Updated(("text",))), at=now + timedelta(hours=1)))
    after = archive.revisions(["a", "b"])
    assert (after["a"] != before["a"], after["b"] != before["b"]) == (True, True)
    archive.keep_readings([Reading("a", "names/2")], now + timedelta(hours=1))
    assert archive.revisions(["a"])["a"] == before["a"]


def test_stories_and_members_hold_until_changed(archive, item, batch, now):
    archive.commit(batch(item("a"), item("b")))
    first = story("s", now)
    held = Membership("s", "a", now, why="tiktok", similarity=0.8, by="stories/1")
    archive.keep_stories([first], [held], now)
    assert archive.stories(now) == [first]
    assert archive.members(["s"]) == {"s": [held]}
    later = now + timedelta(hours=1)
    closed = replace(first, state=StoryState.CLOSED, changed_at=later)
    archive.keep_stories([closed], [], later)
    assert archive.stories(now) == [closed]


def test_an_item_moves_to_its_new_story_and_leaves_the_old(archive, item, batch, now):
    archive.commit(batch(item("a")))
    archive.keep_stories([story("s", now), story("t", now)], [Membership("s", "a", now, by="stories/1")], now)
    later = now + timedelta(hours=1)
    archive.keep_stories([], [Membership("t", "a", later, by="stories/1")], later)
    assert archive.members(["s", "t"]) == {"t": [Membership("t", "a", later, by="stories/1")]}


def test_a_rerun_respects_what_a_person_placed(archive, item, batch, now):
    archive.commit(batch(item("a")))
    archive.keep_stories([story("s", now), story("t", now)], [Membership("s", "a", now, by="anna")], now)
    later = now + timedelta(hours=1)
    archive.keep_stories([], [Membership("t", "a", later, by="stories/1")], later)
    assert [m.item_id for m in archive.members(["s"])["s"]] == ["a"]


def test_a_series_counts_a_wire_report_as_one_voice(archive, item, batch, now):
    copies = [(item(f"c{n}", outlet=f"Blatt {n}", publisher=f"Haus {n}"), Copy("a", 0.9)) for n in range(3)]
    archive.commit(batch(item("a", outlet="Agentur", publisher="Agentur"), *copies, item("b")))
    archive.keep_readings([relevant("a", "hate"), relevant("b", "hate")], now)
    day = date(2026, 11, 22)
    assert archive.series("topic", day, day, "Europe/Berlin", "DE") == {"hate": {day: (2, 5, 2)}}
    assert archive.series("topic", day, day, "Europe/Berlin", "AT") == {}


def test_a_series_leaves_out_irrelevant_and_suppressed(archive, item, batch, now):
    archive.commit(batch(item("a"), item("b")))
    taken_back = Reading(
        "b", "risk/1", (tag("b", "relevance", "relevant"), tag("b", "topic", "hate", suppressed=True))
    )
    archive.keep_readings([Reading("a", "risk/1", (tag("a", "topic", "hate"),)), taken_back], now)
    day = date(2026, 11, 22)
    assert archive.series("topic", day, day, "Europe/Berlin", "DE") == {}


def test_a_day_begins_at_midnight_of_the_market(archive, item, batch, now):
    archive.commit(batch(item("a", published_at=now.replace(day=21, hour=23, minute=30))))
    archive.keep_readings([relevant("a", "hate")], now)
    span = date(2026, 11, 21), date(2026, 11, 22)
    assert list(archive.series("topic", *span, "Europe/Berlin", "DE")["hate"]) == [date(2026, 11, 22)]
    assert list(archive.series("topic", *span, "UTC", "DE")["hate"]) == [date(2026, 11, 21)]


def test_coverage_is_the_share_of_usual_volume_that_reported(archive, source, item, batch, now):
    archive.sync_sources([source("blatt"), source("klein")], now)
    usual = [item(f"u{n}", published_at=now - timedelta(days=n % 20, hours=3)) for n in range(90)]
    archive.commit(batch(*usual, at=now - timedelta(days=1)))
    archive.commit(batch(item("k", source_id="klein"), source_id="klein", at=now - timedelta(days=1)))
    archive.commit(batch(source_id="klein", at=now))
    day = date(2026, 11, 22)
    covered = archive.coverage(day - timedelta(days=1), day, "Europe/Berlin", "DE")
    assert covered[day - timedelta(days=1)] == 1.0
    assert covered[day] == pytest.approx(0.1 / 3.1, abs=0.02)
    archive.commit(batch(at=now, outcome=Outcome.BLOCKED))
    assert archive.coverage(day, day, "Europe/Berlin", "DE")[day] == pytest.approx(covered[day], abs=0.01)
    assert archive.coverage(day, day, "Europe/Berlin", "CH")[day] == 1.0


def test_signals_are_kept_by_id_loudest_first(archive):
    day = date(2026, 11, 22)
    quiet = Signal(
        id="q", dimension="topic", label="scam", market="DE", day=day, count=6, expected=2.0, upper=5.0, score=3.1,
        p_value=0.001, level=Level.WATCH, reasons=("z > 3",), item_ids=("a",),
    )  # fmt: skip
    loud = replace(quiet, id="l", level=Level.ELEVATED, score=6.0)
    archive.keep_signals([quiet, loud])
    archive.keep_signals([replace(quiet, muted="sources down")])
    assert archive.signals(day, day, "DE") == [loud, replace(quiet, muted="sources down")]
    assert archive.signals(day, day, "AT") == []
