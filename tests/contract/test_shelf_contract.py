"""What every archive owes an encoder: it finds what it left, within bounds, until the item goes."""

from datetime import timedelta

from domain.model import Tombstone


def test_what_was_shelved_is_found_under_its_encoder(archive):
    archive.shelve("e5/1", [("k1", "a", b"\x01\x02"), ("k2", "b", b"\x03")], most=10)
    assert archive.shelved("e5/1", ["k1", "k2", "k3"]) == {"k1": b"\x01\x02", "k2": b"\x03"}
    assert archive.shelved("e5/2", ["k1"]) == {}
    assert archive.shelved("e5/1", []) == {}


def test_shelving_again_changes_nothing(archive):
    archive.shelve("e5/1", [("k1", "a", b"\x01")], most=10)
    archive.shelve("e5/1", [("k1", "b", b"\x02")], most=10)
    assert archive.shelved("e5/1", ["k1"]) == {"k1": b"\x01"}


def test_the_oldest_go_when_the_shelf_is_full(archive):
    for number in range(6):
        archive.shelve("e5/1", [(f"k{number}", "a", b"\x01")], most=3)
    kept = archive.shelved("e5/1", [f"k{n}" for n in range(6)])
    assert len(kept) <= 3 and "k5" in kept and "k0" not in kept


def test_a_withdrawn_item_takes_its_passages_along(archive, item, batch, now):
    archive.commit(batch(item("a"), item("b")))
    archive.shelve("e5/1", [("k1", "a", b"\x01"), ("k2", "b", b"\x02")], most=10)
    gone = Tombstone("blatt", "raw-a", "deleted", "410")
    archive.commit(batch(tombstones=(gone,), at=now + timedelta(hours=1)))
    assert archive.shelved("e5/1", ["k1", "k2"]) == {"k2": b"\x02"}
