"""Fits the weights of story links on a labelled day, and reports what unseen halves of that day would score.

usage: python nlp/models/train_stories.py ../shared/data/stories/day.jsonl [--write]

The stories of the day are split into halves three times, both ways: weights are fitted on one half and scored on the
other with the product's own clusterer. Then they are fitted on the whole day. Few numbers are fitted (six a language
case), so that a day does not become the world.
"""

import json
import sys
from datetime import datetime
from pathlib import Path

import numpy as np

from nlp.story_clusterer import Clusterer
from nlp.story_features import read_features
from nlp.story_links import NEARLY_SAME, UNLIKE, Link, Weights, compare
from nlp.story_vectors import load_story_encoder, story_text

KINDS = ("both", "e5", "use", "none")
RIDGE = 3.0
# Across languages common words are chance (false friends), so only meaning, names and places speak there.
SPEAKS = {"within": np.array([1.0, 1, 1, 1, 1]), "across": np.array([1.0, 0, 1, 1, 1])}
SPLITS = 3
# Mean log odds at which two groups become one: the middle of a plateau that all kinds share, not fitted to a day.
JOIN = -3.0
OTHER_JOINS = (-3.5, -2.5)


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


class Remembering(Clusterer):
    """The product's clusterer, with the signs of a day's pairs computed once."""

    def __init__(self, weights, day):
        super().__init__(weights)
        self.day = day

    def _aged(self, one, other, meaning):
        day, same = self.day, one.language == other.language
        i, j = sorted((day.number[one.item_id], day.number[other.item_id]))
        n = len(day.rows)
        pair = i * n - i * (i + 1) // 2 + j - i - 1
        bias, *slopes = self.weights.within if same else self.weights.across
        score = bias + float(day.signs[pair] @ np.array(slopes)) if day.judged[pair] else UNLIKE
        return Link(score, meaning, ())


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
        self.number = {f.item_id: n for n, f in enumerate(self.features)}
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
        return [p.story_id for p in Remembering(weights, self).place(chosen).placements]

    def counts(self, found, inside):
        """Pairs (found and true, found, true) within a language and across; B-cubed of the items in stories."""
        gold, language, found = self.story[inside], self.language[inside], np.array(found)
        a, b = np.triu_indices(len(gold), 1)
        g, f, s = gold[a] == gold[b], found[a] == found[b], language[a] == language[b]
        pairs = np.array([[(g & f & m).sum(), (f & m).sum(), (g & m).sum()] for m in (s, ~s)])
        members = [i for i, x in enumerate(gold) if (gold == x).sum() > 1]
        gold, found = gold[members], found[members]
        both = np.array([((gold == x) & (found == y)).sum() for x, y in zip(gold, found, strict=True)])
        p = np.mean(both / np.array([(found == y).sum() for y in found]))
        r = np.mean(both / np.array([(gold == x).sum() for x in gold]))
        return pairs, 2 * p * r / (p + r)


def halves(day, seed):
    draw = np.random.default_rng(seed)
    side = {s: bool(draw.integers(2)) for s in sorted(set(day.story))}
    return np.array([side[s] for s in day.story])


def f1(pairs):
    return [round(2 * hit / max(1, found + true), 3) for hit, found, true in pairs.tolist()]


def held_out(day, join):
    """Pairs of all unseen halves together, since a half without the day's largest story has hardly a pair across."""
    pairs, bcubed = np.zeros((2, 3), int), []
    for seed in range(SPLITS):
        side = halves(day, seed)
        for train, test in ((side, ~side), (~side, side)):
            added, b3 = day.counts(day.cluster(day.fit(train), join, test), test)
            pairs += added
            bcubed.append(b3)
    return [*f1(pairs), round(float(np.mean(bcubed)), 3)]


def main():
    path, kinds = sys.argv[1], [k for k in sys.argv[2:] if k in KINDS] or KINDS
    target = Path(__file__).parent.parent / "story_weights.json"
    table = json.loads(target.read_text()) if target.exists() else {}
    for kind in kinds:
        day = Day(path, kind)
        everything = np.ones(len(day.rows), bool)
        case = day.fit(everything)
        pairs, bcubed = day.counts(day.cluster(case, JOIN, everything), everything)
        print(kind, "within / across / b-cubed in stories")
        print(
            "  unseen halves",
            held_out(day, JOIN),
            "at other joins",
            {j: held_out(day, j) for j in OTHER_JOINS},
        )
        print("  the day it was fitted on", [*f1(pairs), round(float(bcubed), 3)], flush=True)
        table[kind] = {name: [round(float(x), 3) for x in case[name]] for name in case} | {"join": [JOIN]}
    if "--write" in sys.argv:
        target.write_text(json.dumps(table, indent=1) + "\n")


if __name__ == "__main__":
    main()
