"""Copies told in a stream: what the last texts cost beside the first, and memory."""

from bench.eval_dedupe import measured, stream
from bench.pairs import Result


def measure(quick: bool) -> list[Result]:
    others, variants = (25_000, 5_000) if quick else (100_000, 20_000)
    figures = measured(stream(others, variants, seed=7))
    growth, octets = float(str(figures["growth"])), float(str(figures["megabytes_of_index"]))
    work = f"{others + variants:,} texts, last 10,000 ÷ first"
    more = {
        "precision": figures["precision"],
        "recall": figures["recall"],
        "seconds": figures["seconds_per_10000"],
    }
    return [
        Result("dedupe", work, "itself, earlier", growth, (growth, growth), 1.3, at_least=False, more=more),
        Result(
            "dedupe-memory",
            f"{others + variants:,} texts, MB",
            "none",
            octets,
            (octets, octets),
            600,
            at_least=False,
        ),
    ]
