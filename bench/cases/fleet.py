"""What a fleet costs beside one process, and what a second worker brings.

Overhead is CPU of worker, starter and PostgreSQL beside CPU of one process on SQLite, start-up and models included on both
sides. Scaling is wall time and says something only where two cores are free; the load is kept beside it.
"""

import os

from bench.fleet_bench import embedded_cpu, fleet_cpu, loaded_fleet, read_by_fleet
from bench.pairs import QUICK_PAIRS, Result, spread_of

FREE_LOAD = 0.7
"""A load above this means that somebody else is computing, and then two workers cannot be twice as fast."""


def measure(quick: bool) -> list[Result]:
    count, pairs = (60, 2) if quick else (2_000, QUICK_PAIRS)
    overhead = [fleet_cpu(count) / embedded_cpu(count) for _ in range(pairs)]
    work = f"{count:,} articles of 300 words in batches of 25, read and placed"
    results = [Result("fleet-overhead", work, "one process, CPU", *spread_of(overhead), 1.15, at_least=False)]
    load = os.getloadavg()[0]
    if load > FREE_LOAD + (os.cpu_count() or 1):
        return results  # a second worker would only take its share from somebody else
    with loaded_fleet(count) as (config, _):
        one = read_by_fleet(config, 1)
    with loaded_fleet(count) as (config, _):
        two = read_by_fleet(config, 2)
    more = {
        "seconds": [round(one, 1), round(two, 1)],
        "load_before": load,
        "cores_were_free": load < FREE_LOAD,
    }
    return [
        *results,
        Result("fleet-scale", work, "one worker, wall", one / two, (one / two, one / two), 1.8, more=more),
    ]
