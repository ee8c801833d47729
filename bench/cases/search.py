"""Newest first, with market and time filter, for words of 1 to 5 % of the items; how p95 grows with the archive."""

from bench.pairs import Result
from bench.store import BATCH, search


def measure(quick: bool) -> list[Result]:
    sizes = [5_000, 10_000, 20_000] if quick else [100_000, 300_000, 1_000_000]
    found = search(sizes, BATCH)
    growth = float(str(found["growth"]))
    more = {str(size): found[str(size)] for size in sizes}
    work = f"p95 at {sizes[-1]:,} items ÷ at {sizes[0]:,}"
    return [
        Result("search", work, "itself, smaller", growth, (growth, growth), 1.5, at_least=False, more=more)
    ]
