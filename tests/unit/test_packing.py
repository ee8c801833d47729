"""Kept answers, packed and as they were."""

import json
from datetime import UTC, datetime
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from domain.model import Number
from storage.packing import BEGINNING, LEAST_LETTERS, packed, unpacked
from storage.sqlite import open_archive


@given(st.text(), st.integers(0, 300))
def test_what_was_packed_comes_back_to_the_letter(text: str, times: int) -> None:
    value = json.dumps([text] * times, ensure_ascii=False)
    assert unpacked(packed(value)) == value


def test_a_short_answer_stays_as_it_is() -> None:
    value = json.dumps("x" * (LEAST_LETTERS - 3))
    assert packed(value) == value


def test_a_long_one_is_a_list_in_json_still() -> None:
    kept = packed(json.dumps(["Lage"] * 1_000))
    assert kept.startswith(BEGINNING)
    assert len(json.loads(kept)) == 2
    assert len(kept) < 200


def test_who_asks_in_sql_sees_no_packed_answer(tmp_path: Path) -> None:
    archive, now = open_archive(tmp_path / "a.db"), datetime(2026, 11, 22, tzinfo=UTC)
    answers = ("7", json.dumps(["Lage"] * 1_000))
    numbers = [Number("reports", "SELECT 1", {}, now, answer, "") for answer in answers]
    archive.keep_digest("d", "DE", now.date(), "daily", "de", "{}", numbers)
    assert archive.rows("SELECT value FROM v_numbers ORDER BY mark") == [("7",), ("",)]
    archive.close()
