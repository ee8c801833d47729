"""Fifty analysts reading at 300,000 items: p95 of search under their load beside p95 alone, and CPU per page.

An analyst reads what a page shows before asking for the next one: 3 to 15 seconds. `LAGEBILD_BENCH_ROOM` names a file to
keep the archive in, so that a second run need not build it again.
"""

import random
import re
import statistics
import tempfile
import threading
import time
from os import environ
from urllib.parse import quote

from bench.pairs import Result
from bench.room_export import MEMORY_MEGABYTES, exported
from bench.room_pages import TARGET_MILLISECONDS, Room, costs, opened

READERS = 50
PAUSE_SECONDS = (3.0, 15.0)
ALONE, UNDER_LOAD, ROUNDS = 60, 40.0, 2
"""Searches of one reader alone; seconds of load; how often both are measured in turn."""


def search(room: Room, chance: random.Random) -> str:
    """A search for a word that 1 to 5 % of the items hold; its time is noted."""
    began = time.perf_counter()
    body = room.get(f"/search?q={quote(chance.choice(room.terms))}&market=DE")
    room.waits.append(time.perf_counter() - began)
    return body


def p95(waits: list[float]) -> float:
    return sorted(waits)[int(len(waits) * 0.95)]


def alone(room: Room) -> float:
    """p95 of one reader's searches, in seconds."""
    room.waits.clear()
    chance = random.Random(3)
    for _ in range(ALONE):
        search(room, chance)
    return p95(room.waits)


def together(room: Room, seconds: float) -> float:
    """p95 of the searches of fifty readers who also open what they find, in seconds."""
    room.waits.clear()
    end = time.monotonic() + seconds

    def read(number: int) -> None:
        chance = random.Random(number)
        time.sleep(chance.uniform(0, PAUSE_SECONDS[1]))
        while time.monotonic() < end:
            links = re.findall(r'href="(/(?:item|story)/[^"]+)"', search(room, chance))
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


def measure(quick: bool) -> list[Result]:
    items = 20_000 if quick else 300_000
    with (
        tempfile.TemporaryDirectory() as folder,
        opened(environ.get("LAGEBILD_BENCH_ROOM") or f"{folder}/room.db", items) as room,
    ):
        told = costs(room)
        ratios, waits = [], []
        for _ in range(1 if quick else ROUNDS):
            quiet = alone(room)
            busy = together(room, UNDER_LOAD / 2 if quick else UNDER_LOAD)
            ratios.append(busy / quiet)
            waits.append({"alone": round(quiet * 1000, 1), "together": round(busy * 1000, 1)})
        faults = len(room.faults)
        files = exported(room, f"{folder}/items")
    later = {name: round(cost, 1) for name, (_, cost) in told.items()}
    first = {
        f"{name}, first": round(cost, 1) for name, (cost, _) in told.items() if cost > TARGET_MILLISECONDS
    }
    growth = [file.grown_megabytes for file in files]
    held = f"{items:,} items"
    return [
        Result("web", f"search p95 with {READERS} readers ÷ alone, {held}", "itself, alone", statistics.median(ratios),
               (min(ratios), max(ratios)), 3.0, at_least=False, more={"p95_ms": waits, "errors": faults}),
        Result("web-cpu", f"CPU ms of the dearest of {len(later)} pages, {held}", "none", max(later.values()),
               (min(later.values()), max(later.values())), TARGET_MILLISECONDS, at_least=False, more=later | first),
        Result("web-export", f"MB that a file of {files[0].rows:,} rows adds to the server, the worst of four forms", "itself, a tenth of the rows",
               max(growth), (min(growth), max(growth)), MEMORY_MEGABYTES, at_least=False, more={file.form: file.told() for file in files}),
    ]  # fmt: skip
