"""Detection against false alarms, beside mean + 3 sd and EARS C1-C3, on simulated series.

usage: python -m bench.eval_spikes [--seeds 1 2 3] [--write FOLDER]

60 daily series of 400 days: negative binomial, means 1.5 to 40 (log-uniform), size 3, 6 or 12, a quieter weekend, five
outbreaks of 1 to 4 days and 2 to 5 standard deviations each, no two on one day. POD is the share of outbreaks with an
alarm on at least one of their days, at the threshold that alarms on 1 % (0.3 %) of the other days. Days before the 60th
are not scored. `--write` leaves the series as JSON Lines for `lagebild lab spikes`.
"""

import argparse
import json
import sys
from collections.abc import Sequence
from datetime import date, timedelta
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from domain.model import Level
from nlp.outbreaks import detect

Table = NDArray[np.float64]
FIRST = date(2025, 1, 1)
WARM_UP_DAYS = 60
MEANS = (1.5, 40.0)
SIZES = (3, 6, 12)


def simulate(seed: int, series: int = 60, days: int = 400, outbreaks: int = 5) -> tuple[Table, Table]:
    """Counts and the number of the outbreak that runs (0: none), each (series, days)."""
    draw = np.random.default_rng(seed)
    weekend = np.array([(FIRST + timedelta(days=n)).weekday() >= 5 for n in range(days)])
    counts, running = np.zeros((series, days)), np.zeros((series, days))
    for row in range(series):
        size = draw.choice(SIZES)
        usual = np.exp(draw.uniform(*np.log(MEANS))) * np.where(weekend, draw.uniform(0.55, 0.85), 1.0)
        counts[row] = draw.negative_binomial(size, size / (size + usual))
        sd = np.sqrt(usual + usual**2 / size)
        for number in range(1, outbreaks + 1):
            length, loud = int(draw.integers(1, 5)), draw.uniform(2, 5)
            start = int(draw.integers(WARM_UP_DAYS, days - length))
            span = slice(start, start + length)
            counts[row, span] += np.round(loud * sd[span])
            running[row, span] = number
    return counts, running


def null_series(mean: float, seed: int, series: int = 72, days: int = 400) -> Table:
    """Series without outbreaks, of one mean."""
    draw = np.random.default_rng(seed)
    weekend = np.array([(FIRST + timedelta(days=n)).weekday() >= 5 for n in range(days)])
    sizes = draw.choice(SIZES, series)
    usual = mean * np.where(weekend, 0.7, 1.0)
    return np.array([draw.negative_binomial(k, k / (k + usual)) for k in sizes])


def trailing(counts: Table, window: int, lag: int) -> Table:
    """(count - mean) / sd of a window that ends `lag` days before yesterday."""
    scores = np.full(counts.shape, -9.0)
    for day in range(window + lag, counts.shape[1]):
        past = counts[:, day - lag - window : day - lag]
        scores[:, day] = (counts[:, day] - past.mean(1)) / np.maximum(past.std(1, ddof=1), 0.5)
    return scores


def rivals(counts: Table) -> dict[str, Table]:
    """Mean + 3 sd over 56 days and the three EARS rules, as scores whose threshold is swept."""
    c2 = trailing(counts, 7, 2)
    c3 = np.zeros(counts.shape)
    for back in range(3):
        c3[:, 2:] += np.maximum(0, c2[:, 2 - back : counts.shape[1] - back] - 1)
    return {"mean+3sd": trailing(counts, 56, 0), "C1": trailing(counts, 7, 0), "C2": c2, "C3": c3}


def detection(scores: Table, running: Table, false_share: float) -> float:
    """POD at the threshold that so many usual days exceed."""
    scores, running = scores[:, WARM_UP_DAYS:], running[:, WARM_UP_DAYS:]
    threshold = np.quantile(scores[running == 0], 1 - false_share, method="higher")
    caught = [
        bool((scores[row][running[row] == number] > threshold).any())
        for row in range(len(scores))
        for number in np.unique(running[row])
        if number
    ]
    return float(np.mean(caught))


def dated(row: Table) -> list[tuple[date, int]]:
    return [(FIRST + timedelta(days=n), int(count)) for n, count in enumerate(row)]


def main(arguments: Sequence[str]) -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--seeds", type=int, nargs="*", default=[1, 2, 3])
    parser.add_argument("--write", type=Path)
    asked = parser.parse_args(arguments)
    for seed in asked.seeds:
        counts, running = simulate(seed)
        if asked.write:
            _write(asked.write / f"spikes_{seed}.jsonl", counts)
        judged = [detect(dated(row)) for row in counts]
        ours = np.array([[day.score for day in days] for days in judged])
        table = {"lagebild": ours} | rivals(counts)
        for name, scores in table.items():
            print(f"seed {seed} {name:9s} POD {detection(scores, running, 0.01):.3f} at 1 %, "
                  f"{detection(scores, running, 0.003):.3f} at 0.3 %")  # fmt: skip
        alarms = np.array([[day.alarm for day in days] for days in judged])[:, WARM_UP_DAYS:]
        usual = running[:, WARM_UP_DAYS:] == 0
        print(f"seed {seed} alarm as shipped: false on {alarms[usual].mean():.4f} of usual days")
    _null(asked.seeds[0])


def _null(seed: int) -> None:
    for mean in (1, 4, 12, 40):
        judged = [detect(dated(row))[WARM_UP_DAYS:] for row in null_series(mean, seed)]
        weeks = len(judged[0]) / 7
        alarms = sum(day.alarm for days in judged for day in days) / weeks
        watch = sum(day.level is Level.WATCH for days in judged for day in days) / weeks
        print(f"null, mean {mean}: {alarms:.2f} Elevated and {watch:.2f} Watch a week over 72 series")


def _write(path: Path, counts: Table) -> None:
    with path.open("w", encoding="utf-8") as out:
        for number, row in enumerate(counts):
            for day, count in dated(row):
                out.write(
                    json.dumps({"series": f"s{number}", "date": day.isoformat(), "count": count}) + "\n"
                )


if __name__ == "__main__":
    main(sys.argv[1:])
