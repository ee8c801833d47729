"""A quarter in the life of the service, with time sped up: 200 sources, one visit in ten fails, outages are planted.

usage: python -m bench.faults.quarter [--days 90] [--seed 7] [--folder DIR]

Everything is the service's own (timetable, belts, annotators, issues, delivery, upkeep, alarms) but two things: sources
are answered in this process instead of over the network, so that nothing is asked for again either, and the frequent jobs
look every hour (alarms every half hour) instead of every few minutes. Judged at the end: every market's issue kept and delivered exactly once per local
date; each planted outage told within its bound and no other alarm; memory flat; the file grows with the items alone.
Prints one JSON object; exit 1 when one of these fails.
"""

import argparse
import asyncio
import json
import random
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from crawler.settings import OnAnswer
from domain.errors import StorageError
from domain.model import (
    Alarm,
    Checkpoint,
    Document,
    Entry,
    Fetched,
    Harvest,
    Lens,
    Letter,
    Outcome,
    Request,
    Source,
    Terms,
    TermsStatus,
    Visit,
)
from lagebild import alerting
from lagebild import service as timetable
from lagebild.belts.collect import Collected
from lagebild.belts.publish import DAILY
from lagebild.demo.texts import read_texts
from lagebild.job import _chosen, collect_run
from lagebild.memory import own_megabytes, settle_allocator
from lagebild.service import Service
from lagebild.settings import Alerts, Delivery, Edition, Publish, Recipient, Settings, Watcher
from lagebild.workshop import Workshop
from scheduler import Every, Job, next_run
from storage.sqlite import open_archive

BEGIN = datetime(2026, 9, 1, tzinfo=UTC)
"""The quarter holds the end of summer time, on 25 October."""
EDITIONS = (
    Edition(market="DE", zone="Europe/Berlin", languages=("de",)),
    Edition(market="CH", zone="Europe/Zurich", languages=("de",)),
)
CLASSES = (
    ("news", Lens.MEDIA, 120, 0.35), ("tech", Lens.MEDIA, 30, 0.25), ("app", Lens.USER, 20, 0.3), ("regulator", Lens.REGULATOR, 30, 0.12),
)  # fmt: skip
"""Category, lens, how many sources, items a day of each."""
WEATHER = 0.10
OFTEN = {"collect": 60, "updates": 60, "catch-up": 60, "outbox": 60, "recheck": 60, "alerts": 30}
"""Minutes; every minute of a quarter would only ask 130,000 times whether something is due."""
FLAT_MEGABYTES = 60.0
GROWTH = 1.25
"""Octets per item of the last third against the second: indexes deepen a little, nothing else may grow."""


@dataclass(frozen=True, slots=True)
class Outage:
    """Something that goes wrong on purpose. `bound`: how soon after its begin the alarm has to stand."""

    name: str
    alarm: str
    begins: float
    hours: float
    bound: timedelta
    also: tuple[str, ...] = ()

    def at(self, now: datetime) -> bool:
        begins = BEGIN + timedelta(days=self.begins)
        return begins <= now < begins + timedelta(hours=self.hours)


OUTAGES = (
    Outage("newspapers unreachable", "quiet:media/news", 8.5, 30, timedelta(hours=14)),
    Outage("no visits", "stalled:collect", 15.4, 5, timedelta(hours=3.5)),
    Outage("disk full", "disk", 20.3, 6, timedelta(minutes=35)),
    Outage("clock wrong", "clock", 25.5, 4, timedelta(hours=2.5)),
    Outage("no issue for CH", "late:CH", 30.2, 8, timedelta(hours=2), ("job:digest", "job:catch-up")),
    Outage("regulators silent", "quiet:regulator/regulator", 35.5, 160, timedelta(hours=126)),
    Outage("reading stuck", "backlog", 50.3, 9, timedelta(hours=7)),
    Outage("webhook down", "delivery:file", 60.2, 10, timedelta(hours=4)),
    Outage("terms to review", "terms", 70.0, 24 * 400, timedelta(hours=1)),
)  # fmt: skip


@dataclass
class World:
    """What the sources say at each moment, and what is broken then."""

    seed: int
    days: int
    now: datetime = BEGIN
    sources: tuple[Source, ...] = ()
    due: dict[str, list[tuple[datetime, str, str]]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.chance = random.Random(self.seed)
        self.sources = tuple(sources())
        self.words = [s for text in read_texts() if text.language == "de" for s in sentences(text)]
        for number, source in enumerate(self.sources):
            self.due[source.id] = list(self.stories(source, number))

    def clock(self) -> datetime:
        return self.now

    def broken(self, name: str) -> bool:
        return any(outage.name == name and outage.at(self.now) for outage in OUTAGES)

    def stories(self, source: Source, number: int) -> Iterator[tuple[datetime, str, str]]:
        """(when, title, text) of one source over the whole quarter, in the day's hours."""
        chance = random.Random(f"{self.seed}{source.id}")
        rate = next(per_day for category, _, _, per_day in CLASSES if category == source.category)
        for day in range(-1, self.days + 1):
            for n in range(_poisson(chance, rate)):
                at = BEGIN + timedelta(days=day, hours=chance.uniform(5, 20))
                told = chance.sample(self.words, 6)
                yield at, f"{told[0][:70]} ({number}/{day}/{n})", " ".join(told[1:])

    def answer(self, source: Source) -> Harvest:
        outcome, reason = self.weather(source)
        entries: list[Entry] = []
        if outcome is Outcome.OK:
            entries = [self._entry(source, n) for n in self._offered(source)]
        letters = (Letter(source.id, source.url, "feed", reason, b"<rss" * 500, self.now),)
        visit = Visit(
            source_id=source.id, started_at=self.now, finished_at=self.now, outcome=outcome, reason=reason,
            requests=1, entries=len(entries), fresh=len(entries),
        )  # fmt: skip
        return Harvest(
            source, visit, Checkpoint(source.id, {"n": str(self.now)}), tuple(map(Document, entries)), (),
            letters if outcome is Outcome.UNPARSEABLE else (),
        )  # fmt: skip

    def weather(self, source: Source) -> tuple[Outcome, str]:
        if source.category == "news" and self.broken("newspapers unreachable"):
            return Outcome.UNREACHABLE, "no answer"
        if self.chance.random() < WEATHER:
            bad = (Outcome.UNREACHABLE, Outcome.BLOCKED, Outcome.UNPARSEABLE)
            return self.chance.choice(bad), "weather"
        return Outcome.OK, ""

    def _offered(self, source: Source) -> list[int]:
        """Numbers of what has come out and was not taken yet; a stuck reader meets a flood."""
        if source.category == "regulator" and self.broken("regulators silent"):
            return []
        waiting = self.due[source.id]
        taken = [n for n, story in enumerate(waiting) if story and story[0] <= self.now]
        return taken[:40]

    def _entry(self, source: Source, number: int) -> Entry:
        at, title, text = self.due[source.id][number]
        return Entry(
            source_id=source.id, raw_id=title, url=f"{source.url}/{hash_of(title)}", title=title, summary=text,
            published=at, language="de",
        )  # fmt: skip

    def taken(self, source: Source) -> None:
        self.due[source.id] = [story for story in self.due[source.id] if story[0] > self.now]

    def flood(self) -> None:
        """What makes a backlog: many items at once on every newspaper."""
        for source in self.sources:
            if source.category == "news":
                told = [self.chance.sample(self.words, 4) for _ in range(2)]
                self.due[source.id] += [
                    (self.now, f"{w[0][:60]} {self.chance.random()}", " ".join(w[1:])) for w in told
                ]


def sentences(text: Any) -> list[str]:
    found = " ".join(text.paragraphs).replace("?", ".").replace("!", ".").split(". ")
    return [s.strip() + "." for s in found if 40 < len(s) < 220]


def hash_of(text: str) -> str:
    import hashlib

    return hashlib.sha256(text.encode()).hexdigest()[:12]


def _poisson(chance: random.Random, mean: float) -> int:
    count, left = 0, chance.expovariate(1.0)
    while left < mean:
        count, left = count + 1, left + chance.expovariate(1.0)
    return count


def sources() -> Iterator[Source]:
    reviewed = Terms(TermsStatus.OK, (BEGIN + timedelta(days=70)).date() - timedelta(days=150), "", "anna")
    for category, lens, count, _ in CLASSES:
        for n in range(count):
            market = ("DE", "CH")[n % 2]
            yield Source(
                id=f"{category}-{n}", name=f"{category} {n}", kind="rss", url=f"https://{category}-{n}.example", language="de",
                markets=(market,), lens=lens, category=category, publisher=f"P{n}",
                terms=reviewed if (category, n) == ("app", 0) else Terms(),
            )  # fmt: skip


class Shaky:
    """The archive with the planted outages that lie in it."""

    def __init__(self, archive: Any, world: World) -> None:
        self._archive, self._world = archive, world

    def __getattr__(self, name: str) -> Any:
        return getattr(self._archive, name)

    def unread(self, annotator: str, limit: int) -> Any:
        return [] if self._world.broken("reading stuck") else self._archive.unread(annotator, limit)

    def keep_digest(self, digest_id: str, market: str, *rest: Any) -> bool:
        if market == "CH" and self._world.broken("no issue for CH"):
            raise StorageError("planted", remedy="wait")
        kept: bool = self._archive.keep_digest(digest_id, market, *rest)
        return kept


@dataclass
class Quarter:
    """The simulation: a clock that jumps from job to job."""

    world: World
    folder: Path
    alarms: list[Alarm] = field(default_factory=list)
    memory: list[float] = field(default_factory=list)
    reader: list[float] = field(default_factory=list)
    octets: list[tuple[int, int]] = field(default_factory=list)

    def settings(self) -> Settings:
        return Settings(
            archive=self.folder / "a.db",
            publish=Publish(folder=self.folder / "briefings", formats=("json",), editions=EDITIONS),
            delivery=Delivery(
                recipients=tuple(
                    Recipient(channel="file", to=str(self.folder / "out" / e.market), markets=(e.market,)) for e in EDITIONS
                ),
                alerts=(Watcher(channel="webhook", to="http://127.0.0.1:9/nobody"),),
            ),
            alerts=Alerts(disk_low_megabytes=1),
        )  # fmt: skip

    async def run(self) -> None:
        archive = Shaky(open_archive(self.folder / "a.db"), self.world)
        workshop = Workshop(self.settings(), self.world.sources, archive, self.world.clock, apart=True)  # type: ignore[arg-type]
        archive.sync_sources(self.world.sources, self.world.now)
        service = Service(workshop, lambda: workshop, collect=self.collect)
        jobs = {job.name: job for job in service.jobs() if job.name != "recheck"}
        fires = {name: first_fire(job) for name, job in jobs.items()}
        end = BEGIN + timedelta(days=self.world.days)
        while (moment := min(fires.values())) < end:
            self.world.now = moment
            self.plant(service, workshop)
            for name in [n for n, at in fires.items() if at == moment]:
                await self.fire(service, jobs[name])
                fires[name] = next_fire(jobs[name], moment)
        await self.fire(service, jobs["alerts"])
        workshop.close()
        self.alarms = list(archive.alarms(standing=False, limit=1000))

    async def fire(self, service: Service, job: Job) -> None:
        try:
            await job.run()
        except Exception as error:  # noqa: BLE001  # the scheduler logs and goes on; the job's line says failed
            print(f"{self.world.now} {job.name}: {error!r}", file=sys.stderr, flush=True)
        if job.name == "upkeep":
            self.measure(service.workshop)

    def measure(self, workshop: Workshop) -> None:
        self.memory.append(own_megabytes() or 0.0)
        self.reader.append(workshop.readers.megabytes() or 0.0)
        items = workshop.archive.counts()["item"]
        self.octets.append((items, workshop.settings.archive.stat().st_size))
        if len(self.memory) % 5 == 0:
            done = f"day {len(self.memory)} items {items} memory {self.memory[-1]:.0f} + {self.reader[-1]:.0f} MB"
            print(f"{time.process_time():.0f} CPU s {done}", file=sys.stderr, flush=True)

    def plant(self, service: Service, workshop: Workshop) -> None:
        """Outages that are a matter of settings or of the disk."""
        wanted = workshop.settings.alerts.model_copy(
            update={"disk_low_megabytes": 1e12 if self.world.broken("disk full") else 1}
        )
        changed = workshop.settings.model_copy(update={"alerts": wanted})
        if changed != service.workshop.settings:
            loaded = dict(service.workshop.__dict__)
            service.workshop = replace(workshop, settings=changed)
            service.workshop.__dict__.update(
                {k: v for k, v in loaded.items() if k not in ("settings",)} | {"settings": changed}
            )
        out = self.folder / "out"
        blocked = self.folder / "out.away"
        if self.world.broken("webhook down") and not blocked.exists():
            out.rename(blocked)
            out.write_text("in the way")
        elif not self.world.broken("webhook down") and blocked.exists():
            out.unlink()
            blocked.rename(out)

    async def collect(self, workshop: Workshop, on_answer: OnAnswer) -> Collected:
        """Stands in for the crawl; from the desk on everything is the service's own."""
        if self.world.broken("reading stuck") and self.world.now.minute == 0:
            self.world.flood()
        due = _chosen(workshop, everything=False, only=())
        chosen = [] if self.world.broken("no visits") else due
        run = collect_run(workshop, chosen)
        for source in chosen:
            harvest = self.world.answer(source)
            run.deliver(harvest)
            if harvest.visit.outcome is Outcome.OK:
                self.world.taken(source)
                on_answer(self.answered(source))
        return run.collected

    def answered(self, source: Source) -> Fetched:
        off = timedelta(minutes=12) if self.world.broken("clock wrong") else timedelta()
        headers = {"date": format_datetime(self.world.now + off, usegmt=True)}
        return Fetched(source.id, Request(source.url), source.url, 200, headers, b"", self.world.now)


def first_fire(job: Job) -> datetime:
    return BEGIN if isinstance(job.when, Every) else next_run(job.when, BEGIN)


def next_fire(job: Job, moment: datetime) -> datetime:
    """After this moment: a daily rule asked at its own time names that time again."""
    after = moment if isinstance(job.when, Every) else moment + timedelta(seconds=1)
    return next_run(job.when, after)


# --- the judge


def dates_owed(edition: Edition, days: int) -> set[date]:
    zone = ZoneInfo(edition.zone)
    first = (BEGIN.astimezone(zone)).date()
    sent = [datetime.combine(first + timedelta(days=n), edition.send_at, zone) for n in range(days + 1)]
    return {at.date() for at in sent if BEGIN <= at < BEGIN + timedelta(days=days)}


def missing_issues(quarter: Quarter) -> list[str]:
    """Local dates without exactly one kept daily issue and exactly one delivered file."""
    archive = open_archive(quarter.folder / "a.db")
    rows = [row for row in archive.digests("", 10_000) if row["edition"] == DAILY]
    kept = Counter((row["market"], row["day"]) for row in rows)
    archive.close()
    faults = []
    for edition in EDITIONS:
        files = list((quarter.folder / "out" / edition.market).glob("[!.]*"))
        for day in sorted(dates_owed(edition, quarter.world.days)):
            sent = sum(f"{edition.market.lower()}-{day.isoformat()}-" in path.name for path in files)
            if kept[(edition.market, day.isoformat())] != 1 or sent != 1:
                faults.append(
                    f"{edition.market} {day}: {kept[(edition.market, day.isoformat())]} kept, {sent} delivered"
                )
    return faults


def judged_alarms(quarter: Quarter) -> Mapping[str, Any]:
    """Per planted outage how soon it was told, and what was told without cause."""
    planted = [o for o in OUTAGES if o.begins < quarter.world.days]
    told, wanted = {}, set()
    for outage in planted:
        begins = BEGIN + timedelta(days=outage.begins)
        ends = begins + timedelta(hours=outage.hours) + timedelta(hours=26)
        mine = [
            a
            for a in quarter.alarms
            if a.key == outage.alarm and a.raised_at and begins <= a.raised_at <= ends
        ]
        wanted |= {(a.key, a.raised_at) for a in mine}
        also = [
            a
            for a in quarter.alarms
            if a.key in outage.also and a.raised_at and begins <= a.raised_at <= ends
        ]
        wanted |= {(a.key, a.raised_at) for a in also}
        first = min((a.raised_at for a in mine if a.raised_at), default=None)
        told[outage.name] = {
            "alarm": outage.alarm,
            "after_hours": round((first - begins).total_seconds() / 3600, 2) if first else None,
            "bound_hours": outage.bound.total_seconds() / 3600,
            "in_time": first is not None and first - begins <= outage.bound,
            "times": len(mine),
        }
    # The alarms' own channel is down all the time in this world: their deliveries are not counted as such.
    other = [
        f"{a.key} {a.raised_at}: {a.message}" for a in quarter.alarms if (a.key, a.raised_at) not in wanted
    ]
    return {"planted": told, "without_cause": other}


def growth(octets: list[tuple[int, int]]) -> float:
    """Octets an item in the last third over those in the second."""
    third = len(octets) // 3
    if third < 2:
        return 1.0
    (i1, o1), (i2, o2), (i3, o3) = octets[third], octets[2 * third], octets[-1]
    return ((o3 - o1) / max(1, i3 - i1)) / max(1.0, (o2 - o1) / max(1, i2 - i1)) if i3 > i2 > i1 else 1.0


def report(quarter: Quarter, seconds: float) -> dict[str, Any]:
    memory = quarter.memory
    settled = memory[min(10, len(memory) // 3) :]
    archive = open_archive(quarter.folder / "a.db")
    faults, size, counts = archive.verify(), archive.size(), archive.counts()
    archive.close()
    alarms = judged_alarms(quarter)
    found = {
        "days": quarter.world.days, "sources": len(quarter.world.sources), "items": counts["item"],
        "visits": counts["visit"], "issues": counts["digest_run"], "missing issues": missing_issues(quarter),
        "alarms": alarms, "memory MB": [round(m) for m in memory[:: max(1, len(memory) // 9)]],
        "reading process MB, most": round(max(quarter.reader, default=0)),
        "memory rise MB": round(max(settled[-5:], default=0) - max(settled[:5], default=0), 1),
        "octets per item, last third over second": round(growth(quarter.octets), 3),
        "file MB": round(size["total"] / 1e6, 1),
        "largest tables MB": {n: round(o / 1e6, 1) for n, o in sorted(size.items(), key=lambda r: -r[1])[1:8]},
        "job lines": counts["job_run"], "verify": list(faults), "seconds": round(seconds),
    }  # fmt: skip
    found["holds"] = (
        not found["missing issues"] and not alarms["without_cause"] and not faults
        and all(one["in_time"] and one["times"] == 1 for one in alarms["planted"].values())
        and found["memory rise MB"] < FLAT_MEGABYTES and found["octets per item, last third over second"] < GROWTH
    )  # fmt: skip
    return found


def simulate(days: int, seed: int, folder: Path) -> dict[str, Any]:
    began = time.monotonic()
    settle_allocator()
    timetable.OFTEN.update({name: timedelta(minutes=minutes) for name, minutes in OFTEN.items()})
    alerting.ASLEEP = 2 * timetable.OFTEN["alerts"]  # who looks so seldom has not slept
    quarter = Quarter(World(seed, days), folder)
    asyncio.run(quarter.run())
    return report(quarter, time.monotonic() - began)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--days", type=int, default=90)
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--folder", type=Path)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as place:
        folder = given.folder or Path(place)
        folder.mkdir(parents=True, exist_ok=True)
        found = simulate(given.days, given.seed, folder)
    print(json.dumps(found, indent=2, default=str))
    sys.exit(0 if found["holds"] else 1)


if __name__ == "__main__":
    main()
