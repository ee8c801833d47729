"""What the service does at each tick."""

import asyncio
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from crawler.settings import OnAnswer
from domain.model import Tally
from lagebild import service as timetable
from lagebild.belts.collect import Collected
from lagebild.service import Service
from lagebild.settings import Edition, Publish, Settings
from lagebild.workshop import Workshop
from storage.sqlite import open_archive


@dataclass
class Day:
    """A service whose sources bring something at each tick, and how often what followed."""

    folder: Path
    now: datetime = datetime(2026, 11, 28, 6, tzinfo=UTC)
    brings: int = 1
    read: int = 0
    arranged: int = 0
    issues: list[int] = field(default_factory=list)
    """How often items had been placed when each issue was written."""

    def __post_init__(self) -> None:
        publish = Publish(folder=self.folder, editions=(Edition(market="DE", zone="Europe/Berlin"),))
        settings = Settings(archive=self.folder / "a.db", publish=publish)
        workshop = Workshop(settings, (), open_archive(settings.archive), clock=lambda: self.now)
        workshop.__dict__["present_annotators"] = ()
        self.service = Service(workshop, lambda: workshop, collect=self._collect)

    async def _collect(self, workshop: Workshop, on_answer: OnAnswer) -> Collected:
        return Collected(tally=Tally(new=self.brings))

    def tick(self, after: timedelta) -> None:
        self.now += after
        self.run("collect")

    def run(self, job_name: str) -> None:
        asyncio.run(next(job for job in self.service.jobs() if job.name == job_name).run())


@pytest.fixture
def day(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Day]:
    made = Day(tmp_path)

    def read(*_: object, **__: object) -> None:
        made.read += 1

    def arrange(*_: object, **__: object) -> None:
        made.arranged += 1

    monkeypatch.setattr(timetable, "read_all", read)
    monkeypatch.setattr(timetable, "arrange_all", arrange)
    monkeypatch.setattr(timetable, "issue", lambda *_: made.issues.append(made.arranged))
    yield made
    made.service.workshop.archive.close()


def test_items_are_read_at_each_tick_and_placed_every_few_minutes(day: Day) -> None:
    for _ in range(11):
        day.tick(timedelta(minutes=1))
    assert (day.read, day.arranged) == (11, 3)


def test_what_came_last_is_placed_though_nothing_follows(day: Day) -> None:
    day.tick(timedelta(minutes=1))
    day.tick(timedelta(minutes=1))
    day.brings = 0
    for _ in range(10):
        day.tick(timedelta(minutes=1))
    assert (day.read, day.arranged) == (2, 2)


def test_a_clock_turned_back_holds_nothing_up(day: Day) -> None:
    day.tick(timedelta(minutes=1))
    day.tick(timedelta(days=-1))
    assert day.arranged == 2


def test_an_issue_waits_for_the_stories_of_what_was_just_read(day: Day) -> None:
    day.tick(timedelta(minutes=1))
    day.tick(timedelta(minutes=1))
    day.run("digest-DE")
    day.run("digest-DE")
    assert (day.arranged, day.issues) == (2, [2, 2])


def test_an_issue_does_not_wait_for_reading_nor_place_what_is_half_read(day: Day) -> None:
    day.tick(timedelta(minutes=1))
    day.tick(timedelta(minutes=1))

    async def while_reading() -> None:
        async with day.service.enriching:
            await next(job for job in day.service.jobs() if job.name == "digest-DE").run()

    asyncio.run(while_reading())
    assert (day.arranged, day.issues) == (1, [1])


def test_what_is_read_is_not_placed_meanwhile(day: Day, monkeypatch: pytest.MonkeyPatch) -> None:
    locked: list[bool] = []
    monkeypatch.setattr(timetable, "read_all", lambda *_, **__: locked.append(day.service.enriching.locked()))
    day.tick(timedelta(minutes=1))
    assert locked == [True]


def test_an_issue_is_written_though_its_stories_fail(
    day: Day, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise ValueError("a bug")

    day.tick(timedelta(minutes=1))
    day.tick(timedelta(minutes=1))
    with monkeypatch.context() as broken:
        broken.setattr(timetable, "arrange_all", fail)
        day.run("digest-DE")
    assert day.issues == [1]
    assert "without the latest stories market=DE" in caplog.text
    day.run("digest-DE")
    assert day.issues == [1, 2]
