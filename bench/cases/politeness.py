"""Sixty pages of one host, asked for by two workers at a delay of one second: gaps that are too short."""

import os
import subprocess
import sys
from pathlib import Path

from bench.pairs import Result

TEST = "tests/integration/test_fleet.py::test_two_workers_are_one_guest_at_a_host"


def measure(quick: bool) -> list[Result]:
    delay = "0.2" if quick else "1.0"
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", TEST],
        env=os.environ | {"LAGEBILD_TEST_POSTGRES": "start", "LAGEBILD_FLEET_DELAY": delay},
        cwd=Path(__file__).parents[2], stdout=subprocess.DEVNULL, check=False,
    )  # fmt: skip
    short = float(done.returncode != 0)
    work = f"60 pages of one host, two workers, delay {delay} s"
    return [Result("politeness", work, "gaps under the delay", short, (short, short), 0, at_least=False)]
