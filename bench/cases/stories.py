"""Stories: what the last tenth of a stream costs beside the first one with a full window."""

from bench.eval_stories import grown
from bench.pairs import Result


def measure(quick: bool) -> list[Result]:
    items = 5_000 if quick else 100_000
    found = grown(items)
    work = f"{items:,} items over 30 days, last tenth ÷ first tenth with a full window"
    more = {"seconds_by_tenth": found.by_tenth, "megabytes": found.megabytes}
    return [
        Result(
            "stories",
            work,
            "itself, earlier",
            found.ratio,
            (found.ratio, found.ratio),
            1.5,
            at_least=False,
            more=more,
        )
    ]
