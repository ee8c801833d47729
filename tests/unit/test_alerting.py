"""The watch over the service: told once when it begins and once when it ends, by the channels of deliveries."""

import json
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread

import pytest

from digest.notice import notice_of, subject_of
from domain.model import Alarm, Fetched, Lens, Request, Source
from lagebild.alerting import Skew, Ward, backlog_samples, ping, state_of
from lagebild.settings import Alerts, Delivery, Settings, Watcher
from lagebild.upkeep import Rounds, bury_interrupted
from lagebild.workshop import Workshop
from storage.sqlite import open_archive

NOW = datetime(2026, 11, 28, 5, 0, tzinfo=UTC)
FULL = Alarm(rule="disk", subject="", level="urgent", message="9 MB free", remedy="make room", raised_at=NOW)


@dataclass(frozen=True)
class Named:
    name: str = "one/1"


@pytest.fixture
def workshop(tmp_path: Path) -> Iterator[Workshop]:
    settings = Settings(
        archive=tmp_path / "a.db",
        delivery=Delivery(alerts=(Watcher(channel="file", to=str(tmp_path / "told")),)),
        alerts=Alerts(disk_low_megabytes=1e12),
    )
    with Workshop(settings, (), open_archive(settings.archive), clock=lambda: NOW) as opened:
        opened.__dict__["present_annotators"] = (Named(),)
        yield opened


def told(workshop: Workshop) -> list[str]:
    folder = workshop.settings.archive.parent / "told"
    return [path.read_text() for path in folder.glob("*.txt")] if folder.exists() else []


def at(workshop: Workshop, now: datetime, **alerts: float) -> Workshop:
    settings = (
        workshop.settings.model_copy(update={"alerts": Alerts(**alerts)}) if alerts else workshop.settings
    )
    later = replace(workshop, settings=settings, clock=lambda: now)
    later.__dict__["present_annotators"] = (Named(),)
    return later


def test_an_alarm_is_told_once_and_its_end_once(workshop: Workshop) -> None:
    ward = Ward(NOW)
    assert [alarm.key for alarm in ward.look(workshop)] == ["disk"]
    ward.look(at(workshop, NOW + timedelta(minutes=5)))
    assert len(told(workshop)) == 1
    ward.look(at(workshop, NOW + timedelta(minutes=10), disk_low_megabytes=0))
    assert sorted("over since" in text for text in told(workshop)) == [False, True]


def test_collecting_is_stalled_only_while_a_visit_is_overdue(workshop: Workshop) -> None:
    bote = Source(
        id="bote",
        name="Bote",
        kind="rss",
        url="https://bote.example/rss",
        language="de",
        markets=("DE",),
        lens=Lens.MEDIA,
    )
    workshop.archive.sync_sources((bote,), NOW)
    assert state_of(workshop, NOW + timedelta(hours=1), NOW).overdue == 0
    assert state_of(workshop, NOW + timedelta(hours=3), NOW).overdue == 1


def test_after_a_sleep_time_counts_anew(workshop: Workshop) -> None:
    ward = Ward(NOW)
    ward.look(workshop)
    woken = NOW + timedelta(days=7)
    ward.look(at(workshop, woken))
    assert ward.up_since == woken


def test_a_clock_turned_back_counts_anew(workshop: Workshop) -> None:
    ward = Ward(NOW - timedelta(days=1))
    ward.look(workshop)
    ward.look(at(workshop, NOW - timedelta(hours=1)))
    assert ward.up_since == NOW - timedelta(hours=1)


@pytest.mark.parametrize("form", ["json", "slack", "teams"])
def test_a_notice_for_a_program_is_json_with_the_message(form: str) -> None:
    media_type, body = notice_of(FULL, form)
    assert media_type == "application/json"
    assert "9 MB free" in json.dumps(json.loads(body))


def test_a_notice_for_people_says_what_to_do_and_its_end_does_not() -> None:
    assert b"make room" in notice_of(FULL, "email")[1]
    over = replace(FULL, cleared_at=NOW)
    assert b"make room" not in notice_of(over, "email")[1]
    assert subject_of(over) == "Lagebild: disk (over)"


def test_the_clock_is_compared_with_the_dates_of_answers() -> None:
    skew = Skew()
    for minutes in (5, 5, 5, 5):
        skew.note(answer(format_datetime(NOW + timedelta(minutes=minutes), usegmt=True)))
    assert skew.median() is None
    skew.note(answer("nonsense"))
    skew.note(answer(format_datetime(NOW + timedelta(minutes=4), usegmt=True), age="60"))
    assert skew.median() == 300


def answer(date: str, **headers: str) -> Fetched:
    return Fetched(
        "bote",
        Request("https://bote.example"),
        "https://bote.example",
        200,
        {"date": date, **headers},
        b"",
        NOW,
    )


def test_the_backlog_is_remembered_by_the_hour(workshop: Workshop) -> None:
    for hour in range(9):
        backlog_samples(at(workshop, NOW + timedelta(hours=hour)), NOW + timedelta(hours=hour))
    assert len(json.loads(workshop.archive.setting("backlog_by_hour") or "")) == 7


def test_the_sign_of_life_reaches_its_switch(monkeypatch: pytest.MonkeyPatch) -> None:
    heard: list[str] = []

    class Switch(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            heard.append(self.path)
            self.send_response(200)
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:
            pass

    with HTTPServer(("127.0.0.1", 0), Switch) as server:
        Thread(target=server.handle_request, daemon=True).start()
        assert ping("env:PING", {"PING": f"http://127.0.0.1:{server.server_port}/abc"})
    assert heard == ["/abc"]
    assert not ping("http://127.0.0.1:9/", {})
    assert not ping("env:MISSING", {})


def test_runs_of_one_hour_are_one_line(workshop: Workshop) -> None:
    rounds = Rounds()
    for error in (None, ValueError("a secret"), None):
        rounds.keep(workshop, "outbox", NOW, error)
    [run] = workshop.archive.job_runs("outbox")
    assert (run.outcome, run.facts) == ("partial", {"runs": 3, "failed": 1})


def test_what_is_kept_of_an_unknown_error_is_its_class_alone(workshop: Workshop) -> None:
    Rounds().keep(workshop, "outbox", NOW, ValueError("a secret"))
    assert workshop.archive.job_runs("outbox")[0].facts["error"] == "ValueError"


def test_runs_that_a_killed_process_left_open_may_begin_again(workshop: Workshop) -> None:
    workshop.archive.begin_job("digest", "DE 2026-11-27", NOW)
    assert bury_interrupted(workshop) == 1
    assert workshop.archive.begin_job("digest", "DE 2026-11-27", NOW)
