"""All benchmarks, or some: `make bench`, `make bench ONLY=search`, `make bench-quick`.

    python -m bench.run [--quick] [--only NAME …] [--compare]

A benchmark is a file in `bench/cases`: `measure(quick)` gives its results. Each runs in a process of its own, so that
memory counts for itself. Results are kept in `bench/results.json` by name, with the machine they were measured on, and
as a table in `docs/benchmarks-table.md`. With `--compare` nothing is written: figures are held against the kept ones,
and one that is worse by more than the margin of noise is measured once more; worse twice, it fails the run.
"""

import argparse
import json
import os
import platform
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime
from importlib import import_module
from pathlib import Path
from typing import Any

BENCH = Path(__file__).parent
KEPT = BENCH / "results.json"
TABLE = BENCH.parent / "docs" / "benchmarks-table.md"
QUICK = ("feed_parse", "store", "dedupe", "search")
"""What `--quick` runs: together under five minutes of one core."""
NOISE = 0.30
"""A ratio that is worse than the kept one by more than this share is told as a loss; shared machines are this noisy."""


def names() -> list[str]:
    """All benchmarks, by file name."""
    return sorted(path.stem for path in (BENCH / "cases").glob("*.py"))


def machine() -> str:
    """What the figures were measured on."""
    told = Path("/proc/cpuinfo").read_text(encoding="utf-8") if Path("/proc/cpuinfo").exists() else ""
    cpu = next((line.split(":")[1].strip() for line in told.splitlines() if "model name" in line), "?")
    return f"{cpu}, {os.cpu_count()} cores, Python {platform.python_version()}"


def measured(name: str, quick: bool) -> list[dict[str, Any]] | None:
    """The rows of one benchmark, from a process of its own. None for one that failed; it has told why."""
    command = [sys.executable, "-m", "bench.run", "--inside", name, *(["--quick"] if quick else [])]
    began = time.monotonic()
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=False, cwd=BENCH.parent)
    if done.returncode:
        print(f"{name}: failed ({done.returncode})", file=sys.stderr)
        return None
    rows: list[dict[str, Any]] = json.loads(done.stdout.splitlines()[-1])
    load = round(os.getloadavg()[0], 1)
    facts = {"machine": machine(), "at": f"{datetime.now(UTC):%Y-%m-%d %H:%M}", "load": load, "quick": quick}
    print(f"# {name}: {time.monotonic() - began:.0f} s, load {load}", file=sys.stderr)
    return [row | facts for row in rows]


def inside(name: str, quick: bool) -> None:
    """Runs one benchmark here; its rows are the last line on standard output."""
    results = import_module(f"bench.cases.{name}").measure(quick)
    print(json.dumps([result.row() for result in results]))


def kept() -> dict[str, dict[str, Any]]:
    return json.loads(KEPT.read_text(encoding="utf-8")) if KEPT.exists() else {}


def key_of(row: dict[str, Any]) -> str:
    """Short and long runs are kept apart: they are different work."""
    return f"{row['name']}, short" if row["quick"] else str(row["name"])


def keep(rows: list[dict[str, Any]]) -> None:
    """Puts new rows over the old ones of the same name and writes the table."""
    together = dict(sorted((kept() | {key_of(row): row for row in rows}).items()))
    KEPT.write_text(json.dumps(together, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    TABLE.write_text(table(together), encoding="utf-8")


def table(rows: dict[str, dict[str, Any]]) -> str:
    """The figures for the docs."""
    head = (
        "<!-- Written by `make bench`; do not edit by hand. -->\n\n"
        "| name | workload | beside | ratio (spread) | target | |\n|---|---|---|---|---|---|\n"
    )
    shown = [row for row in rows.values() if not row["quick"] or row["name"] not in rows]
    return head + "".join(line(row) for row in shown)


def line(row: dict[str, Any]) -> str:
    low, high = row["spread"]
    sign = "≥" if row["at_least"] else "≤"
    return (
        f"| `{row['name']}` | {row['workload']} | {row['baseline']} | {row['ratio']:.3g} ({low:.3g}–{high:.3g}) "
        f"| {sign} {row['target']:g} | {row['verdict']} |\n"
    )


def worse(row: dict[str, Any], before: dict[str, Any]) -> bool:
    """Whether a figure fell by more than the noise, on the same workload."""
    if row["workload"] != before.get("workload"):
        return False
    if row["at_least"]:
        return bool(row["ratio"] < before["ratio"] * (1 - NOISE))
    return bool(row["ratio"] > max(before["ratio"], row["target"] / 2) * (1 + NOISE))


Kept = Mapping[str, dict[str, Any]]


def compared(
    names: Iterable[str], measure: Callable[[str], list[dict[str, Any]] | None], before: Kept
) -> int:
    """Tells each figure beside the kept one; 1 when one is worse by more than the noise twice in a row."""
    lost = [name for name in names if is_lost(measure(name), before)]
    return int(any(is_lost(measure(name), before) for name in lost))


def is_lost(rows: list[dict[str, Any]] | None, before: Kept) -> bool:
    """Whether one of these figures is worse than the kept one, or none came. Tells them."""
    losses = 0
    for row in rows or ():
        old = before.get(key_of(row)) or before.get(row["name"])
        lost = old is not None and worse(row, old)
        losses += lost
        told = f"{old['ratio']:.3g}" if old else "none"
        print(
            f"{row['name']:24} {row['ratio']:8.3g}   kept {told:>8}   {'WORSE' if lost else row['verdict']}",
            flush=True,
        )
    return rows is None or losses > 0


def main() -> int:
    options = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    options.add_argument("--quick", action="store_true")
    options.add_argument("--only", nargs="*", default=[])
    options.add_argument("--compare", action="store_true")
    options.add_argument("--inside", help=argparse.SUPPRESS)
    given = options.parse_args()
    if given.inside:
        inside(given.inside, given.quick)
        return 0
    wanted = given.only or (QUICK if given.quick else names())
    if given.compare:
        return compared(wanted, lambda name: measured(name, given.quick), kept())
    rows = [row for name in wanted for row in measured(name, given.quick) or ()]
    keep(rows)
    for row in rows:
        print(line(row), end="")
    return 0


if __name__ == "__main__":
    sys.exit(main())
