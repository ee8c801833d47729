"""One visitor of a feed server in a process of its own: CPU seconds of a first load and of a second visit."""

import json
import os
import subprocess
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from bench.feed_server import FeedServer

SCRIPTS = {"ours": "bench/visit_ours.py", "reader": "bench/peers/visit_reader.py"}
ROOT = Path(__file__).parents[1]


@dataclass(frozen=True, slots=True)
class Visits:
    """CPU seconds, start-up left out."""

    first: float
    again: float


def cpu_of(python: str, who: str, server: FeedServer) -> Visits:
    """Runs the visitor twice over all feeds in a fresh archive."""
    with tempfile.TemporaryDirectory() as folder:
        asked = json.dumps({"folder": folder, "port": server.port, "feeds": server.feeds})
        done = subprocess.run(
            [python, str(ROOT / SCRIPTS[who]), asked], stdout=subprocess.PIPE, text=True, check=True, cwd=ROOT
        )
    told = json.loads(done.stdout.splitlines()[-1])
    return Visits(told["first"], told["again"])


def cpu_now() -> float:
    """CPU seconds of this process and of all that descend from it, living and ended (Linux)."""
    ticks, parents, spent = os.sysconf("SC_CLK_TCK"), {}, {}
    for path in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = path.read_text().rsplit(")", 1)[1].split()
        except OSError:
            continue  # it ended meanwhile, and its parent has its time
        pid = int(path.parent.name)
        parents[pid], spent[pid] = int(fields[1]), sum(map(int, fields[11:15])) / ticks
    return sum(seconds for pid, seconds in spent.items() if descends(pid, parents))


def descends(pid: int, parents: Mapping[int, int]) -> bool:
    while pid not in (0, os.getpid()):
        pid = parents.get(pid, 0)
    return pid != 0
