"""A fleet whose workers are killed with SIGKILL, or whose server is restarted: all jobs are done, and effects are there once.

usage: python -m bench.faults.fleet [--kills 20] [--restarts 4] [--seed 5]

Each trial is a round of its own on an empty database: two workers collect over loopback HTTP, read, place, watch, publish
and deliver. A kill comes some time into a job of a drawn kind, and a new worker takes the place of the killed one; every
second kind of restart is a crash (`immediate`). Lost jobs are swept as the timetable does it. In the end no job may be left or
set aside, and items, tags, stories, signals, issues and what was delivered must be those that one process leaves.
Prints one JSON object; exit 1 when something differs.
"""

import argparse
import asyncio
import json
import random
import shutil
import statistics
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

import psycopg
from procrastinate.exceptions import ConnectorException

from bench.faults.fleet_forks import Forks, diary, in_hand
from bench.faults.kill import MORNING
from domain.errors import StorageError
from lagebild.demo.server import serve
from lagebild.demo.world import world
from lagebild.engine.procrastinate import Fleet
from lagebild.fleet import one_round
from lagebild.settings import Collect, Delivery, Edition, Publish, Recipient, Settings
from lagebild.settings import Fleet as FleetSettings
from lagebild.sources.schema import SourceEntry
from lagebild.workshop import Workshop
from storage.postgres.archive import open_archive
from storage.postgres.fleet import FleetState
from storage.sqlite import open_archive as open_sqlite
from tests.fixtures.fleet_demo import held, issues
from tests.fixtures.postgres_server import OwnPostgres

Rows = Sequence[Mapping[str, object]]

OUTLETS = (
    "elbbote", "main-rundschau", "isarblatt", "spreepost", "ruhrkurier", "schulblick", "netzlage", "medienanstalt-weserharz",
)  # fmt: skip
"""Enough for copies, stories and a signal; the fortnight through all outlets is a test of its own."""
BATCH = 12
BEAT_SECONDS = 3.0
SWEEP_SECONDS = 1.0
LOOK_SECONDS = 0.05
AT_MOST_SECONDS = 600.0
TASKS = ("collect", "plan-reading", "read", "place", "watch", "publish")
"""In the order in which a round comes to them."""
OFTEN = ("collect", "read")
"""Tasks of several jobs. None is struck so often that a job could be set aside for the deaths of its workers."""
MODES = ("fast", "immediate")


def settings_for(folder: Path, dsn: str) -> Settings:
    """`dsn` "" is one process on SQLite."""
    return Settings(
        archive=folder / "state.db",
        collect=Collect(
            contact="https://lagebild.example", per_host_delay_seconds=0.02, allow_hosts=("127.*",)
        ),
        publish=Publish(
            folder=folder / "briefings",
            formats=("json", "markdown"),
            editions=(Edition(market="DE", zone="Europe/Berlin", languages=("de",)),),
        ),
        delivery=Delivery(recipients=(Recipient(channel="file", to="delivered"),)),
        fleet=FleetSettings(database=dsn, items_at_once=BATCH, heartbeat_seconds=BEAT_SECONDS),
    )


@dataclass(frozen=True)
class Left:
    """What a round left: rows of the archive, printed issues, delivered files."""

    rows: Mapping[str, Sequence[str]]
    printed: Mapping[str, bytes]
    delivered: Mapping[str, bytes]

    @classmethod
    def by(cls, archive: object, folder: Path) -> "Left":
        delivered = {path.name: path.read_bytes() for path in (folder / "delivered").glob("[!.]*")}
        return cls(held(archive), issues(folder / "briefings"), delivered)  # type: ignore[arg-type]

    def differences(self, other: "Left") -> Iterator[str]:
        """One sentence for each kind of thing that differs."""
        for name, mine in self.rows.items():
            theirs, own = Counter(other.rows[name]), Counter(mine)
            if missing := list((theirs - own).elements()):
                yield f"{name}: {len(missing)} missing, such as {missing[0][:200]}"
            if more := list((own - theirs).elements()):
                yield f"{name}: {len(more)} too many, such as {more[0][:200]}"
        if self.printed != other.printed:
            yield "printed issues differ"
        if self.delivered != other.delivered:
            yield f"delivered {len(self.delivered)} issues, not {len(other.delivered)}, or others"


@dataclass
class Crew:
    """Two workers over one database."""

    forks: Forks
    settings: Settings
    sources: Rows
    running: list[int] = field(default_factory=list)
    left: int = 0

    @property
    def folder(self) -> Path:
        return self.settings.archive.parent

    def start(self) -> None:
        self.running.append(self.forks.start(self.settings, self.sources))

    def kill(self, pid: int) -> list[str]:
        """The tasks it had in hand."""
        self.forks.kill(pid)
        self.running.remove(pid)
        return [entry.task for entry in in_hand(self.folder, pid)]

    def revive(self) -> None:
        """Starts those again that left, as a service manager does."""
        for pid in self.forks.ended():
            self.running.remove(pid)
            self.left += 1
            self.start()

    def busy_with(self, task: str) -> int | None:
        """A worker that has such a job in hand."""
        hands = {pid: in_hand(self.folder, pid) for pid in self.running}
        return next((pid for pid, jobs in hands.items() if any(job.task == task for job in jobs)), None)


@dataclass(frozen=True, slots=True)
class Strike:
    """So many seconds into a job of this task. `mode` is how the server stops; "" kills a worker."""

    task: str
    seconds: float
    mode: str = ""


@dataclass
class Trial:
    """One round that is disturbed."""

    crew: Crew
    server: OwnPostgres
    fleet: Fleet
    strikes: Sequence[Strike]
    struck: Counter[str] = field(default_factory=Counter)
    last_sweep: float = 0.0
    swept: int = 0

    async def run(self) -> float:
        """Seconds from the last sweep that gave jobs away until nothing was left; 0.0 when none did."""
        round_ = asyncio.ensure_future(one_round(self.fleet, MORNING, everything=True, publish=True))
        beside = [asyncio.ensure_future(self._strike(round_)), asyncio.ensure_future(self._sweep())]
        try:
            await asyncio.wait_for(asyncio.shield(round_), AT_MOST_SECONDS)
            return time.monotonic() - self.last_sweep if self.swept else 0.0
        finally:
            for task in (round_, *beside):
                task.cancel()
            await asyncio.gather(round_, *beside, return_exceptions=True)

    async def _strike(self, round_: "asyncio.Future[None]") -> None:
        for strike in self.strikes:
            while (pid := self.crew.busy_with(strike.task)) is None:
                await asyncio.sleep(LOOK_SECONDS)
            await asyncio.sleep(strike.seconds)
            if round_.done():
                return
            if strike.mode:
                await asyncio.to_thread(self.server.restart, strike.mode)
                self.struck[f"{strike.mode} during {strike.task}"] += 1
            elif pid in self.crew.running:
                tasks = self.crew.kill(pid)
                self.struck[" and ".join(sorted(set(tasks))) or "nothing"] += 1
                self.crew.start()

    async def _sweep(self) -> None:
        while True:
            await asyncio.sleep(SWEEP_SECONDS)
            self.crew.revive()
            with suppress(ConnectorException, StorageError):
                if given := await self.fleet.sweep():
                    self.swept, self.last_sweep = self.swept + given, time.monotonic()


@dataclass
class Ledger:
    """What the trials showed. `faults` holds one sentence each."""

    trials: int = 0
    struck: Counter[str] = field(default_factory=Counter)
    swept: int = 0
    left: int = 0
    seconds: list[float] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)
    began: float = field(default_factory=time.monotonic)

    @property
    def spent(self) -> float:
        """Seconds since the first trial began."""
        return time.monotonic() - self.began

    def told(self) -> dict[str, object]:
        seconds = sorted(self.seconds) or [0.0]
        return {
            "trials": self.trials,
            "seconds": round(self.spent),
            "struck": self.struck.total(),
            "while in hand": dict(self.struck),
            "jobs given to others": self.swept,
            "workers that left by themselves": self.left,
            "seconds from the last sweep to done": {
                "median": round(statistics.median(seconds), 1), "most": round(seconds[-1], 1),
            },
            "faults": self.faults,
        }  # fmt: skip


@dataclass
class Ground:
    """What trials share: a server, a forking process, a world that answers, what one process leaves of it."""

    server: OwnPostgres
    forks: Forks
    sources: Rows
    place: Path
    expected: Left
    keys: bytes
    lasting: dict[str, float] = field(default_factory=dict)
    numbers: Iterator[int] = field(default_factory=lambda: iter(range(1_000_000)))

    def trial(self, strikes: Sequence[Strike], ledger: Ledger) -> None:
        """Runs one, judges it, and clears up."""
        number = next(self.numbers)
        folder = self.place / f"trial{number}"
        folder.mkdir()
        (folder / "state.db.keys").write_bytes(self.keys)
        self.ask(f"CREATE DATABASE trial{number}")
        settings = settings_for(folder, f"{self.server.dsn.rpartition('/')[0]}/trial{number}")
        archive = open_archive(settings.fleet.database)
        sources = tuple(SourceEntry.model_validate(row).source() for row in self.sources)
        fleet = Fleet(Workshop(settings, sources, archive), settings.fleet.database, timetable=False)
        crew = Crew(self.forks, settings, self.sources)
        trial = Trial(crew, self.server, fleet, strikes)
        try:
            crew.start(), crew.start()
            seconds = asyncio.run(trial.run())
            found = [*self._faults(settings)]
        except TimeoutError:
            seconds, found = AT_MOST_SECONDS, ["the round did not end"]
        finally:
            self._remember(crew)
            for pid in list(crew.running):
                crew.kill(pid)
        fleet.close(), archive.close()
        ledger.trials += 1
        ledger.struck += trial.struck
        ledger.swept += trial.swept
        ledger.left += crew.left
        ledger.seconds += [seconds] if trial.swept else []
        for what in found:
            tell(f"trial {number}: {what}")
        ledger.faults += [f"trial {number} {list(map(told, strikes))}: {what}" for what in found]
        if not found:
            shutil.rmtree(folder)
        self.ask(f"DROP DATABASE trial{number} WITH (FORCE)")

    def _faults(self, settings: Settings) -> Iterator[str]:
        """Asked over connections of its own."""
        state, archive = FleetState(settings.fleet.database), open_archive(settings.fleet.database)
        if left := state.waiting():
            yield f"{left} jobs are left"
        if failed := state.failed():
            yield f"{len(failed)} jobs were set aside"
        yield from Left.by(archive, settings.archive.parent).differences(self.expected)
        yield from archive.verify()
        state.close(), archive.close()

    def _remember(self, crew: Crew) -> None:
        """How long the jobs of each task take, from the diaries of workers that were not killed."""
        for pid in crew.running:
            begun = {}
            for entry in diary(crew.folder, pid):
                if entry.what == "start_job":
                    begun[entry.id] = entry.at
                elif entry.id in begun:
                    lasted = entry.at - begun[entry.id]
                    self.lasting[entry.task] = max(lasted, self.lasting.get(entry.task, 0.0))

    def ask(self, sql: str) -> None:
        with psycopg.connect(self.server.dsn, autocommit=True) as connection:
            connection.execute(sql.encode())


def told(strike: Strike) -> str:
    return f"{strike.mode or 'kill'} {strike.seconds:.2f} s into {strike.task}"


@contextmanager
def ground() -> Iterator[Ground]:
    """Everything started, and what one process leaves."""
    server = OwnPostgres()
    try:
        with (
            Forks() as forks,
            serve(world(7, MORNING)) as served,
            tempfile.TemporaryDirectory(prefix="lagebild-fleet-") as place,
        ):
            served.move_to(MORNING)
            # All pages at the first visit: with a limit, a visit that is made again would go on to the next ones.
            rows = [dict(row) for row in served.sources if row["id"] in OUTLETS]
            folder = Path(place) / "embedded"
            folder.mkdir()
            settings = settings_for(folder, "")
            forks.embedded(settings, rows, MORNING)
            archive = open_sqlite(settings.archive)
            expected, keys = Left.by(archive, folder), (folder / "state.db.keys").read_bytes()
            archive.close()
            yield Ground(server, forks, rows, Path(place), expected, keys)
    finally:
        server.close()


def drawn(chance: random.Random, lasting: Mapping[str, float], count: int) -> list[Strike]:
    """Kills in the order in which a round comes to their tasks."""
    tasks = sorted(chance.sample((*TASKS, *OFTEN), min(count, len(TASKS) + len(OFTEN))), key=TASKS.index)
    return [Strike(task, chance.uniform(0.0, lasting.get(task, 0.1))) for task in tasks]


def killed(ground_: Ground, kills: int, chance: random.Random) -> Ledger:
    """Trials until so many workers were killed."""
    ledger = Ledger()
    while (left := kills - ledger.struck.total()) > 0 and ledger.trials < 2 * kills:
        ground_.trial(drawn(chance, ground_.lasting, left), ledger)
        tell(f"{ledger.struck.total()} kills, {len(ledger.faults)} faults, {ledger.spent:.0f} s")
    return ledger


def restarted(ground_: Ground, restarts: int, chance: random.Random) -> Ledger:
    """One trial for each restart, every kind of stop in its turn."""
    ledger = Ledger()
    for number in range(restarts):
        strike = drawn(chance, ground_.lasting, 1)[0]
        ground_.trial([Strike(strike.task, strike.seconds, MODES[number % len(MODES)])], ledger)
        tell(f"{ledger.struck.total()} restarts, {len(ledger.faults)} faults, {ledger.spent:.0f} s")
    return ledger


def tell(words: str) -> None:
    print(words, file=sys.stderr, flush=True)


def whole_run(kills: int, restarts: int, seed: int) -> dict[str, object]:
    """An undisturbed round first, which also tells how long jobs last; then the kills, then the restarts."""
    began, chance = time.monotonic(), random.Random(seed)
    with ground() as ground_:
        calm = Ledger()
        ground_.trial([], calm)
        rows = {name: len(rows) for name, rows in ground_.expected.rows.items()}
        lasting = {task: round(seconds, 2) for task, seconds in ground_.lasting.items()}
        found = {
            "calm": calm.told(),
            "kills": killed(ground_, kills, chance).told(),
            "restarts": restarted(ground_, restarts, chance).told(),
        }
    facts = {"rows": rows, "seconds a job": lasting, "seconds": round(time.monotonic() - began)}
    return found | facts


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kills", type=int, default=20)
    parser.add_argument("--restarts", type=int, default=4)
    parser.add_argument("--seed", type=int, default=5)
    given = parser.parse_args()
    found = whole_run(given.kills, given.restarts, given.seed)
    print(json.dumps(found, indent=2))
    parts = (found[name] for name in ("calm", "kills", "restarts"))
    sys.exit(any(part["faults"] for part in parts if isinstance(part, dict)))


if __name__ == "__main__":
    main()
