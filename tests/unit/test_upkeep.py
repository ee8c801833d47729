"""Upkeep: an issue once per local day, a backup a day, and every run is kept with its outcome."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from pathlib import Path

import pytest

from lagebild.settings import Edition, Settings
from lagebild.upkeep import back_up, is_owed, kept_run, look_after, superfluous
from lagebild.workshop import Workshop
from storage.sqlite import open_archive

NOW = datetime(2026, 11, 28, 7, 0, tzinfo=UTC)
BERLIN = Edition(market="DE", zone="Europe/Berlin", send_at=time(7, 30))


@pytest.fixture
def workshop(tmp_path: Path) -> Iterator[Workshop]:
    settings = Settings(archive=tmp_path / "a.db")
    with Workshop(settings, (), open_archive(settings.archive), clock=lambda: NOW) as opened:
        yield opened


def at(workshop: Workshop, now: datetime) -> Workshop:
    return replace(workshop, clock=lambda: now)


@pytest.mark.parametrize(
    ("now", "owed"),
    [(datetime(2026, 11, 28, 6, 29, tzinfo=UTC), False), (datetime(2026, 11, 28, 6, 30, tzinfo=UTC), True)],
)
def test_an_issue_is_owed_from_its_time_on(workshop: Workshop, now: datetime, owed: bool) -> None:
    assert is_owed(at(workshop, now), BERLIN) is owed


def test_an_issue_kept_in_all_its_languages_is_not_owed_again(workshop: Workshop) -> None:
    workshop.archive.keep_digest("x", "DE", NOW.date(), "daily", "de", "{}", [])
    assert is_owed(workshop, BERLIN)
    workshop.archive.keep_digest("y", "DE", NOW.date(), "daily", "en", "{}", [])
    assert not is_owed(workshop, BERLIN)


def test_a_job_runs_once_for_its_key_and_again_after_it_failed(workshop: Workshop) -> None:
    with pytest.raises(ValueError, match="broken"), kept_run(workshop, "digest", "k"):
        raise ValueError("broken")
    with kept_run(workshop, "digest", "k") as begun:
        assert begun
    with kept_run(workshop, "digest", "k") as begun:
        assert not begun
    assert [run.outcome for run in workshop.archive.job_runs("digest")] == ["ok"]


def test_the_nightly_round_leaves_a_backup_that_is_whole(workshop: Workshop) -> None:
    look_after(workshop)
    [backup] = (workshop.settings.archive.parent / "backups").glob("*.db")
    assert not open_archive(backup).verify()


def test_seven_backups_are_kept(workshop: Workshop) -> None:
    for day in range(10):
        back_up(workshop, NOW + timedelta(days=day))
    kept = sorted(p.name for p in (workshop.settings.archive.parent / "backups").glob("*.db"))
    assert len(kept) == 7
    assert kept[0] == "a-2026-12-01.db"


def test_few_backups_all_stay() -> None:
    assert not superfluous([Path("a"), Path("b")], 7)
