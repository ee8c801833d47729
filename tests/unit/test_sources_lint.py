"""What a sound sources.yaml could still do better is told by code, line and remedy."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner

from domain.model import Batch, Checkpoint, Lens, Outcome, Source, Terms, TermsStatus, Visit
from lagebild.cli import root
from lagebild.sources.lint import OF_ITS_VISITS, OF_THE_FILE, Seen, lint
from storage.sqlite import open_archive

TODAY = date(2026, 11, 2)
SOUND = Source(
    id="bote",
    name="Der Bote",
    kind="rss",
    url="https://bote.example/feed",
    language="de",
    markets=("DE",),
    lens=Lens.MEDIA,
    interval=timedelta(minutes=30),
    terms=Terms(TermsStatus.OK, date(2026, 10, 1)),
)
ROWS = """version: 1
sources:
  - {id: bote, name: Der Bote, kind: rss, url: "https://bote.example/feed", language: de, market: DE, lens: media}
"""


def codes(*sources: Source, **seen: Seen) -> list[str]:
    return [problem.code for problem in lint(sources, {}, TODAY, seen)]


def test_a_source_in_order_draws_no_warning() -> None:
    assert codes(SOUND) == []


def test_one_address_under_two_ids_is_told_by_the_first() -> None:
    twin = replace(SOUND, id="bote-2", url="http://www.bote.example/feed?utm_source=x")
    told = [
        problem
        for problem in lint((SOUND, twin), {"bote": 3, "bote-2": 9}, TODAY, {})
        if problem.code == "S001"
    ]
    assert [(problem.line, "bote" in problem.message) for problem in told] == [(9, True)]


@pytest.mark.parametrize(
    ("code", "change"),
    [
        ("S002", {"markets": ()}),
        ("S003", {"terms": Terms()}),
        ("S004", {"terms": Terms(TermsStatus.OK, TODAY - timedelta(days=160))}),
        ("S004", {"terms": Terms(TermsStatus.PROHIBITED, TODAY)}),
        ("S005", {"url": "http://bote.example/feed"}),
        ("S006", {"url": "https://bote.example/feed?api_key=abc"}),
    ],
)
def test_what_the_file_alone_tells(code: str, change: dict[str, object]) -> None:
    assert codes(replace(SOUND, **change)) == [code]  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("code", "seen"),
    [
        ("S007", Seen(pause=timedelta(hours=9))),
        ("S008", Seen(moved_to="https://bote.example/neu")),
        ("S009", Seen(dead=True)),
    ],
)
def test_what_only_visits_tell(code: str, seen: Seen) -> None:
    assert codes(SOUND, bote=seen) == [code]


def test_a_pause_that_the_interval_fits_is_no_matter() -> None:
    assert codes(SOUND, bote=Seen(pause=timedelta(hours=7))) == []


def test_sources_that_are_switched_off_are_left_alone() -> None:
    assert codes(replace(SOUND, enabled=False, terms=Terms(), markets=())) == []


def test_every_code_is_explained_in_the_manual() -> None:
    manual = (Path(__file__).parents[2] / "docs" / "sources.md").read_text(encoding="utf-8")
    for code in ("S001", *OF_THE_FILE, *OF_ITS_VISITS):
        assert f"| `{code}` |" in manual


def test_check_warns_with_exit_code_0_and_gates_on_request(tmp_path: Path) -> None:
    path = tmp_path / "sources.yaml"
    path.write_text(ROWS, encoding="utf-8")
    told = CliRunner().invoke(root, ["sources", "check", str(path)], standalone_mode=False)
    assert (told.return_value, f"{path}:3:" in told.output, "[S003]" in told.output) == (0, True, True)
    strict = CliRunner().invoke(root, ["sources", "check", "--strict", str(path)], standalone_mode=False)
    assert strict.return_value == 5


def test_a_moved_feed_is_read_from_the_archive(tmp_path: Path) -> None:
    path = tmp_path / "sources.yaml"
    path.write_text(ROWS, encoding="utf-8")
    archive = open_archive(tmp_path / "l.db")
    for days in (3, 2, 1):
        at = datetime.now(UTC) - timedelta(days=days)
        reason = "moved permanently to https://bote.example/neu"
        visit = Visit(source_id="bote", started_at=at, finished_at=at, outcome=Outcome.OK, reason=reason)
        archive.commit(Batch(visit, Checkpoint("bote")))
    archive.close()
    words = ["--archive", str(tmp_path / "l.db"), "sources", "check", str(path)]
    told = CliRunner().invoke(root, words, standalone_mode=False)
    assert "[S008]" in told.output
    assert "sources accept bote" in told.output
