"""What every archive owes whoever keeps it."""

import json
from dataclasses import replace
from datetime import timedelta

from domain.model import Membership, Search, Story, Tombstone


def test_a_healthy_archive_has_no_faults(archive, item, batch):
    archive.commit(batch(item("a")))
    assert archive.verify() == []


def test_texts_past_their_time_are_removed(archive, item, batch, now):
    archive.commit(batch(item("a", expires_at=now + timedelta(days=1)), item("b")))
    assert archive.expire(now) == 0
    assert archive.expire(now + timedelta(days=2)) == 1
    assert [hit.item.id for hit in archive.search(Search()).hits] == ["b"]


def test_the_audit_log_is_a_chain(archive, now):
    receipt = archive.note("anna", "erase", "sha256:1", {"items": 3}, now)
    archive.note("anna", "export", "", {"rows": 9}, now)
    assert archive.audit_log()[0]["sha256"] == receipt
    assert archive.broken_audit_lines() == []


def test_erasing_an_author_removes_every_post_and_can_be_tried_first(archive, item, batch, now):
    archive.commit(batch(item("a", author_ref="p1"), item("b", url="https://blatt.example/weg"), item("c")))
    asked = {"author_refs": ["p1"], "urls": ["https://blatt.example/weg"]}
    assert {x.id for x in archive.matching(**asked)} == {"a", "b"}
    assert archive.erase(now, **asked, reason="Art. 17") == 2
    assert archive.matching(**asked) == []
    assert [hit.item.id for hit in archive.search(Search()).hits] == ["c"]


def test_what_must_not_enter_again_is_known_by_hash(archive, now):
    archive.suppress({"h1": "author"}, "Art. 17", now)
    assert archive.suppressed("author", ["h1", "h2"]) == {"h1"}
    assert archive.suppressed("url", ["h1"]) == set()


def test_a_rebuilt_index_finds_the_same(archive, item, batch):
    archive.commit(batch(item("a", title="Cybermobbing")))
    archive.rebuild_index()
    archive.tend()
    assert [hit.item.id for hit in archive.search(Search(text="mobbing")).hits] == ["a"]
    assert archive.verify() == []


def test_a_class_of_sources_has_days_of_its_own_and_a_hold_stops_them(archive, item, batch, now):
    archive.commit(batch(item("press"), item("post", platform="reddit"), item("case", platform="reddit")))
    later = now + timedelta(days=3)
    archive.hold(["case"], "Verfahren", "anna", later + timedelta(days=1))
    assert archive.expire(later, {"reddit": 2, "press": 90}) == 1
    assert {hit.item.id for hit in archive.search(Search()).hits} == {"press", "case"}
    assert archive.expire(later + timedelta(days=2), {"reddit": 2}) == 1


def test_a_withdrawn_item_is_taken_out_of_issues_and_story_titles(archive, item, batch, now):
    title = "Jugendliche berichten von Drohungen im Netz"
    told = "Eine Schule in Graz meldet am Montag neue Vorfälle mit Drohungen."
    archive.commit(
        batch(item("a", title=title, text=told), item("b", title="Ein anderes Blatt berichtet weiter"))
    )
    story = Story(id="s", title=title, language="de", opened_at=now, changed_at=now)
    archive.keep_stories([story], [Membership("s", "a", now)], now)
    body = {
        "top": {"item_id": "a", "title": title, "url": "https://blatt.example/a"},
        "text": f"Kopf\n- {title} (Blatt)\n- Ein anderes Blatt berichtet weiter\n„meldet am Montag neue Vorfälle mit …“",
    }
    number = archive.ask("reports", {"items": '["a","b"]'}, now)
    long = replace(number, value=json.dumps(json.loads(number.value) * 9, ensure_ascii=False))
    archive.keep_digest("d", "DE", now.date(), "daily", "de", json.dumps(body), [number, long])
    archive.commit(
        batch(tombstones=(Tombstone("blatt", "raw-a", "withdrawn", "410"),), at=now + timedelta(hours=1))
    )
    kept = json.loads(archive.digest("DE", now.date(), "daily", "de"))
    gone = "[entfernt / removed]"
    assert kept["top"] == {"item_id": "a", "title": gone, "url": gone}
    assert kept["text"] == f"Kopf\n{gone}\n- Ein anderes Blatt berichtet weiter\n{gone}"
    for (_, value), asked in zip(archive.numbers("d"), (number, long), strict=True):
        assert title in asked.value
        assert title not in value.value
        assert "Ein anderes Blatt" in value.value
    assert archive.stories(now)[0].title == gone


def test_a_person_is_found_by_handle_and_counted_before_anything_goes(archive, item, batch):
    archive.commit(
        batch(
            item("a", platform="mastodon", author_ref="p1", author_alias="h1"),
            item("b", platform="mastodon", author_ref="p2", author_alias="h1"),
            item("c", platform="bluesky", author_ref="p3", author_alias="h3"),
            item("d"),
        )
    )
    assert archive.platforms() == ["bluesky", "mastodon"]
    assert archive.refs_of_aliases(["h1", "h9"]) == ["p1", "p2"]
    asked = {"author_refs": ["p1", "p2", "p3"], "urls": ["https://blatt.example/d"]}
    assert archive.count_matching(**asked) == {"bluesky": 1, "mastodon": 2, "press": 1}


def test_texts_expire_first_and_the_rest_is_forgotten_later(archive, item, batch, now):
    archive.commit(batch(item("post", platform="pixelfed", author_ref="p1"), item("press")))
    days = {"social": 30, "press": 90}
    month = now + timedelta(days=31)
    assert archive.expiring(month, days) == {"pixelfed": 1}
    assert archive.expire(month, days) == 1
    assert archive.expiring(month, days) == {}
    assert archive.forget(month, {"social": 90, "press": 365}) == 0
    (post,) = archive.items(["post"])
    assert (post.text, post.author_ref) == ("", "p1")
    assert archive.forget(now + timedelta(days=91), {"social": 90, "press": 365}) == 1
    (post,) = archive.items(["post"])
    assert (post.url, post.author_ref) == ("", "")


def test_issues_that_lost_words_are_told(archive, item, batch, now):
    title = "Jugendliche berichten von Drohungen im Netz"
    archive.commit(batch(item("a", title=title)))
    archive.keep_digest("d", "DE", now.date(), "daily", "de", json.dumps({"item_id": "a", "text": title}), [])
    assert archive.redacted_issues(now) == []
    later = now + timedelta(hours=1)
    archive.erase(later, urls=["https://blatt.example/a"])
    assert [issue["language"] for issue in archive.redacted_issues(later)] == ["de"]
    assert archive.redacted_issues(later + timedelta(hours=1)) == []
