"""`lagebild digest show`: a mark alone, or an issue and a mark."""

from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from click.testing import CliRunner

from lagebild.cli import root
from storage.sqlite import open_archive

AS_OF = datetime(2026, 11, 22, 5, 30, tzinfo=UTC)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    held = open_archive(tmp_path / "a.db")
    window = {"market": "DE", "since": "2026-11-21T05:30:00Z", "until": "2026-11-22T05:30:00Z"}
    number = held.ask("volume", window, AS_OF)
    held.keep_digest("de-2026-11-22-daily-de", "DE", date(2026, 11, 22), "daily", "de", "{}", [number])
    held.close()
    return tmp_path / "a.db"


@pytest.mark.parametrize("what", [["Q1"], ["q1"], ["de-2026-11-22-daily-de", "Q1"]])
def test_a_mark_opens_its_query_then_and_now(path: Path, what: list[str]) -> None:
    told = CliRunner().invoke(root, ["--archive", str(path), "digest", "show", *what])
    assert told.exit_code == 0, told.output
    assert "Q1  volume" in told.output
    assert "the same answer as of then" in told.output
    assert "SELECT" in told.output


def test_a_word_that_is_no_mark_is_told(path: Path) -> None:
    told = CliRunner().invoke(root, ["--archive", str(path), "digest", "show", "nonsense"])
    assert told.exit_code == 2
    assert "name an issue and a mark" in told.output
