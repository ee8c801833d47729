"""Fit what the words around a platform's name say: `python nlp/models/train_tone.py` writes `risk/tone_words.npz`.

Learns from the labelled headlines and from those we labelled ourselves (`risk_labels.tsv`). `held_out_scores` gives
each pair the scores of a model that had not seen its headline, for the tone layer of `train_decisions.py`.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from scipy.sparse import csr_matrix
from sklearn.linear_model import LogisticRegression
from train_pool import read_labels
from train_risk import ALIASES, HERE, SHARED, STANCES, unlabelled

from nlp.tone_words import BUCKETS, buckets, log_chances, tone_words

PULL = 0.3  # inverse of the ridge; .03 to 1 make no difference beyond a point
FOLDS = 5


@dataclass(frozen=True)
class Pair:
    """A headline and one platform it names; `headline` is its id or key."""

    headline: str
    title: str
    teaser: str
    name: str
    stance: str

    def features(self) -> np.ndarray:
        text = f"{self.title}\n{self.teaser}" if self.title else self.teaser
        pattern = ALIASES.get(self.name, re.escape(self.name))
        spans = [m.span() for m in re.finditer(pattern, text, re.IGNORECASE * (self.name != "x"))]
        return buckets(tone_words(text, spans, len(self.title)))


def pairs() -> list[Pair]:
    """Those of the labelled file, then our own."""
    rows = [json.loads(line) for line in (SHARED / "headlines/de_labelled.jsonl").open()]
    given = [Pair(r["id"], r["title"], r["teaser"], n, s) for r in rows for n, s in r["stance"].items()]
    lines = {line.key: line for line in unlabelled()}
    own = [
        Pair(label.key, lines[label.key].title, lines[label.key].teaser, name, stance)
        for label in read_labels()
        if label.key in lines
        for name, stance in label.stances.items()
    ]
    return given + own


def table(found: list[Pair]) -> csr_matrix:
    rows = [pair.features() for pair in found]
    where = np.repeat(np.arange(len(rows)), [len(r) for r in rows])
    columns = np.concatenate(rows)
    return csr_matrix((np.ones(len(columns)), (where, columns)), shape=(len(rows), BUCKETS))


def fitted(x: csr_matrix, stances: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """(buckets, 3) weights and three biases of a softmax."""
    model = LogisticRegression(C=PULL, max_iter=400).fit(x, stances)
    return model.coef_.T, model.intercept_


def held_out_scores(found: list[Pair]) -> np.ndarray:
    """(n, 3) log chances, each by a model that had not seen the headline."""
    x, y = table(found), np.array([STANCES.index(p.stance) for p in found])
    names = sorted({p.headline for p in found})
    fold_of = dict(
        zip(np.random.default_rng(1).permutation(names), np.arange(len(names)) % FOLDS, strict=True)
    )
    fold = np.array([fold_of[p.headline] for p in found])
    scores = np.zeros((len(found), len(STANCES)))
    for f in range(FOLDS):
        weights, bias = fitted(x[fold != f], y[fold != f])
        scores[fold == f] = log_chances(x[fold == f] @ weights + bias)
    return scores


def main() -> None:
    found = pairs()
    y = np.array([STANCES.index(p.stance) for p in found])
    print(f"{len(found)} pairs; words alone {(held_out_scores(found).argmax(1) == y).mean():.3f}")
    weights, bias = fitted(table(found), y)
    path = Path(HERE) / "risk" / "tone_words.npz"
    path.unlink(missing_ok=True)
    np.savez_compressed(path, weights=weights.astype(np.float16), bias=bias.astype(np.float32))


if __name__ == "__main__":
    main()
