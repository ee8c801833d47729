"""One visitor of a feed server in a process of its own: CPU seconds of a first load and of a second visit."""

import json
import resource
import subprocess
import tempfile
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
    """CPU seconds of this process and its ended children."""
    mine, theirs = (resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return mine.ru_utime + mine.ru_stime + theirs.ru_utime + theirs.ru_stime
