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
