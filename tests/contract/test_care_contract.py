"""What every archive owes whoever keeps it."""

from datetime import timedelta

from domain.model import Search


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
