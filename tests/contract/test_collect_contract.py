"""What every archive owes the collect belt."""

import random
from dataclasses import replace
from datetime import timedelta

import pytest

from crawler.rhythm import HISTORY, health, next_due, weighed
from domain.model import (
    Checkpoint,
    Consent,
    Copy,
    Engagement,
    Letter,
    Outcome,
    PageKind,
    Reading,
    Rights,
    Search,
    Tally,
    Tombstone,
    Updated,
    Validators,
    Visit,
)


def test_a_committed_item_comes_back_as_it_was(archive, item, batch, now):
    full = item(
        "x",
        lead="Ein Vorspann.",
        language_flags=("short",),
        updated_at=now,
        time_quality="day",
        authors=("Mia Muster",),
        tags=("Netz",),
        section="Digital",
        page_kind=PageKind.LIVEBLOG,
        paywalled=False,
        comments=3,
        text_origin="page",
        rights=Rights.SNIPPET_ONLY,
        rights_evidence="tdmrep",
        platform="mastodon",
        instance="social.example",
        root_id="r",
        author_ref="p1",
        links=("https://example.org/",),
        engagement=Engagement(likes=0, views=9),
        rating=1.5,
        sensitive=True,
        consent=Consent(indexable=False),
        expires_at=now + timedelta(days=30),
        markets=("AT", "DE"),
    )
    plain = item("y")
    archive.commit(batch(full, plain))
    assert archive.items(["y", "unknown", "x"]) == [plain, full]


def test_a_commit_says_what_it_changed(archive, item, batch):
    tally = archive.commit(batch(item("a"), (item("b"), Copy("a", 0.9))))
    assert tally == Tally(new=1, copies=1)


def test_the_same_batch_again_changes_nothing(archive, item, batch):
    one = batch(item("a"), (item("b"), Copy("a", 0.9)))
    archive.commit(one)
    before = archive.counts()
    assert archive.commit(one) == Tally(known=2)
    assert archive.counts() == before


def test_a_later_version_replaces_the_words_and_keeps_the_old_ones(archive, item, batch, now):
    archive.commit(batch(item("a", title="Erste Fassung")))
    later = item("a", title="Zweite Fassung")
    tally = archive.commit(batch((later, Updated(("title",))), at=now + timedelta(hours=1)))
    assert tally == Tally(updated=1)
    assert archive.items(["a"]) == [later]
    assert [(v.title, v.valid_from, v.valid_to) for v in archive.versions("a")] == [
        ("Erste Fassung", now, now + timedelta(hours=1))
    ]


def test_counts_that_change_are_kept_without_a_new_version(archive, item, batch, now):
    archive.commit(batch(item("a", comments=1)))
    archive.commit(batch((item("a", comments=5), Updated(("comments",))), at=now + timedelta(hours=1)))
    assert archive.items(["a"])[0].comments == 5
    assert archive.versions("a") == []


def test_known_entries_and_hashes_name_what_is_held(archive, item, batch, now):
    archive.commit(batch(item("a", updated_at=now), item("b")))
    assert archive.known_entries("blatt", ["raw-a", "raw-b", "raw-c"]) == {"raw-a": now, "raw-b": None}
    assert archive.known_entries("anderes", ["raw-a"]) == {}
    assert archive.known_hashes(["b", "c"]) == {"b": item("b").content_hash}


def test_fingerprints_are_those_of_representatives_oldest_first(archive, item, batch, now):
    old = item("old", published_at=now - timedelta(days=9))
    first, second = item("first", published_at=now - timedelta(hours=3)), item("second")
    archive.commit(batch(second, old, first, (item("copy"), Copy("first", 0.8))))
    found = list(archive.fingerprints(now - timedelta(days=1)))
    assert [f.item_id for f in found] == ["first", "second"]
    assert (found[0].signature, found[0].published_at) == (b"\x01\x02", first.published_at)


def test_a_copy_of_a_copy_counts_for_the_first(archive, item, batch, now):
    archive.commit(batch(item("a"), (item("b"), Copy("a", 0.9))))
    archive.commit(batch((item("c"), Copy("b", 0.8)), at=now + timedelta(minutes=5)))
    assert archive.copies("a") == ["b", "c"]


def test_the_checkpoint_of_the_last_commit_holds(archive, batch):
    checkpoint = Checkpoint(
        "blatt", {"page": "3"}, {"https://blatt.example/feed": Validators('"e"', "", "h")}
    )
    assert archive.checkpoint("blatt") == Checkpoint("blatt")
    archive.commit(batch(checkpoint=checkpoint))
    assert archive.checkpoint("blatt") == checkpoint


def test_sources_fall_due_longest_overdue_first(archive, source, batch, now):
    archive.sync_sources([source("a"), source("b"), source("off", enabled=False)], now)
    archive.commit(batch(source_id="a", next_due=now + timedelta(hours=2)))
    archive.commit(batch(source_id="b", next_due=now + timedelta(hours=1)))
    assert archive.due_sources(now) == []
    assert archive.due_sources(now + timedelta(hours=3)) == ["b", "a"]


def test_paused_and_retired_sources_are_never_due(archive, source, now):
    archive.sync_sources([source("a"), source("b")], now)
    archive.pause("a", "410", now)
    assert archive.due_sources(now) == ["b"]
    archive.sync_sources([source("a")], now)
    assert archive.due_sources(now) == []
    archive.resume("a", now)
    assert archive.due_sources(now) == ["a"]


def test_each_visit_is_remembered_once(archive, batch, now):
    archive.commit(batch(outcome=Outcome.BLOCKED))
    archive.commit(batch(outcome=Outcome.BLOCKED))
    archive.commit(batch(source_id="anderes", at=now + timedelta(minutes=1)))
    assert [v.outcome for v in archive.visits(now)] == [Outcome.BLOCKED, Outcome.OK]
    assert [v.source_id for v in archive.visits(now, "anderes")] == ["anderes"]


def test_dead_letters_are_kept_newest_first_and_dropped(archive, batch, now):
    old = Letter("blatt", "https://blatt.example/1", "page", "kaputt", b"\xff", now - timedelta(hours=1))
    new = replace(old, url="https://blatt.example/2", seen_at=now)
    archive.commit(batch(letters=(old, new)))
    assert archive.letters() == [new, old]
    archive.drop_letters([new])
    assert archive.letters("blatt") == [old]


def test_a_tombstone_takes_the_words_out_and_keeps_the_raw_id_known(archive, item, batch, now):
    archive.commit(batch(item("a", title="Geheimnis", text="Verborgenes"), item("b")))
    grave = Tombstone("blatt", "raw-a", "deleted", "410")
    assert archive.commit(batch(tombstones=(grave,), at=now + timedelta(hours=1))).removed == 1
    (gone,) = archive.items(["a"])
    assert (gone.title, gone.text, gone.url, gone.author_ref) == ("", "", "", "")
    assert archive.known_entries("blatt", ["raw-a"]) == {"raw-a": None}
    assert archive.verify() == []


def test_what_was_deleted_at_its_source_does_not_enter_again(archive, item, batch, now):
    archive.commit(batch(item("a")))
    archive.commit(batch(tombstones=(Tombstone("blatt", "raw-a", "deleted", "410"),)))
    assert archive.commit(batch(item("a"), at=now + timedelta(hours=1))) == Tally(known=1)
    assert archive.items(["a"])[0].title == ""


def test_an_author_who_left_takes_all_posts_along(archive, item, batch):
    archive.commit(batch(item("a", author_ref="p1"), item("b", author_ref="p1"), item("c", author_ref="p2")))
    grave = Tombstone("blatt", "", "deleted", "account deleted", author="p1")
    assert archive.commit(batch(tombstones=(grave,))).removed == 2
    assert [x.title for x in archive.items(["a", "b", "c"])] == ["", "", "Meldung c"]


def test_the_oldest_copy_stands_in_for_a_representative_that_is_gone(archive, item, batch):
    archive.commit(batch(item("a"), (item("b"), Copy("a", 0.9)), (item("c"), Copy("a", 0.9))))
    archive.commit(batch(tombstones=(Tombstone("blatt", "raw-a", "gone", "410"),)))
    heirs = [x.id for x in archive.unread("risk/1", 10)]
    assert len(heirs) == 1
    assert set(archive.copies(heirs[0])) | set(heirs) == {"b", "c"}


def test_a_copy_of_what_is_gone_stands_for_itself(archive, item, batch, now):
    archive.commit(batch(item("a")))
    archive.commit(batch(tombstones=(Tombstone("blatt", "raw-a", "deleted", "410"),)))
    tally = archive.commit(batch((item("b"), Copy("a", 0.9)), at=now + timedelta(minutes=1)))
    assert tally == Tally(new=1)
    assert [one.id for one in archive.unread("risk/1", 10)] == ["b"]


def test_many_items_of_one_second_are_all_kept(archive, item, batch, now):
    many = [item(f"n{n}", published_at=now, time_quality="day") for n in range(700)]
    assert archive.commit(batch(*many)).new == 700
    assert len(archive.items([x.id for x in many])) == 700


# --- copies that are settled before anybody reads ------------------------------------------------


def test_copies_are_placed_anew_until_somebody_has_read_them(archive, item, batch, now):
    late, early = (
        item(name, published_at=now - timedelta(hours=h)) for name, h in (("late", 1), ("early", 3))
    )
    archive.commit(batch(late, (early, Copy("late", 0.9)), item("teaser")))
    assert [one.item_id for one in archive.open_fingerprints()] == ["early", "teaser", "late"]
    places = {"early": None, "late": Copy("early", 0.9), "teaser": Copy("early", 0.8)}
    assert archive.settle_copies(places) == 3
    assert set(archive.copies("early")) == {"late", "teaser"}
    assert [one.id for one in archive.unread("risk/1", 10)] == ["early"]
    assert archive.settle_copies(places) == 0


def test_a_copy_of_what_has_become_a_copy_is_led_to_the_first(archive, item, batch, now):
    archive.commit(batch(item("a"), item("b"), item("c")))
    archive.settle_copies({"b": Copy("a", 0.9), "c": Copy("b", 0.9)})
    assert set(archive.copies("a")) == {"b", "c"}


def test_what_was_read_keeps_its_place(archive, item, batch, now):
    archive.commit(batch(item("late", published_at=now - timedelta(hours=1))))
    archive.keep_readings([Reading("late", "risk/1")], now)
    archive.commit(batch((item("early", published_at=now - timedelta(hours=3)), Copy("late", 0.9)), at=now))
    assert archive.open_fingerprints() == []
    assert archive.settle_copies({"early": None, "late": Copy("early", 0.9)}) == 0
    assert archive.copies("late") == ["early"]


def test_a_copy_without_a_time_of_its_own_stands_at_its_originals(archive, item, batch, now):
    old = item("old", published_at=now - timedelta(days=10))
    undated = [item(name, published_at=now, time_quality="fetched") for name in ("filed", "settled", "alone")]
    archive.commit(batch(undated[1], undated[2], at=now))
    archive.commit(batch(old, (undated[0], Copy("old", 1.0)), at=now))
    archive.settle_copies({"settled": Copy("old", 0.9)})
    times = {one.id: one.published_at for one in archive.items(["old", "filed", "settled", "alone"])}
    assert times == dict.fromkeys(("old", "filed", "settled"), old.published_at) | {"alone": now}


def test_on_its_own_again_it_stands_at_the_time_when_it_was_found(archive, item, batch, now):
    old, undated = (
        item("old", published_at=now - timedelta(days=10)),
        item("undated", published_at=now, time_quality="fetched"),
    )
    archive.commit(batch(old, (undated, Copy("old", 1.0)), at=now))
    archive.settle_copies({"undated": None})
    assert archive.items(["undated"])[0].published_at == now


def test_a_copy_with_a_time_of_its_own_keeps_it(archive, item, batch, now):
    archive.commit(
        batch(
            item("old", published_at=now - timedelta(days=10)),
            (item("new", published_at=now), Copy("old", 1.0)),
            at=now,
        )
    )
    assert archive.items(["new"])[0].published_at == now


def test_fingerprints_after_a_change_are_those_filed_since(archive, item, batch, now):
    archive.commit(batch(item("a")))
    seen, first = archive.fingerprints_after(0)
    archive.commit(batch(item("b"), (item("c"), Copy("a", 0.9)), at=now + timedelta(minutes=1)))
    _, news = archive.fingerprints_after(seen)
    assert [one.item_id for one in first] == ["a"]
    assert [one.item_id for one in news] == ["b"]


@pytest.mark.fleet
def test_a_fleet_s_ids_run_with_time_however_many_there_are(postgres, item, batch, now):
    """A hundred items in each of twenty seconds: with one id a second the last would stray by more than half an hour."""
    seconds = [now + timedelta(seconds=n) for n in range(20)]
    items = [
        item(f"{n}-{k}", published_at=at, fetched_at=at) for n, at in enumerate(seconds) for k in range(100)
    ]
    postgres.commit(batch(*items, at=seconds[-1]))
    farthest = postgres.value("SELECT max(id) - min(id) FROM item")
    assert farthest < 1000 * 10 * 60
    between = Search(since=seconds[5], until=seconds[6], limit=200)
    assert {hit.item.id for hit in postgres.search(between).hits} == {f"5-{k}" for k in range(100)}


def test_one_thing_from_two_sources_belongs_to_the_first_by_name_until_it_is_read(archive, item, batch, now):
    archive.commit(batch(item("a", source_id="stream", outlet="Strom"), source_id="stream"))
    archive.commit(batch(item("a", source_id="search", outlet="Suche"), source_id="search"))
    assert archive.items(["a"])[0].outlet == "Suche"
    archive.commit(batch(item("a", source_id="zzz", outlet="Später"), source_id="zzz"))
    archive.keep_readings([Reading("a", "risk/1")], now)
    archive.commit(batch(item("a", source_id="alpha", outlet="Zu spät"), source_id="alpha"))
    assert archive.items(["a"])[0].outlet == "Suche"


@pytest.mark.parametrize("seed", range(3))
def test_the_rhythm_s_history_leaves_out_only_what_changes_no_answer(archive, source, batch, now, seed):
    chance, outcomes = (
        random.Random(seed),
        ["unchanged"] * 6 + ["ok", "ok", "empty", "unreachable", "skipped"],
    )
    for n in range(260):
        outcome = Outcome(chance.choice(outcomes))
        entries = chance.randrange(30) if outcome is Outcome.OK else 0
        at = now - timedelta(hours=2 * (260 - n))
        visit = Visit(
            source_id="blatt",
            started_at=at,
            finished_at=at,
            outcome=outcome,
            entries=entries,
            fresh=min(entries, chance.choice((0, 0, 2))),
        )
        archive.commit(replace(batch(at=at), visit=visit))
    whole, kept = archive.visits(now - HISTORY, "blatt"), archive.history(now - HISTORY, "blatt")
    assert len(kept) < len(whole) == 260
    assert next_due(source(), kept, now) == next_due(source(), whole, now)
    for outcome in (Outcome.OK, Outcome.EMPTY):
        visit = Visit(source_id="blatt", started_at=now, finished_at=now, outcome=outcome)
        assert weighed(visit, kept) == weighed(visit, whole)


def test_the_history_tells_since_when_a_source_is_well_and_which_pages_failed(archive, batch, now):
    for n in range(260):
        at = now - timedelta(hours=2 * (260 - n))
        outcome = Outcome.UNREACHABLE if n == 100 else Outcome.UNCHANGED
        visit = Visit(
            source_id="blatt", started_at=at, finished_at=at, outcome=outcome, pages_failed=int(n == 190)
        )
        archive.commit(replace(batch(at=at), visit=visit))
    kept = archive.history(now - HISTORY, "blatt")
    assert len(kept) < 110
    assert health(kept, now) == health(archive.visits(now - HISTORY, "blatt"), now)
    assert health(kept, now).unread == 1.0


def test_the_latest_visit_and_what_is_new_are_told_by_source(archive, source, batch, now):
    archive.sync_sources([source("blatt"), source("still")], now)
    for hours, fresh in ((5, 4), (2, 3), (1, 0)):
        made = batch(at=now - timedelta(hours=hours))
        archive.commit(replace(made, visit=replace(made.visit, fresh=fresh)))
    assert archive.latest_visits() == {"blatt": now - timedelta(hours=1)}
    assert archive.fresh_since(now - timedelta(hours=3)) == {"blatt": 3}
