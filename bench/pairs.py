"""Two ways of one task, measured side by side: A B A B …, CPU seconds of the process tree, the median ratio and its spread."""

import gc
import resource
import statistics
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from typing import Any

PAIRS, QUICK_PAIRS = 5, 3


@dataclass(frozen=True, slots=True)
class Result:
    """One figure. `at_least` says on which side of `target` it should lie; `baseline` names the other way and its version."""

    name: str
    workload: str
    baseline: str
    ratio: float
    spread: tuple[float, float]
    target: float
    at_least: bool = True
    more: dict[str, Any] = field(default_factory=dict)

    @property
    def verdict(self) -> str:
        good = self.ratio >= self.target if self.at_least else self.ratio <= self.target
        return "ok" if good else "short"

    def row(self) -> dict[str, Any]:
        """As results.json keeps it."""
        return asdict(self) | {"verdict": self.verdict}


def cpu_now() -> float:
    """CPU seconds of this process and of its children that have ended."""
    mine, theirs = (resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return mine.ru_utime + mine.ru_stime + theirs.ru_utime + theirs.ru_stime


def cpu(work: Callable[[], object]) -> float:
    """CPU seconds of one call."""
    gc.collect()
    began = cpu_now()
    work()
    return cpu_now() - began


def wall(work: Callable[[], object]) -> float:
    """Seconds of one call."""
    began = time.monotonic()
    work()
    return time.monotonic() - began


def paired(
    ours: Callable[[], object],
    theirs: Callable[[], object],
    pairs: int,
    clock: Callable[[Callable[[], object]], float] = cpu,
    warm: bool = True,
) -> tuple[float, tuple[float, float]]:
    """Median of theirs ÷ ours, so above 1 we are faster; smallest and largest."""
    if warm:
        ours(), theirs()
    ratios = [1 / (clock(ours) / clock(theirs)) for _ in range(pairs)]
    return statistics.median(ratios), (min(ratios), max(ratios))


def spread_of(values: list[float]) -> tuple[float, tuple[float, float]]:
    """Median, and smallest and largest."""
    return statistics.median(values), (min(values), max(values))
