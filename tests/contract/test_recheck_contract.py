"""What every archive owes those who ask again: items fall due on their days, and what is gone leaves no word."""

from datetime import timedelta

from domain.model import Look, Search, Tombstone, Updated, Validators


def due(archive, at, per_source=100, limit=100):
    return [item.item_id for item in archive.due_rechecks(at, per_source, limit)]


def test_a_new_item_falls_due_after_one_day(archive, item, batch, now):
    archive.commit(batch(item("a")))
    assert due(archive, now + timedelta(hours=23)) == []
    assert due(archive, now + timedelta(hours=24)) == ["a"]


def test_a_look_says_when_the_next_one_is_and_keeps_validators(archive, item, batch, now):
    archive.commit(batch(item("a")))
    first, second = now + timedelta(days=1), now + timedelta(days=3)
    archive.keep_looks(
        [Look(item_id="a", due_at=second, missed_at=first, validators=Validators("e1", "m1"))], first
    )
    assert due(archive, first) == []
    (again,) = archive.due_rechecks(second, 10, 10)
    assert (again.missed_at, again.validators.etag, again.validators.last_modified) == (first, "e1", "m1")
    assert (again.raw_id, again.url, again.first_seen_at) == ("raw-a", "https://blatt.example/a", now)


def test_after_the_last_look_nobody_asks_again(archive, item, batch, now):
    archive.commit(batch(item("a")))
    archive.keep_looks([Look(item_id="a", due_at=None)], now)
    assert due(archive, now + timedelta(days=400)) == []


def test_one_source_does_not_push_another_out(archive, item, batch, now):
    archive.commit(batch(*(item(f"a{n}") for n in range(5))))
    archive.commit(batch(item("b", source_id="post"), source_id="post", at=now + timedelta(hours=1)))
    later = now + timedelta(days=2)
    assert len(due(archive, later)) == 6
    assert sorted(item_id[0] for item_id in due(archive, later, per_source=2)) == ["a", "a", "b"]
    assert len(due(archive, later, limit=3)) == 3


def test_what_is_gone_loses_its_words_and_is_not_asked_for_again(archive, item, batch, now):
    archive.commit(batch(item("a", title="Drohbrief in Linz"), item("b")))
    tally = archive.keep_looks([], now, tombstones=[Tombstone("blatt", "raw-a", "gone", "410")])
    assert tally.removed == 1
    assert archive.search(Search(text="Drohbrief")).hits == ()
    assert due(archive, now + timedelta(days=2)) == ["b"]


def test_a_changed_text_is_kept_as_a_version(archive, item, batch, now):
    archive.commit(batch(item("a")))
    changed = batch((item("a", text="Ein anderer Absatz."), Updated(("text",)))).filed
    assert archive.keep_looks([], now + timedelta(days=1), filed=changed).updated == 1
    assert archive.items(["a"])[0].text == "Ein anderer Absatz."
    assert len(archive.versions("a")) == 1


def test_what_comes_back_is_watched_again(archive, item, batch, now):
    archive.commit(batch(item("a")))
    archive.keep_looks([], now, tombstones=[Tombstone("blatt", "raw-a", "gone", "410")])
    archive.commit(batch((item("a", title="Wieder da"), Updated(("title",))), at=now + timedelta(days=1)))
    assert due(archive, now + timedelta(days=2)) == ["a"]
