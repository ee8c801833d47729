"""What every archive owes the reading room about people."""

import struct
from dataclasses import replace
from datetime import date, timedelta

from domain.model import Account, Copy, OutsideCount, Reading, Token


def test_accounts_are_made_and_changed(archive, now):
    anna = Account(name="anna", role="analyst", created_at=now, password_hash="$argon2id$x")
    archive.keep_account(anna)
    archive.keep_account(replace(anna, role="admin"))
    assert archive.account("anna") == replace(anna, role="admin")
    assert archive.account("ben") is None
    assert [a.name for a in archive.accounts()] == ["anna"]


def test_a_session_ends_by_time_by_closing_and_by_disabling(archive, now):
    anna = Account(name="anna", role="analyst", created_at=now)
    archive.keep_account(anna)
    for secret in ("h1", "h2", "h3"):
        archive.open_session(secret, "anna", now, now + timedelta(hours=8))
    assert archive.session("h1", now) == "anna"
    assert archive.session("h1", now + timedelta(hours=9)) is None
    archive.close_sessions(secret_hash="h1")
    assert archive.session("h1", now) is None
    assert archive.session("h2", now) == "anna"
    archive.keep_account(replace(anna, disabled=True))
    assert archive.session("h2", now) is None
    archive.keep_account(anna)
    archive.close_sessions(name="anna")
    assert archive.session("h3", now) is None


def test_a_session_is_prolonged_while_it_is_used(archive, now):
    archive.keep_account(Account(name="anna", role="analyst", created_at=now))
    archive.open_session("h", "anna", now, now + timedelta(hours=2))
    assert archive.session_times("h") == (now, now + timedelta(hours=2))
    archive.prolong_session("h", now + timedelta(hours=3))
    assert archive.session("h", now + timedelta(hours=2, minutes=30)) == "anna"
    assert archive.session_times("none") is None


def test_the_audit_log_is_paged_newest_first_and_by_person(archive, now):
    for n in range(5):
        archive.note("anna" if n % 2 else "ben", "saw", str(n), {"n": n}, now)
    first = archive.audit_page(limit=2)
    assert [line["subject"] for line in first] == ["4", "3"]
    assert [line["subject"] for line in archive.audit_page(first[-1]["id"], 2)] == ["2", "1"]
    assert [line["subject"] for line in archive.audit_page(by="anna")] == ["3", "1"]


def test_a_token_is_found_by_the_hash_of_its_secret(archive, now):
    token = Token("t1", "anna", "Berichte", ("items:read",), "hash", now, now + timedelta(days=1))
    archive.keep_token(token)
    assert archive.token("hash", now) == token
    assert archive.token("hash", now + timedelta(days=2)) is None
    assert archive.tokens("anna") == [token]
    archive.drop_token("t1")
    assert archive.token("hash", now) is None


def test_failed_sign_ins_and_exposures_are_counted(archive, now):
    for _ in range(3):
        archive.note_attempt("w", now)
        archive.note_exposure("anna", "a", now)
    assert archive.attempts("w", now - timedelta(minutes=5)) == 3
    assert archive.attempts("w", now + timedelta(minutes=5)) == 0
    assert archive.exposures("anna", now) == 3
    assert archive.exposures("ben", now) == 0


def test_outside_counts_are_replaced_by_day(archive, now):
    day = date(2026, 11, 22)
    archive.keep_outside_counts([OutsideCount("cases", "DE", day, 3, "anna", now)])
    archive.keep_outside_counts([OutsideCount("cases", "DE", day, 5, "anna", now)])
    assert [c.value for c in archive.outside_counts(day, day, "DE")] == [5]
    assert archive.outside_counts(day, day, "AT") == []


def test_similar_items_come_nearest_first_without_copies(archive, item, batch, now):
    archive.commit(batch(item("a"), item("b"), item("c"), (item("d"), Copy("a", 0.9))))
    vectors = {"a": (1.0, 0.0), "b": (0.6, 0.8), "c": (0.8, 0.6), "d": (1.0, 0.0)}
    archive.keep_readings(
        [
            Reading(name, "embed/1", vector=struct.pack("<2f", *v), vector_of="m/1")
            for name, v in vectors.items()
        ],
        now,
    )
    near = archive.similar("a", "m/1", now - timedelta(days=1))
    assert [(name, round(cosine, 2)) for name, cosine in near] == [("c", 0.8), ("b", 0.6)]
    assert archive.similar("a", "other", now - timedelta(days=1)) == []
