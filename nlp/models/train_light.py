"""Train the stand-in for machines without onnxruntime: `python nlp/models/train_light.py --out PREFIX`.

One linear model per output over hashed character n-grams (`nlp.embed.grams`), so that numpy alone can run it. Writes
`risk/light.npz` and out-of-fold logits for `train_decisions.py --light`. Needs scikit-learn; a minute of a core.
"""

from __future__ import annotations

import argparse
import warnings

import numpy as np
from scipy.sparse import csr_matrix
from sklearn.linear_model import SGDClassifier
from train_risk import HERE, TOPICS, Example, invented, labelled

from nlp.embed import BUCKETS, clean, grams


def rows_of(examples: list[Example]) -> csr_matrix:
    """Each distinct bucket counts 1 / sqrt(number of buckets), as `LightEncoder` reads it."""
    found = [grams(clean(e.text.removeprefix("query: "))) for e in examples]
    lengths = np.array([len(f) for f in found])
    values = np.repeat(1 / np.sqrt(np.maximum(lengths, 1)), lengths)
    edges = np.concatenate([[0], np.cumsum(lengths)])
    return csr_matrix((values, np.concatenate(found), edges), shape=(len(examples), BUCKETS))


def truth_of(examples: list[Example]) -> np.ndarray:
    """Relevance, topics, at least 1 .. 5."""
    return np.array(
        [
            [e.relevant, *(t in e.topics for t in TOPICS), *(e.severity >= k for k in range(1, 6))]
            for e in examples
        ]
    )


def fitted(x: csr_matrix, y: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    matrix, bias = np.zeros((BUCKETS, y.shape[1]), np.float32), np.full(y.shape[1], -6.0, np.float32)
    for k in range(y.shape[1]):
        if y[:, k].sum() >= 3:
            model = SGDClassifier(loss="log_loss", alpha=2e-5, max_iter=8, tol=None, random_state=0).fit(
                x, y[:, k]
            )
            matrix[:, k], bias[k] = model.coef_[0], model.intercept_[0]
    return matrix, bias


def main() -> None:
    ask = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ask.add_argument("--out", required=True)
    args = ask.parse_args()
    warnings.filterwarnings("ignore")
    examples = labelled(7) + invented()
    x, y, fold = rows_of(examples), truth_of(examples), np.array([e.fold for e in examples])
    for f in range(5):
        matrix, bias = fitted(x[fold != f], y[fold != f])
        held = np.where(fold == f)[0]
        logits = x[held] @ matrix + bias
        named = sum(len(examples[i].stances) for i in held)
        np.savez(
            f"{args.out}_{f}.npz",
            held=held,
            judged=logits[:, :-5],
            severity=logits[:, -5:],
            stance=np.zeros((named, 3)),
        )
    matrix, bias = fitted(x, y)
    matrix[np.abs(matrix) < 0.02] = 0  # most buckets say nothing; zeros pack well
    (HERE / "risk" / "light.npz").unlink(missing_ok=True)
    np.savez_compressed(HERE / "risk" / "light.npz", matrix=matrix.astype(np.float16), bias=bias)


if __name__ == "__main__":
    main()
