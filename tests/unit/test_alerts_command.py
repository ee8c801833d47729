"""What stands is shown where people look: `alerts`, `doctor`, `schedule list`."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner

from domain.model import Alarm
from lagebild.cli import GATE, root
from storage.sqlite import open_archive

NOW = datetime(2026, 11, 28, 6, 0, tzinfo=UTC)
DISK = Alarm(rule="disk", subject="", level="urgent", message="9 MB are free", remedy="make room")


@pytest.fixture
def archive(tmp_path: Path) -> Path:
    path = tmp_path / "a.db"
    opened = open_archive(path)
    opened.keep_alarms([DISK], NOW)
    opened.note_run(
        "outbox", "2026-11-28T06", NOW, NOW + timedelta(seconds=2), "partial", {"runs": 12, "failed": 1}
    )
    opened.close()
    return path


def said(archive: Path, *arguments: str) -> tuple[str, object]:
    run = CliRunner().invoke(root, ["--archive", str(archive), *arguments], standalone_mode=False)
    assert run.exception is None, run.output
    return run.output, run.return_value


def test_alerts_tell_what_stands_and_what_to_do(archive: Path) -> None:
    told, code = said(archive, "alerts")
    assert "9 MB are free" in told and "make room" in told
    assert code == 0


def test_alerts_can_trip_a_gate(archive: Path) -> None:
    assert said(archive, "alerts", "--fail")[1] == GATE


def test_an_alarm_that_is_over_is_shown_when_asked_for(archive: Path) -> None:
    opened = open_archive(archive)
    opened.keep_alarms([], NOW + timedelta(hours=1))
    opened.close()
    assert "no alarm stands" in said(archive, "alerts")[0]
    [told] = json.loads(said(archive, "alerts", "--all", "--json")[0])["alarms"]
    assert told["alarm"] == "disk" and told["cleared"]


def test_the_doctor_shows_alarms_jobs_and_room(archive: Path) -> None:
    facts = json.loads(said(archive, "doctor", "--json")[0])["facts"]
    assert facts["alarm disk"] == "9 MB are free"
    assert facts["job outbox"].startswith("partial")
    assert "MB free" in facts["disk"]


def test_runs_are_listed_with_their_facts(archive: Path) -> None:
    assert "runs=12 failed=1" in said(archive, "schedule", "list")[0]
