"""Workers of a fleet, forked from a process that has the models in memory: a new one costs a moment, so many can be killed.

    python -m bench.faults.fleet_forks

Reads one JSON object a line: `{"do": "start", "settings": …, "sources": …}` brings a worker and answers its process id; with
`"do": "embedded"` the whole job is done by one process on SQLite, as of `moment`; `"do": "read"` reads what its archive holds; `"do": "kill"` kills the worker `pid`. A
worker keeps a diary of its jobs beside the archive, and reads article pages in its own process. What the encoders say of
the texts of an embedded run is in memory afterwards, so that killed reading costs little.
"""

import gc
import json
import logging
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from importlib import import_module
from pathlib import Path
from typing import Any

from bench.faults.kill import MORNING, warm_harvest
from crawler.crawl import reactor_loop, share_hosts
from crawler.dedupe import NearIndex
from crawler.extract import extract
from crawler.pool import Job as PageJob
from domain.model import Lens, Page, Source
from domain.ports import Archive
from lagebild.belts.collect import Desk
from lagebild.belts.deliver import parcels
from lagebild.belts.enrich import read_items
from lagebild.belts.publish import closed_day, kept_of
from lagebild.engine.procrastinate import Fleet
from lagebild.fleet import QUEUES, work
from lagebild.job import collect_due, enrich_all, publish_all
from lagebild.log import configure
from lagebild.settings import Settings
from lagebild.sources.schema import SourceEntry
from lagebild.upkeep import issue
from lagebild.workshop import Workshop
from storage.postgres.archive import open_archive as open_postgres
from storage.postgres.fleet import HostTurns
from storage.sqlite import open_archive as open_sqlite

# --- inside: the process that forks


class PagesHere:
    """Reads article pages in this process: a pool of processes would cost more than the work."""

    def read(self, job: PageJob) -> Page:
        return extract(job.html, job.url, content_type=job.content_type)

    def close(self) -> None:
        """Nothing was started."""


class Diary(logging.Handler):
    """Notes on the disk which job began and which ended; whole lines, in one write each."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self._file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND)

    def emit(self, record: logging.LogRecord) -> None:
        action, job = getattr(record, "action", ""), getattr(record, "job", None)
        if job and action.startswith(("start_job", "job_")):
            told = {"what": action, "task": job["task_name"], "id": job["id"], "at": time.monotonic()}
            os.write(self._file, json.dumps(told).encode() + b"\n")


def workshop_of(settings: Settings, sources: Sequence[Source], archive: Archive) -> Workshop:
    workshop = Workshop(settings, sources, archive)
    workshop.__dict__["pages"] = PagesHere()
    return workshop


def diary_of(folder: Path, pid: int) -> Path:
    return folder / f"worker-{pid}.jsonl"


def run_worker(settings: Settings, sources: Sequence[Source], queues: Sequence[str] = QUEUES) -> None:
    """As `lagebild fleet worker --no-timetable --queue …`."""
    folder = settings.archive.parent
    log = os.open(folder / f"worker-{os.getpid()}.log", os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    os.dup2(log, 2)
    configure(verbosity=1)
    queue = logging.getLogger("procrastinate")
    queue.setLevel(logging.INFO)
    queue.addHandler(Diary(diary_of(folder, os.getpid())))
    dsn = settings.fleet.database
    fleet = Fleet(workshop_of(settings, sources, open_postgres(dsn)), dsn, timetable=False)
    loop = reactor_loop()
    share_hosts(HostTurns(dsn))
    loop.run_until_complete(work(fleet, queues))


def run_embedded(settings: Settings, sources: Sequence[Source], moment: datetime) -> None:
    """The same round by one process, and its issues sent."""
    workshop = workshop_of(settings, sources, open_sqlite(settings.archive)).at(lambda: moment)
    collect_due(workshop, everything=True, quiet=True)
    enrich_all(workshop, quiet=True)
    for edition in settings.publish.editions:
        issue(workshop, edition)


def run_reading(settings: Settings, sources: Sequence[Source], moment: datetime) -> None:
    """Reads and places what is unread, by one process."""
    enrich_all(workshop_of(settings, sources, open_sqlite(settings.archive)).at(lambda: moment), quiet=True)


def warm() -> None:
    """Every belt but the crawl once, so that forks find in memory what is loaded lazily; a fork may not inherit a reactor."""
    import_module("crawler.spiders.article"), import_module("crawler.spiders.feed")
    with tempfile.TemporaryDirectory() as folder:
        settings = Settings(archive=Path(folder) / "a.db", publish={"folder": Path(folder) / "b"})  # type: ignore[arg-type]
        archive = open_sqlite(settings.archive)
        source = Source(
            id="warm", name="Warm", kind="rss", url="https://warm.example/", language="de", markets=("DE",), lens=Lens.MEDIA
        )  # fmt: skip
        workshop = workshop_of(settings, (source,), archive).at(lambda: MORNING)
        Desk(archive, NearIndex(timedelta(days=1)), workshop.clock, None).receive(warm_harvest(source))
        enrich_all(workshop, quiet=True)
        publish_all(workshop, quiet=True)
        archive.close()


def rehearse(settings: Settings, moment: datetime) -> None:
    """Reads and prints in this process what the archive holds: forks find in memory what the encoders said of these texts.

    The archive is no use afterwards: what the encoders left in it is dropped, so that they are asked.
    """
    archive = open_sqlite(settings.archive)
    workshop = workshop_of(settings, (), archive).at(lambda: moment)
    archive.run("DELETE FROM shelf")
    items = archive.items([row[0] for row in archive.rows("SELECT item_id FROM item WHERE copy_of IS NULL")])
    read_items(archive, workshop.annotators, items, workshop.clock)
    for edition in settings.publish.editions:
        for kept in kept_of(archive, edition, closed_day(edition, moment)):
            parcels(kept, settings.delivery.recipients, moment)
    archive.close()


def forked(folder: Path, work_: Callable[..., None], *arguments: Any) -> int:
    """The id of a child that does this in the folder, and nothing else."""
    child = os.fork()
    if child:
        return child
    code = 1
    try:
        os.chdir(folder)
        for fd in (0, 1):
            os.dup2(os.open(os.devnull, os.O_RDWR), fd)
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        work_(*arguments)
        code = 0
    except BaseException:  # told by the exit code and on standard error
        logging.getLogger("lagebild").exception("a fork ended")
    finally:
        os._exit(code)


def serve_forks() -> None:
    """Answers one line for each line, until the other end closes or asks no more."""
    warm()
    gc.collect(), gc.freeze(), gc.disable()  # the collector would copy every page of the shared models
    print("ready", flush=True)
    workers: set[int] = set()
    for line in sys.stdin:
        print(json.dumps(_answer(json.loads(line), workers)), flush=True)
    for pid in workers:
        os.kill(pid, signal.SIGKILL)


def _answer(asked: dict[str, Any], workers: set[int]) -> Any:
    if asked["do"] == "kill":
        os.kill(asked["pid"], signal.SIGKILL)
        workers.remove(asked["pid"])
        return os.waitpid(asked["pid"], 0)[1]
    if asked["do"] == "ended":
        gone = [pid for pid in workers if os.waitpid(pid, os.WNOHANG)[0]]
        workers.difference_update(gone)
        return gone
    settings = Settings.model_validate(asked["settings"])
    folder = settings.archive.parent
    sources = tuple(SourceEntry.model_validate(row).source() for row in asked["sources"])
    if asked["do"] == "start":
        workers.add(pid := forked(folder, run_worker, settings, sources, asked["queues"]))
        return pid
    moment = datetime.fromisoformat(asked["moment"]).astimezone(UTC)
    if asked["do"] == "read":
        _, status, used = os.wait4(forked(folder, run_reading, settings, sources, moment), 0)
        return [status, used.ru_utime + used.ru_stime]
    status = os.waitpid(forked(folder, run_embedded, settings, sources, moment), 0)[1]
    rehearse(settings, moment)
    return status


# --- outside: whoever kills


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of a diary: a job began (`start_job`) or ended; `at` is the monotonic clock."""

    what: str
    task: str
    id: int
    at: float


def diary(folder: Path, pid: int) -> list[Entry]:
    path = diary_of(folder, pid)
    lines = path.read_bytes().splitlines(keepends=True) if path.exists() else []
    return [Entry(**json.loads(line)) for line in lines if line.endswith(b"\n")]


def in_hand(folder: Path, pid: int) -> list[Entry]:
    """The jobs that began and did not end, in the order they began."""
    entries = diary(folder, pid)
    ended = {(entry.id, entry.at) for entry in entries if entry.what != "start_job"}
    return [
        entry
        for entry in entries
        if entry.what == "start_job" and not any(i == entry.id and at >= entry.at for i, at in ended)
    ]


def _asked(settings: Settings, sources: Sequence[Mapping[str, object]]) -> dict[str, object]:
    return {"settings": settings.model_dump(mode="json"), "sources": list(sources)}


class Forks:
    """The forking process, asked from outside. Use as a context."""

    def __init__(self) -> None:
        environment = os.environ | {"OMP_NUM_THREADS": "1"}
        self._process = subprocess.Popen(
            [sys.executable, "-m", "bench.faults.fleet_forks"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
            env=environment, cwd=Path(__file__).parents[2],
        )  # fmt: skip
        self._next()

    def _next(self) -> str:
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        if not line:
            raise RuntimeError(f"the forking process ended ({self._process.wait()})")
        return line

    def _ask(self, **words: object) -> Any:
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps(words) + "\n")
        self._process.stdin.flush()
        return json.loads(self._next())

    def start(
        self, settings: Settings, sources: Sequence[Mapping[str, object]], queues: Sequence[str] = QUEUES
    ) -> int:
        """The process id of a new worker."""
        return int(self._ask(do="start", queues=list(queues), **_asked(settings, sources)))

    def kill(self, pid: int) -> None:
        """SIGKILL; returns once the process is gone."""
        self._ask(do="kill", pid=pid)

    def ended(self) -> list[int]:
        """Workers that have left by themselves since the last question."""
        return [int(pid) for pid in self._ask(do="ended")]

    def embedded(self, settings: Settings, sources: Sequence[Mapping[str, object]], moment: datetime) -> None:
        """Does the whole job in one process; raises when that fails."""
        status = self._ask(do="embedded", moment=moment.isoformat(), **_asked(settings, sources))
        if status != 0:
            raise RuntimeError(f"the run in one process ended with status {status}")

    def read(self, settings: Settings, moment: datetime) -> float:
        """Reads and places what the SQLite archive holds unread, in one process; its CPU seconds. Raises when that fails."""
        status, seconds = self._ask(do="read", moment=moment.isoformat(), **_asked(settings, ()))
        if status != 0:
            raise RuntimeError(f"reading in one process ended with status {status}")
        return float(seconds)

    def __enter__(self) -> "Forks":
        return self

    def __exit__(self, *_: object) -> None:
        assert self._process.stdin is not None
        self._process.stdin.close()
        self._process.wait(timeout=60)


if __name__ == "__main__":
    serve_forks()
