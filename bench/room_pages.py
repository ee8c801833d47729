"""What every page of the reading room costs the server: CPU milliseconds a visit.

python -m bench.room_pages FILE [ITEMS]    over this archive, built unless it is there; the dearest first

One row per page and way of looking at it; a test holds the table against the room's doors. The pages' costs after the first
visit are told, and the first visit's beside them where it is dearer.
"""

import os
import re
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.client import HTTPConnection, HTTPResponse
from pathlib import Path
from urllib.parse import quote

from bench.articles import Articles
from bench.store import frequent_terms
from lagebild.memory import own_megabytes

LOOKS = 10
"""Visits of a page whose CPU is measured: the kernel counts in hundredths of a second."""
DEAR_MILLISECONDS = 2_000
"""A page that costs more at first is looked at once more and no oftener."""
TARGET_MILLISECONDS = 300

PAGES: Mapping[str, Mapping[str, str]] = {
    "/": {"today": "/", "today of DACH": "/?market=DACH"},
    "/search": {
        "search": "/search?q={term}&market=DE",
        "search by relevance": "/search?q={term}&order=relevance",
        "search for a part of words": "/search?q={part}",
        "search for a phrase": '/search?q="{term} {part}"',
        "search without words": "/search?relevant=1&severity=3",
        "search for all": "/search",
        "search for nothing there": "/search?q=xylophonquappe",
        "search within a month": "/search?q={term}&since=2026-01-01&until=2026-01-28",
        "search's hundredth page": "/search?q={term}&offset=2000",
        "search for a name": "/search?entity=Verband 7&topic=youth_safety",
    },
    "/item/{item_id}": {"item": "/item/{item_id}"},
    "/story/{story_id}": {"story": "/story/{story_id}"},
    "/searches": {"kept searches": "/searches"},
    "/signals": {"signals": "/signals"},
    "/incidents": {"incidents": "/incidents"},
    "/incident/{incident_id}": {"incident": "/incident/{incident_id}"},
    "/intake": {"intake": "/intake"},
    "/dashboard": {
        "dashboard": "/dashboard",
        "dashboard of DACH": "/dashboard?market=DACH",
        "dashboard of DACH, 92 days": "/dashboard?market=DACH&days=92",
        "dashboard of a topic": "/dashboard?market=DACH&of=topic:youth_safety",
    },
    "/chart/{name}.{form}": {
        "chart as a drawing": "/chart/attention.svg?market=DACH",
        "chart as a picture": "/chart/attention.png?market=DACH",
        "chart as a table": "/chart/heat.csv?market=DACH",
    },
    "/review": {"review": "/review"},
    "/sources": {"sources": "/sources"},
    "/sources/new": {"new source": "/sources/new"},
    "/sources/opml": {"sources as OPML": "/sources/opml"},
    "/sources/faults.atom": {"faults": "/sources/faults.atom"},
    "/source/{source_id}": {"source": "/source/blatt-7"},
    "/method": {"method": "/method"},
    "/sign-in": {"sign in": "/sign-in"},
    "/me": {"own page": "/me"},
    "/people": {"people": "/people"},
    "/audit": {"audit": "/audit"},
    "/incidents.{form}": {"incidents as a file": "/incidents.csv"},
    "/api/v1/openapi.json": {"call: openapi": "/api/v1/openapi.json"},
    "/api/v1/items": {"call: items": "/api/v1/items?q={term}&limit=50"},
    "/api/v1/items/{item_id}": {"call: item": "/api/v1/items/{item_id}"},
    "/api/v1/stories": {"call: stories": "/api/v1/stories"},
    "/api/v1/stories/{story_id}": {"call: story": "/api/v1/stories/{story_id}"},
    "/api/v1/signals": {"call: signals": "/api/v1/signals?since=2026-01-25&until=2026-01-31"},
    "/api/v1/incidents": {"call: incidents": "/api/v1/incidents"},
    "/api/v1/incidents/{incident_id}": {"call: incident": "/api/v1/incidents/{incident_id}"},
    "/api/v1/digests": {"call: digests": "/api/v1/digests"},
    "/healthz": {"health": "/healthz"},
    "/readyz": {"ready": "/readyz"},
    "/metrics": {"metrics": "/metrics"},
    "/static/{name}": {"style sheet": "/static/style.css"},
    "/sql": {"SQL": "/sql/", "SQL: items": "/sql/lagebild/v_items", "SQL: topics": "/sql/lagebild/v_topics"},
}  # fmt: skip
"""By door the addresses looked at, by what they are called."""
NOT_PAGES = {
    "/export.{form}": "a file that streams; its rows are measured by `bench.room_export`",
    "/feed/{search_id}.atom": "a search of fifty hits behind an address of its own",
    "/briefing/{market}/{day}/{language}": "an issue that was kept; nothing is counted for it",
    "/api/v1/digests/{market}/{day}/{edition}/{language}": "an issue that was kept",
    "/sign-in/provider": "leads to somebody else's page",
    "/sign-in/provider/back": "comes from somebody else's page",
}


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
        with self._asked(path) as answer:
            return answer.read().decode("utf-8", "replace")

    def save(self, path: str, file: Path) -> None:
        """An answer as it comes, into a file."""
        with self._asked(path) as answer, file.open("wb") as out:
            shutil.copyfileobj(answer, out)

    @contextmanager
    def _asked(self, path: str) -> Iterator[HTTPResponse]:
        connection = HTTPConnection("127.0.0.1", self.port, timeout=600)
        try:
            connection.request("GET", path)
            answer = connection.getresponse()
            yield answer
        finally:
            connection.close()
        if answer.status != 200:
            self.faults.append(answer.status)

    def cpu_seconds(self) -> float:
        """Of the server so far."""
        fields = Path(f"/proc/{self.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    @contextmanager
    def watched(self) -> Iterator[list[float]]:
        """What memory the server holds for itself (MB) twenty times a second, into the list that it gives."""
        seen, over = [own_megabytes(self.pid) or 0.0], threading.Event()

        def look() -> None:
            while not over.wait(0.05):
                seen.append(own_megabytes(self.pid) or 0.0)

        looking = threading.Thread(target=look)
        looking.start()
        try:
            yield seen
        finally:
            over.set()
            looking.join()


@contextmanager
def opened(file: str, items: int) -> Iterator[Room]:
    """The server over the archive in this file, built where it is not there yet."""
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


def addresses(room: Room) -> dict[str, str]:
    """Every page that is looked at, by name."""
    term = room.terms[0]
    found = room.get(f"/search?q={quote(term)}&relevant=1") + room.get("/incidents")
    named = {"term": quote(term), "part": quote(room.terms[1][1:6])}
    for kind in ("item", "story", "incident"):
        link = re.search(rf'href="/{kind}/([^"?#/]+)"', found)
        named[f"{kind}_id"] = link[1] if link else "none"
    shown = {name: path for ways in PAGES.values() for name, path in ways.items()}
    return {
        name: re.sub(r"[ \"]", lambda m: quote(m[0]), path.format(**named)) for name, path in shown.items()
    }


def cpu_of(room: Room, path: str) -> tuple[float, float]:
    """CPU milliseconds at the server: of the first visit, and of one after it."""
    before = room.cpu_seconds()
    room.get(path)
    between = room.cpu_seconds()
    first = (between - before) * 1000
    looks = LOOKS if first < DEAR_MILLISECONDS else 1
    for _ in range(looks):
        room.get(path)
    return first, (room.cpu_seconds() - between) / looks * 1000


def costs(room: Room) -> dict[str, tuple[float, float]]:
    """By page its first visit and a later one; a page that does not answer 200 is an error."""
    told = {}
    for name, path in addresses(room).items():
        room.faults.clear()
        told[name] = cpu_of(room, path)
        if room.faults:
            raise RuntimeError(f"{name}: {path} answers {room.faults[0]}")
        print(f"# {name}: {told[name][0]:.0f}, then {told[name][1]:.0f} ms", file=sys.stderr, flush=True)
    return told


def main(file: str, items: int = 300_000) -> None:
    with opened(file, items) as room:
        told = costs(room)
    print(f"{'page':<32} {'first':>8} {'later':>8}  CPU ms, {items:,} items, load {os.getloadavg()[0]:.1f}")
    for name, (first, later) in sorted(told.items(), key=lambda row: -row[1][1]):
        print(f"{name:<32} {first:>8.0f} {later:>8.1f}{'  too dear' if later > TARGET_MILLISECONDS else ''}")


if __name__ == "__main__":
    main(sys.argv[1], *map(int, sys.argv[2:3]))
