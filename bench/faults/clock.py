"""Clocks that change, jump and stand still: each market's issue appears exactly once per local date.

usage: python -m bench.faults.clock

The service's own timetable and jobs run in simulated time, minute by minute around the moments that matter, over both changes
of 2026 and 2027 in Berlin and Zurich, with jumps of an hour back and forth at every full hour of a day, and over a week
asleep. A scheduler that fires twice or late is part of it: every jump makes the daily jobs fire again. Prints one JSON
object; exit 1 when a date has no issue or two.
"""

import asyncio
import json
import sys
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from lagebild.belts.publish import DAILY
from lagebild.service import Service
from lagebild.settings import Edition, Publish, Settings
from lagebild.workshop import Workshop
from scheduler import next_run
from storage.sqlite import open_archive

EDITIONS = (
    Edition(market="DE", zone="Europe/Berlin", languages=("de",)),
    Edition(market="CH", zone="Europe/Zurich", languages=("de",)),
)
CHANGES = (date(2026, 10, 25), date(2027, 3, 28))
HOUR = timedelta(hours=1)
STEP = timedelta(minutes=10)


@dataclass
class Clock:
    """What the machine's clock says; jumps are set from outside."""

    now: datetime

    def __call__(self) -> datetime:
        return self.now


@dataclass(frozen=True)
class Story:
    """A course of the clock: moments in the order the machine lives through them."""

    name: str
    moments: Callable[[], Iterator[datetime]]
    dates: tuple[date, ...]


def days_of(first: date, last: date) -> tuple[date, ...]:
    return tuple(first + timedelta(days=n) for n in range((last - first).days + 1))


def steadily(begin: datetime, end: datetime) -> Iterator[datetime]:
    while begin < end:
        yield begin
        begin += STEP


def noon(day: date, back: int = 0) -> datetime:
    return datetime(day.year, day.month, day.day, 12, tzinfo=UTC) - timedelta(days=back)


def change(day: date) -> Story:
    """Two days before to two days after a change."""
    begin, end = noon(day, 2), noon(day, -2)
    return Story(
        f"clocks change on {day}",
        lambda: steadily(begin, end),
        days_of(day - timedelta(days=2), day + timedelta(days=2)),
    )


def jump(hour: int, by: timedelta) -> Story:
    """At one hour of a day the clock is set `by` back or forth, and an hour later right again."""
    day = date(2026, 11, 18)
    at = datetime(2026, 11, 18, hour, 5, tzinfo=UTC)

    def moments() -> Iterator[datetime]:
        yield from steadily(noon(day, 1), at)
        yield from steadily(at + by, at + by + HOUR)
        yield from steadily(at + HOUR, noon(day, -1))

    return Story(
        f"{'+' if by > timedelta(0) else '-'}1 h at {hour:02}:05",
        moments,
        days_of(day - timedelta(days=1), day + timedelta(days=1)),
    )


def week_asleep() -> Story:
    """Only the latest issue is written when it wakes, not one for each missed day."""
    begin, sleep = noon(date(2026, 11, 9)), datetime(2026, 11, 11, 20, tzinfo=UTC)

    def moments() -> Iterator[datetime]:
        yield from steadily(begin, sleep)
        yield from steadily(sleep + timedelta(days=7), sleep + timedelta(days=9))

    awake = (
        *days_of(date(2026, 11, 9), date(2026, 11, 11)),
        *days_of(date(2026, 11, 18), date(2026, 11, 20)),
    )
    return Story("a week asleep", moments, awake)


def stories() -> list[Story]:
    jumps = [jump(hour, by) for hour in range(0, 24, 2) for by in (HOUR, -HOUR)]
    return [*map(change, CHANGES), *jumps, week_asleep()]


async def lived(story: Story, folder: Path) -> Counter[tuple[str, str]]:
    """Runs the service through the story; issues by market and day, counted as often as they were written first."""
    clock = Clock(next(iter(story.moments())))
    archive = open_archive(folder / "a.db")
    written: Counter[tuple[str, str]] = Counter()
    settings = Settings(
        archive=folder / "a.db", publish=Publish(folder=folder / "out", formats=("text",), editions=EDITIONS)
    )
    workshop = Workshop(settings, (), archive, clock=clock)
    workshop.__dict__["present_annotators"] = ()
    jobs = {job.name: job for job in Service(workshop, lambda: workshop).jobs()}
    daily = [job for name, job in jobs.items() if name.startswith("digest-")]
    fires = {job.name: next_run(job.when, clock.now) for job in daily}
    before = clock.now
    for moment in story.moments():
        clock.now = moment
        for job in daily:
            if moment < before - STEP:  # the clock went back: the timetable is made anew, as after a restart
                fires[job.name] = next_run(job.when, moment)
            if fires[job.name] <= moment:
                await job.run()
                fires[job.name] = next_run(job.when, moment + timedelta(seconds=1))
        if moment.minute < 10 or moment - before > HOUR:
            await jobs["catch-up"].run()
        before = moment
    for row in archive.digests("", 1000):
        written[(row["market"], row["day"])] += row["edition"] == DAILY  # Fridays bring the week's report too
    for run in archive.job_runs("digest", 1000):
        if run.outcome != "ok":
            written[(run.key.split()[0], run.key.split()[1])] += 100
    archive.close()
    return written


def faults_of(story: Story, written: Counter[tuple[str, str]]) -> list[str]:
    wanted = {(e.market, day.isoformat()) for e in EDITIONS for day in story.dates}
    missing = [
        f"{story.name}: {market} {day}: {written[market, day]} issues"
        for market, day in sorted(wanted)
        if written[market, day] != 1
    ]
    extra = [f"{story.name}: {key} not owed" for key in sorted(written.keys() - wanted)]
    return missing + extra


def judged(chosen: list[Story]) -> list[str]:
    faults = []
    for story in chosen:
        with tempfile.TemporaryDirectory() as place:
            faults += faults_of(story, asyncio.run(lived(story, Path(place))))
    return faults


def main() -> None:
    told = stories()
    faults = judged(told)
    dates = sum(len(story.dates) for story in told) * len(EDITIONS)
    print(json.dumps({"courses": len(told), "dates and markets": dates, "faults": faults}, indent=2))
    sys.exit(1 if faults else 0)


# ZoneInfo is named here so that a machine without tzdata fails at the start and not at the change.
ZONES = tuple(ZoneInfo(edition.zone) for edition in EDITIONS)

if __name__ == "__main__":
    main()
