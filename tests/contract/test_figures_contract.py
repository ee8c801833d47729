"""What the figures of a digest mean, on a world small enough to count by hand."""

import json
from dataclasses import replace
from datetime import timedelta

import pytest

from domain.model import (
    Annotation,
    Copy,
    Incident,
    IncidentState,
    Lens,
    Membership,
    Outcome,
    Reading,
    Story,
    Tombstone,
    TriageEvent,
    Updated,
)

DAY = timedelta(days=1)


def reading(item_id: str, *tags: tuple[str, str]) -> Reading:
    said = [
        Annotation(
            item_id=item_id,
            layer=layer,
            label=label,
            annotator="risk/1",
            target="tiktok" if layer == "perception" else "",
        )
        for layer, label in (("relevance", "relevant"), *tags)
    ]
    return Reading(item_id, "risk/1", tuple(said))


@pytest.fixture
def ask(archive, now):
    """Asks about the last day in DE; parameters that a question does not know are left out."""
    usual = {
        "market": "DE",
        "before": (now - 2 * DAY).isoformat(),
        "since": (now - DAY).isoformat(),
        "until": now.isoformat(),
        "base_since": (now - 28 * DAY).isoformat(),
        "most": 10,
    }

    def answer(name: str, as_of=now, **parameters):
        return json.loads(archive.ask(name, {**usual, **parameters}, as_of).value)

    return answer


@pytest.fixture
def world(archive, source, item, batch, now):
    """A story that grew (a yesterday; b and its copies today), a single report, and an irrelevant item."""
    early = now - timedelta(minutes=5)
    archive.sync_sources([source("blatt"), source("amt", lens=Lens.REGULATOR)], early)
    copies = [(item(f"c{n}", outlet=f"Ort {n}", publisher=f"Haus {n}"), Copy("b", 0.9)) for n in range(2)]
    archive.commit(
        batch(
            item("a", published_at=now - 1.5 * DAY, publisher="Alt"),
            item("b", publisher="Agentur", outlet="Agentur"),
            item("single", publisher="Einer"),
            item("rule", lens=Lens.REGULATOR, source_id="amt"),
            item("noise"),
            *copies,
            at=early,
        )
    )
    archive.keep_readings(
        [
            reading("a", ("topic", "hate")),
            reading(
                "b", ("topic", "hate"), ("feature", "live"), ("severity", "4"), ("perception", "critical")
            ),
            reading("single", ("topic", "scam"), ("severity", "3"), ("perception", "neutral")),
            reading("rule"),
        ],
        early,
    )
    story = Story(id="s", title="Die Lage", language="de", opened_at=now - 1.5 * DAY, changed_at=early)
    archive.keep_stories([story], [Membership("s", "a", early), Membership("s", "b", early)], early)
    return archive


def test_volume_counts_copies_once(world, ask):
    assert ask("volume") == {"items": 4, "relevant": 3, "outlets": 4, "publishers": 3, "articles": 6}
    assert ask("items_count") == 6


def test_topics_count_independent_publishers(world, ask):
    assert ask("topics") == [
        {"label": "hate", "publishers": 1, "outlets": 3, "items": 1},
        {"label": "scam", "publishers": 1, "outlets": 1, "items": 1},
    ]
    assert ask("cells") == [{"topic": "hate", "feature": "live", "items": 1, "publishers": 1}]
    assert ask("topics", market="AT") == []
    assert len(ask("topics", market="DACH")) == 2


def test_lenses_count_stances(world, ask):
    assert ask("lenses") == [{"lens": "media", "n": 2, "critical": 1, "supportive": 0}]


def test_a_story_tells_its_life_and_its_day(world, ask):
    (story,) = ask("stories")
    assert {name: story[name] for name in ("id", "items", "outlets", "publishers", "items_now", "publishers_now", "publishers_before", "severity", "topics", "features")} == {
        "id": "s",
        "items": 4,
        "outlets": 4,
        "publishers": 2,
        "items_now": 3,
        "publishers_now": 1,
        "publishers_before": 1,
        "severity": 4,
        "topics": ["hate"],
        "features": ["live"],
    }  # fmt: skip
    assert [(x["id"], x["change"]) for x in ask("story_changes")] == [("s", "same")]
    assert [x["item_id"] for x in ask("story_reports", stories='["s"]')] == ["a", "b", "c0", "c1"]


def test_sources_that_came_and_went_are_told(archive, source, ask, now):
    archive.sync_sources([source("alt"), source("neu")], now - timedelta(hours=5))
    archive.sync_sources([source("neu")], now - timedelta(hours=2))
    told = {(row["id"], row["change"]) for row in ask("source_changes")}
    assert {("alt", "added"), ("neu", "added"), ("alt", "removed")} <= told


def test_weak_signals_and_authorities_are_listed(world, ask):
    assert [x["item_id"] for x in ask("singles", min_severity=3)] == ["single"]
    assert [x["item_id"] for x in ask("regulator")] == ["rule"]
    shown = ask("items", topic="hate", feature="", platform="", lens="")
    assert [(x["item_id"], x["story_id"], x["topics"]) for x in shown] == [("b", "s", ["hate"])]


def test_corrections_give_the_old_and_the_new_headline(world, ask, item, batch, now):
    later = now + timedelta(hours=2)
    world.commit(batch((item("b", title="Neu"), Updated(("title",))), at=later))
    world.commit(batch(tombstones=(Tombstone("blatt", "raw-single", "withdrawn", "410"),), at=later))
    after = {"as_of": later, "since": now.isoformat(), "until": later.isoformat()}
    assert [(x["kind"], x["old"], x["new"]) for x in ask("corrections", **after)] == [
        ("headline", "Meldung b", "Neu"),
        ("withdrawn", "", ""),
    ]
    assert ask("corrections") == []


def test_sources_tell_since_when_they_are_silent(world, ask, batch, now):
    world.commit(batch(outcome=Outcome.BLOCKED, at=now - timedelta(minutes=2)))
    by_id = {x["id"]: x for x in ask("sources")}
    assert by_id["blatt"]["outcome"] == "blocked"
    assert by_id["blatt"]["since"].startswith("2026-11-22T06:28")
    assert by_id["amt"]["outcome"] == "skipped"
    assert by_id["blatt"]["share"] == 1.0


def test_every_answer_as_of_a_moment_stays_what_it_was(world, ask, item, batch, now):
    names = (
        "volume",
        "topics",
        "lenses",
        "cells",
        "stories",
        "story_changes",
        "sources",
        "regulator",
        "incidents",
    )
    before = {name: ask(name) for name in names}
    later = now + timedelta(hours=3)
    world.commit(batch(item("late"), (item("b", title="Neu"), Updated(("title",))), at=later))
    world.keep_readings([replace(reading("late", ("topic", "hate"))), reading("a")], later)
    world.keep_stories(
        [Story(id="s", title="Anders", language="de", opened_at=now, changed_at=later)],
        [Membership("s", "late", later), Membership("s", "single", later)],
        later,
    )
    world.pause("blatt", "403", later)
    opened = Incident(id="i", title="x", market="DE", severity=4, state=IncidentState.NEW, opened_at=later)
    world.open_incident(opened, TriageEvent(incident_id="i", at=later, by="anna", action="open"))
    assert {name: ask(name) for name in names} == before
    assert ask("volume", as_of=later) != before["volume"]
    assert len(ask("incidents", as_of=later)) == 1


def test_places_count_an_item_once_for_its_region(world, ask, now):
    def naming(item_id, *places):
        told = reading(item_id)
        said = [replace(told.annotations[0], layer="entity", label="LOC", text=place) for place in places]
        return replace(told, annotations=(*told.annotations, *said))

    world.keep_readings([naming("b", "München", "Nürnberg", "Paris"), naming("single", "München")], now)
    listed = [["DE-BY", "München"], ["DE-BY", "Nürnberg"], ["DE-HH", "Hamburg"]]
    rows = ask("places", places=json.dumps(listed))
    assert [(row["region"], row["name"], row["items"]) for row in rows] == [
        ("", "", 2),
        ("DE-BY", "", 2),
        ("DE-BY", "München", 2),
        ("DE-BY", "Nürnberg", 1),
    ]
    assert ask("places", places="[]") == [{"region": "", "name": "", "items": 0, "publishers": 0}]


def test_labels_give_the_taggers_precision(world, ask, now):
    assert ask("quality", layer="topic") == {"precision": None, "sample": 0, "checked_on": None}
    for n, verdict in enumerate(("right", "right", "wrong", "missing")):
        world.keep_label(f"x{n}", "topic", "hate", verdict, "anna", now)
    assert ask("quality", layer="topic") == {"precision": 0.6667, "sample": 3, "checked_on": "2026-11-22"}


def test_a_day_without_news_has_an_answer_to_everything(archive, ask, now):
    assert ask("volume")["items"] == 0
    assert ask("stories") == []
    assert ask("false_alarms") == {"dismissed": 0, "opened": 0}
    day = ["2026-11-21", "2026-11-20T23:00:00.000000Z", "2026-11-21T23:00:00.000000Z"]
    assert ask("daily", days=json.dumps([day])) == [
        {"day": "2026-11-21", "items": 0, "relevant": 0, "publishers": 0}
    ]


def test_coverage_falls_on_the_days_a_source_did_not_report(world, archive, ask, batch, now):
    days = [
        [day.date().isoformat(), day.isoformat(), (day + DAY).isoformat()]
        for day in (now - 3 * DAY, now - 2 * DAY)
    ]
    for source_id, ends in (("blatt", (Outcome.OK, Outcome.OK)), ("amt", (Outcome.OK, Outcome.BLOCKED))):
        for back, outcome in zip((3, 2), ends, strict=True):
            archive.commit(batch(source_id=source_id, at=now - back * DAY + DAY / 2, outcome=outcome))
    told = {row["day"]: row["share"] for row in ask("coverage_daily", days=json.dumps(days))}
    first, second = sorted(told)
    assert told[first] == 1.0
    assert 0 < told[second] < 1.0


def test_reports_are_found_by_their_ids_oldest_first(world, ask):
    told = ask("reports", items=json.dumps(["b", "a", "unknown"]))
    assert [row["item_id"] for row in told] == ["a", "b"]
