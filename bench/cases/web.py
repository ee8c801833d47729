"""Fifty analysts reading at 300,000 items: p95 of search under their load beside p95 alone, and CPU per page.

An analyst reads what a page shows before asking for the next one: 3 to 15 seconds. `LAGEBILD_BENCH_ROOM` names a file to
keep the archive in, so that a second run need not build it again.
"""

import os
import random
import re
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.client import HTTPConnection
from pathlib import Path
from urllib.parse import quote

from bench.articles import Articles
from bench.pairs import Result
from bench.store import frequent_terms

READERS = 50
PAUSE_SECONDS = (3.0, 15.0)
ALONE, UNDER_LOAD, ROUNDS = 60, 40.0, 2
"""Searches of one reader alone; seconds of load; how often both are measured in turn."""
LOOKS = 10
"""Visits of a page whose CPU is measured."""
CPU_TARGET_MILLISECONDS = 300


@dataclass
class Room:
    """The server, and how long it kept its readers waiting."""

    port: int
    pid: int
    terms: list[str]
    waits: list[float] = field(default_factory=list)
    faults: list[int] = field(default_factory=list)

    def get(self, path: str) -> str:
        """One page; its status is noted when it is not 200."""
        connection = HTTPConnection("127.0.0.1", self.port, timeout=600)
        try:
            connection.request("GET", path)
            answer = connection.getresponse()
            body = answer.read().decode("utf-8", "replace")
        finally:
            connection.close()
        if answer.status != 200:
            self.faults.append(answer.status)
        return body

    def search(self, chance: random.Random) -> str:
        """A search for a word that 1 to 5 % of the items hold; its time is noted."""
        began = time.perf_counter()
        body = self.get(f"/search?q={quote(chance.choice(self.terms))}&market=DE")
        self.waits.append(time.perf_counter() - began)
        return body

    def cpu_seconds(self) -> float:
        """Of the server so far."""
        fields = Path(f"/proc/{self.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


@contextmanager
def opened(items: int) -> Iterator[Room]:
    """The server over an archive of so many items, built where it is not there yet."""
    with tempfile.TemporaryDirectory() as folder:
        file = os.environ.get("LAGEBILD_BENCH_ROOM") or f"{folder}/room.db"
        words = [sys.executable, "-m", "bench.room", file, str(items), "--serve"]
        server = subprocess.Popen(words, stdout=subprocess.PIPE, text=True)
        try:
            assert server.stdout is not None
            port, pid = map(int, server.stdout.readline().split())
            room = Room(port, pid, frequent_terms(Articles(total=items), items))
            _wait(room)
            yield room
        finally:
            server.terminate()
            server.wait()


def _wait(room: Room) -> None:
    for _ in range(300):
        try:
            room.get("/healthz")
            return
        except OSError:
            time.sleep(0.2)
    raise TimeoutError("the room did not open")


def p95(waits: list[float]) -> float:
    return sorted(waits)[int(len(waits) * 0.95)]


def alone(room: Room) -> float:
    """p95 of one reader's searches, in seconds."""
    room.waits.clear()
    chance = random.Random(3)
    for _ in range(ALONE):
        room.search(chance)
    return p95(room.waits)


def together(room: Room, seconds: float) -> float:
    """p95 of the searches of fifty readers who also open what they find, in seconds."""
    room.waits.clear()
    end = time.monotonic() + seconds

    def read(number: int) -> None:
        chance = random.Random(number)
        time.sleep(chance.uniform(0, PAUSE_SECONDS[1]))
        while time.monotonic() < end:
            links = re.findall(r'href="(/(?:item|story)/[^"]+)"', room.search(chance))
            time.sleep(chance.uniform(*PAUSE_SECONDS))
            if links and time.monotonic() < end:
                room.get(chance.choice(links))
                time.sleep(chance.uniform(*PAUSE_SECONDS))

    readers = [threading.Thread(target=read, args=(n,)) for n in range(READERS)]
    for reader in readers:
        reader.start()
    for reader in readers:
        reader.join()
    return p95(room.waits)


def pages(room: Room) -> dict[str, str]:
    """What is looked at: each kind of page once."""
    found = room.get(f"/search?q={quote(room.terms[0])}&relevant=1")
    links = {kind: re.search(rf'href="(/{kind}/[^"]+)"', found) for kind in ("item", "story")}
    named = {kind: link[1] for kind, link in links.items() if link}
    return {
        "today": "/",
        "search": f"/search?q={quote(room.terms[0])}&market=DE",
        "search by relevance": f"/search?q={quote(room.terms[0])}&order=relevance",
        "search without words": "/search?relevant=1&severity=3",
        "signals": "/signals",
        "incidents": "/incidents",
        "dashboard": "/dashboard",
        "sources": "/sources",
        "call: items": f"/api/v1/items?q={quote(room.terms[0])}&limit=50",
        **named,
    }


def cpu_of(room: Room, path: str) -> float:
    """CPU milliseconds at the server for one visit."""
    room.get(path)
    before = room.cpu_seconds()
    for _ in range(LOOKS):
        room.get(path)
    return (room.cpu_seconds() - before) / LOOKS * 1000


def measure(quick: bool) -> list[Result]:
    items = 20_000 if quick else 300_000
    with opened(items) as room:
        costs = {name: round(cpu_of(room, path), 1) for name, path in pages(room).items()}
        ratios, waits = [], []
        for _ in range(1 if quick else ROUNDS):
            quiet = alone(room)
            busy = together(room, UNDER_LOAD / 2 if quick else UNDER_LOAD)
            ratios.append(busy / quiet)
            waits.append({"alone": round(quiet * 1000, 1), "together": round(busy * 1000, 1)})
        faults = len(room.faults)
    dearest = max(costs.values())
    held = f"{items:,} items"
    return [
        Result("web", f"search p95 with {READERS} readers ÷ alone, {held}", "itself, alone", statistics.median(ratios),
               (min(ratios), max(ratios)), 3.0, at_least=False, more={"p95_ms": waits, "errors": faults}),
        Result("web-cpu", f"CPU ms of the dearest page, {held}", "none", dearest, (min(costs.values()), dearest),
               CPU_TARGET_MILLISECONDS, at_least=False, more=costs),
    ]  # fmt: skip
