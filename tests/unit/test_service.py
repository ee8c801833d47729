"""What the service does at each tick."""

import asyncio
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from crawler.settings import OnAnswer
from domain.model import Tally
from lagebild import service as timetable
from lagebild.belts.collect import Collected
from lagebild.service import Service
from lagebild.settings import Settings
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

    def __post_init__(self) -> None:
        settings = Settings(archive=self.folder / "a.db")
        workshop = Workshop(settings, (), open_archive(settings.archive), clock=lambda: self.now)
        workshop.__dict__["present_annotators"] = ()
        self.service = Service(workshop, lambda: workshop, collect=self._collect)

    async def _collect(self, workshop: Workshop, on_answer: OnAnswer) -> Collected:
        return Collected(tally=Tally(new=self.brings))

    def tick(self, after: timedelta) -> None:
        self.now += after
        asyncio.run(next(job for job in self.service.jobs() if job.name == "collect").run())


@pytest.fixture
def day(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Day]:
    made = Day(tmp_path)

    def read(*_: object, **__: object) -> None:
        made.read += 1

    def arrange(*_: object, **__: object) -> None:
        made.arranged += 1

    monkeypatch.setattr(timetable, "read_all", read)
    monkeypatch.setattr(timetable, "arrange_all", arrange)
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
