"""What every archive owes the publish belt."""

import json
from datetime import date, timedelta

import pytest

from domain.errors import StorageError
from domain.model import Remark, RemarkKind


def window(now):
    return {"market": "DE", "since": (now - timedelta(days=1)).isoformat(), "until": now.isoformat()}


def test_a_figure_comes_with_its_query_and_a_hash(archive, item, batch, now):
    archive.commit(batch(item("a"), item("b"), item("c", markets=("AT",))))
    number = archive.ask("items_count", window(now), now)
    assert number.value == "2"
    assert "SELECT" in number.sql
    assert number.as_of == now
    assert len(number.sha256) == 64


def test_an_unknown_question_or_a_missing_parameter_is_told(archive, now):
    with pytest.raises(StorageError, match="no query 'nonsense'"):
        archive.ask("nonsense", {}, now)
    with pytest.raises(StorageError, match="lacks"):
        archive.ask("items_count", {"market": "DE"}, now)


def test_a_figure_as_of_a_moment_stays_what_it_was(archive, item, batch, now):
    archive.commit(batch(item("a")))
    before = archive.ask("items_count", window(now), now)
    archive.commit(batch(item("late"), at=now + timedelta(hours=2)))
    assert archive.ask("items_count", window(now), now) == before
    assert archive.ask("items_count", window(now), now + timedelta(hours=3)).value == "2"


def test_an_issue_is_kept_once_with_its_numbers(archive, item, batch, now):
    archive.commit(batch(item("a")))
    number = archive.ask("items_count", window(now), now)
    day = date(2026, 11, 22)
    body = json.dumps({"title": "Lage"})
    assert archive.keep_digest("d1", "DE", day, "daily", "de", body, [number])
    assert not archive.keep_digest("d2", "DE", day, "daily", "de", "{}", [])
    assert archive.digest("DE", day, "daily", "de") == body
    assert archive.digest("DE", day, "daily", "en") is None
    assert archive.numbers("d1") == [("Q1", number)]


def test_a_long_answer_is_kept_in_fewer_letters_and_told_to_the_letter(archive, item, batch, now):
    archive.commit(batch(*(item(f"i{n}", title=f"Münchner „Lage“ {n} 🌧") for n in range(30))))
    asked = archive.ask("reports", {"items": json.dumps([f"i{n}" for n in range(30)])}, now)
    archive.keep_digest("d", "DE", now.date(), "daily", "de", "{}", [asked])
    assert archive.numbers("d") == [("Q1", asked)]
    assert archive.value("SELECT length(value) FROM digest_number") < len(asked.value) / 3


def test_an_answer_of_an_earlier_version_is_read_as_it_was_kept(archive, item, batch, now):
    archive.commit(batch(item("a")))
    asked = archive.ask("reports", {"items": '["a"]'}, now)
    archive.keep_digest("d", "DE", now.date(), "daily", "de", "{}", [asked])
    plain = "[" + ",".join(["1"] * 2_000) + "]"
    archive.run("UPDATE digest_number SET value = ?", (plain,))
    assert archive.numbers("d")[0][1].value == plain


def test_what_analysts_said_is_added_and_heard_as_of_a_moment(archive, now):
    day = date(2026, 11, 22)

    def said(text, minutes, market="DE"):
        return Remark(
            market=market, day=day, kind=RemarkKind.ASSESSMENT, text=text, by="ute",
            at=now + timedelta(minutes=minutes), language="de",
        )  # fmt: skip

    for remark in (said("Erst.", 0), said("Dann.", 30), said("Anderswo.", 1, "AT")):
        archive.keep_remark(remark)
    assert [remark.text for remark in archive.remarks("DE", day)] == ["Erst.", "Dann."]
    early = archive.ask(
        "remarks",
        {"market": "DE", "day": "2026-11-22", "until": (now + timedelta(minutes=10)).isoformat()},
        now,
    )
    assert [row["text"] for row in json.loads(early.value)] == ["Erst."]
