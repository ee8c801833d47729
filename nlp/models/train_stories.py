"""Fits the weights of story links on a labelled day, and reports what unseen halves of that day would score.

usage: python nlp/models/train_stories.py ../shared/data/stories/day.jsonl [--write]

The stories of the day are split into halves three times, both ways: weights and threshold are fitted on one half and scored on the
other with the product's own clusterer. Then the weights are fitted on the whole day. Few numbers are fitted (four a
language case and one threshold), so that a day does not become the world.
"""

import json
import sys
from datetime import datetime
from pathlib import Path

import numpy as np

from nlp.story_clusterer import Clusterer
from nlp.story_features import read_features
from nlp.story_links import NEARLY_SAME, Weights, compare
from nlp.story_vectors import load_story_encoder, story_text

KINDS = ("both", "e5", "use", "none")
RIDGE = 3.0
# Across languages common words are chance (false friends), so only meaning, names and places speak there.
SPEAKS = {"within": np.array([1.0, 1, 1, 1]), "across": np.array([1.0, 0, 1, 1])}
JOINS = np.arange(-4.5, -0.9, 0.5)


def logistic(rows, hits, weight):
    """Ridge logistic regression by Newton's method on standardised rows; bias first."""
    centre, spread = rows.mean(0), rows.std(0) + 1e-9
    x = np.column_stack([np.ones(len(rows)), (rows - centre) / spread])
    beta = np.zeros(x.shape[1])
    penalty = np.diag([0.0] + [RIDGE] * rows.shape[1])
    for _ in range(25):
        p = 1 / (1 + np.exp(-np.clip(x @ beta, -30, 30)))
        gradient = x.T @ (weight * (hits - p)) - penalty @ beta
        hessian = (x * (weight * p * (1 - p) + 1e-9)[:, None]).T @ x + penalty
        beta += np.linalg.solve(hessian, gradient)
    slopes = beta[1:] / spread
    return np.concatenate([[beta[0] - slopes @ centre], slopes])


class Day:
    def __init__(self, path, kind):
        self.rows = [json.loads(line) for line in Path(path).read_text().splitlines()]
        encoder = load_story_encoder(kind)
        vectors = encoder.encode([story_text(r["title"], r["teaser"]) for r in self.rows])
        self.features = [
            read_features(
                r["id"], r["title"], r["teaser"], r["language"], datetime.fromisoformat(r["published"]), v
            )
            for r, v in zip(self.rows, vectors, strict=True)
        ]
        self.story = np.array([r["story"] if r["story"] != "-" else r["id"] for r in self.rows])
        self.language = np.array([r["language"] for r in self.rows])
        self.a, self.b = np.triu_indices(len(self.rows), 1)
        pairs = [compare(self.features[i], self.features[j])[0] for i, j in zip(self.a, self.b, strict=True)]
        self.signs = np.array([p.row() for p in pairs])
        serving = np.array([f.service for f in self.features])
        self.judged = ~((serving[self.a] | serving[self.b]) & (self.signs[:, 1] < NEARLY_SAME))
        self.same = self.language[self.a] == self.language[self.b]
        self.hit = self.story[self.a] == self.story[self.b]
        size = {s: int((self.story == s).sum()) for s in set(self.story)}
        # A story of twenty has 190 pairs; it shall not speak louder than its items do.
        self.weight = np.array(
            [
                1 / max(1, size[self.story[i]] - 1) ** 0.5 if h else 1.0
                for i, h in zip(self.a, self.hit, strict=True)
            ]
        )

    def fit(self, inside):
        keep = self.judged & inside[self.a] & inside[self.b]
        case = {}
        for name, mask in (("within", keep & self.same), ("across", keep & ~self.same)):
            signs = self.signs[mask] * SPEAKS[name]
            case[name] = logistic(signs, self.hit[mask].astype(float), self.weight[mask]) * [1, *SPEAKS[name]]
        return case

    def cluster(self, case, join, inside):
        weights = Weights(tuple(case["within"]), tuple(case["across"]), float(join))
        chosen = [f for f, i in zip(self.features, inside, strict=True) if i]
        return [p.story_id for p in Clusterer(weights).place(chosen).placements]

    def score(self, found, inside):
        gold, language = self.story[inside], self.language[inside]
        found = np.array(found)
        a, b = np.triu_indices(len(gold), 1)
        g, f, s = gold[a] == gold[b], found[a] == found[b], language[a] == language[b]
        pair = [2 * (g & f & m).sum() / max(1, (g & m).sum() + (f & m).sum()) for m in (s, ~s)]
        members = [i for i, x in enumerate(gold) if (gold == x).sum() > 1]
        gold, found = gold[members], found[members]
        both = np.array([((gold == x) & (found == y)).sum() for x, y in zip(gold, found, strict=True)])
        p = np.mean(both / np.array([(found == y).sum() for y in found]))
        r = np.mean(both / np.array([(gold == x).sum() for x in gold]))
        return np.array([*pair, 2 * p * r / (p + r)])


def halves(day, seed):
    draw = np.random.default_rng(seed)
    side = {s: bool(draw.integers(2)) for s in sorted(set(day.story))}
    return np.array([side[s] for s in day.story])


def best_join(day, case, inside):
    scores = {join: day.score(day.cluster(case, join, inside), inside).sum() for join in JOINS}
    top = max(scores.values())
    return float(np.mean([join for join, score in scores.items() if score > top - 0.05]))


def main():
    path, kinds = sys.argv[1], [k for k in sys.argv[2:] if k in KINDS] or KINDS
    target = Path(__file__).parent.parent / "story_weights.json"
    table = json.loads(target.read_text()) if target.exists() else {}
    for kind in kinds:
        day, held = Day(path, kind), []
        everything = np.ones(len(day.rows), bool)
        for seed in range(3):
            side = halves(day, seed)
            for train, test in ((side, ~side), (~side, side)):
                case = day.fit(train)
                join = best_join(day, case, train)
                held.append(day.score(day.cluster(case, join, test), test))
        case = day.fit(everything)
        join = best_join(day, case, everything)
        print(
            kind,
            "held out within/across/b3",
            np.round(np.mean(held, 0), 3),
            "+-",
            np.round(np.std(held, 0), 3),
        )
        for j in JOINS:
            print("   join", j, np.round(day.score(day.cluster(case, j, everything), everything), 3))
        print(
            kind,
            "whole day",
            np.round(day.score(day.cluster(case, join, everything), everything), 3),
            "join",
            join,
        )
        print("  ", {k: np.round(v, 2).tolist() for k, v in case.items()})
        table[kind] = {name: [round(float(x), 3) for x in case[name]] for name in case} | {
            "join": [round(join, 2)]
        }
    if "--write" in sys.argv:
        target.write_text(json.dumps(table, indent=1) + "\n")


if __name__ == "__main__":
    main()
