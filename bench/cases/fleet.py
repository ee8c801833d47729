"""What a fleet costs beside one process, and what a second worker brings.

Overhead is CPU of worker, starter and PostgreSQL beside CPU of one process on SQLite, from the first article to the last
story; models are in memory on both sides. Scaling is wall time and says something only where two cores are free; elsewhere it is
left out.
"""

import time
from pathlib import Path

from bench.faults.fleet_forks import Forks
from bench.fleet_bench import embedded_cpu, fleet_cpu, wall_by_fleet
from bench.pairs import QUICK_PAIRS, Result, spread_of

FREE_SHARE = 0.85
"""With less of the cores idle somebody else is computing, and then two workers cannot be twice as fast."""
LOOK_SECONDS = 3.0


def measure(quick: bool) -> list[Result]:
    count, pairs = (50, 2) if quick else (200, QUICK_PAIRS)
    with Forks() as forks:
        results = [overhead(forks, count, pairs)]
        if idle_share() < FREE_SHARE:
            return results  # a second worker would only take its share from somebody else
        return [*results, scale(forks, count)]


def idle_share() -> float:
    """Part (0..1) of the cores' time that nobody uses, looked at for a few seconds."""

    def times() -> list[int]:
        return [int(n) for n in Path("/proc/stat").read_text("ascii").splitlines()[0].split()[1:]]

    before = times()
    time.sleep(LOOK_SECONDS)
    spent = [after - earlier for earlier, after in zip(before, times(), strict=True)]
    return (spent[3] + spent[4]) / max(1, sum(spent))


def overhead(forks: Forks, count: int, pairs: int) -> Result:
    ratios, seconds = [], {}
    for _ in range(pairs):
        mine, theirs = fleet_cpu(forks, count), embedded_cpu(forks, count)
        ratios.append(sum(mine.values()) / theirs)
        seconds = {name: round(spent, 2) for name, spent in (mine | {"one process": theirs}).items()}
    work = f"{count} articles of 300 words in batches of 25, read and placed"
    more = {"cpu_seconds_of_the_last_pair": seconds}
    return Result(
        "fleet-overhead", work, "one process, CPU", *spread_of(ratios), 1.15, at_least=False, more=more
    )


def scale(forks: Forks, count: int) -> Result:
    one, two = (wall_by_fleet(forks, count, workers) for workers in (1, 2))
    more = {"seconds": [round(one, 1), round(two, 1)]}
    work = f"{count} articles of 300 words in batches of 25, two workers"
    return Result("fleet-scale", work, "one worker, wall", one / two, (one / two, one / two), 1.8, more=more)
