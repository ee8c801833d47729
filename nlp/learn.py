"""The light layer over encoder and rules: fit it, score it, and let analysts' yes and no move it.

Pure functions over tables of features; the command line reads and writes. For `lagebild review`:
`to_ask(candidates, count, seed)` picks what a person should see: mostly what the layer is unsure of, and a random
sample so that blind spots show. For `lagebild learn`: `rows_of(judge, labels)` turns labels into features,
`refitted(shipped_table(), rows)` fits again on what the layer was born with plus the analysts' rows,
`compared(before, after, table)` scores both on the frozen check, and `accepted` says whether to keep it.
`keep(folder, fitted)` writes a numbered file and `roll_back(folder)` returns to the one before; `Judge` takes
`Decisions.read(latest(folder))`.
"""

from __future__ import annotations

import json
import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray

from nlp.checked import checked_arrays
from nlp.embed import FOLDER
from nlp.perception import TONES
from nlp.risk import Judge, RiskInput

Table64 = NDArray[np.float64]
Truths = NDArray[np.bool_]

ANALYST_WEIGHT = 4.0  # a label of this team's own traffic against one of the shipped table
UNSURE_SHARE = 0.7  # of the items asked about; the rest is drawn at random
WORST_LOSS = 0.01  # F1 a refit may lose on the frozen check and still be taken
RARE = 60.0  # examples at which a topic's own threshold counts half
FOLDS = 5
PRAISE = 1.0  # logits given to praise, which is rare: more of it is found at the same accuracy


@dataclass(frozen=True, slots=True)
class Label:
    """What a person said of an item, when, and of which version's judgement."""

    item_id: str
    item: RiskInput
    relevant: bool
    topics: tuple[str, ...]
    who: str
    when: datetime
    annotator: str
    severity: int | None = None
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Candidate:
    """An item that may be asked about; `relevance` as judged, `threshold` of the layer that judged it."""

    item_id: str
    relevance: float
    threshold: float
    topic_scores: tuple[float, ...] = ()


@dataclass(frozen=True)
class Table:
    """Features and truth by item: relevance (n, 9), topics (n, 19, 7), tone rows of their own with their class.

    A tone row is three logits of the encoder and, for German, three log chances of the words around the name.

    `plain` marks the sampling nearest to daily traffic; `weight` is how much a row teaches.
    """

    relevance: Table64
    relevant: Truths
    plain: Truths
    topic_rows: Table64
    topics: Truths
    tone_rows: Table64
    tones: NDArray[np.int64]
    weight: Table64

    def part(self, chosen: Truths) -> Table:
        """Some of the items; tone rows all stay, for they are kept apart."""
        return replace(
            self,
            relevance=self.relevance[chosen],
            relevant=self.relevant[chosen],
            plain=self.plain[chosen],
            topic_rows=self.topic_rows[chosen],
            topics=self.topics[chosen],
            weight=self.weight[chosen],
        )


def shipped_table(path: Path = FOLDER / "table.npz") -> Table:
    """The features the layer was fitted on: numbers and labels of headlines, no texts."""
    stored = checked_arrays(path)
    fields = {name: stored[name] for name in Table.__dataclass_fields__}
    floats = ("relevance", "topic_rows", "tone_rows", "weight")
    return Table(**{n: v.astype(np.float64) if n in floats else v for n, v in fields.items()})


# --- fitting ---


def sigmoid(x: Table64) -> Table64:
    return 1 / (1 + np.exp(-np.clip(x, -30, 30)))


def fit_logistic(x: Table64, y: Table64, weight: Table64, ridge: float) -> tuple[Table64, float]:
    """Weights and bias of a ridge logistic regression by Newton's method; the bias is not shrunk."""
    design = np.hstack([x, np.ones((len(x), 1))])
    shrink = np.full(design.shape[1], ridge)
    shrink[-1] = 1e-6
    beta = np.zeros(design.shape[1])
    for _ in range(30):
        chance = sigmoid(design @ beta)
        slope = design.T @ (weight * (chance - y)) + shrink * beta
        bend = (design * (weight * chance * (1 - chance))[:, None]).T @ design + np.diag(shrink)
        step = np.linalg.solve(bend, slope)
        beta -= step
        if np.abs(step).max() < 1e-8:
            break
    return beta[:-1], float(beta[-1])


def fit_relevance(table: Table) -> dict[str, Any]:
    """Both samplings weigh the same; the threshold is where the mean F1 over the two is best and flat."""
    parts = [part for part in (table.plain, ~table.plain) if part.any()]
    weight = np.zeros(len(table.relevant))
    for part in parts:
        weight[part] = table.weight[part] / table.weight[part].sum() * len(weight) / len(parts)
    weights, bias = fit_logistic(table.relevance, table.relevant.astype(float), weight, 1.0)
    chance = sigmoid(table.relevance @ weights + bias)
    tried = np.arange(0.15, 0.75, 0.01)
    scores = np.array([np.mean([f1(table.relevant[p], chance[p] >= t) for p in parts]) for t in tried])
    smooth = np.convolve(scores, np.ones(7) / 7, "same")
    smooth[:3] = smooth[-3:] = 0  # the window hangs over the edge there
    threshold = float(tried[smooth.argmax()])
    return {"weights": weights.tolist(), "bias": bias, "threshold": round(threshold, 3)}


def fit_topics(table: Table, names: Sequence[str]) -> dict[str, Any]:
    """One layer shared by all topics with a bias and a threshold each, from relevant items alone."""
    x, y = table.topic_rows[table.relevant], table.topics[table.relevant]
    weight = table.weight[table.relevant]
    count, topics, width = x.shape
    which = np.tile(np.eye(topics), (count, 1))
    flat = np.hstack([x.reshape(-1, width), which])
    fitted, shared = fit_logistic(flat, y.reshape(-1).astype(float), np.repeat(weight, topics), 2.0)
    weights, bias = fitted[:width], fitted[width:] + shared
    chance = sigmoid(x @ weights + bias)
    common = max(np.arange(0.2, 0.7, 0.01), key=lambda t: f1(y, chance >= t))
    thresholds = {}
    for number, name in enumerate(names):
        true, own_chance = y[:, number], chance[:, number]
        own = max(np.arange(0.15, 0.75, 0.02), key=lambda t: f1(true, own_chance >= t))
        trust = true.sum() / (true.sum() + RARE)
        thresholds[name] = round(float(trust * own + (1 - trust) * common), 3)
    return {
        "weights": weights.tolist(),
        "bias": dict(zip(names, bias.tolist(), strict=True)),
        "threshold": thresholds,
    }


def fit_tone(rows: Table64, tones: NDArray[np.int64], ridge: float = 1.0) -> dict[str, Any]:
    """Softmax over standardised features, as three one-against-rest layers made comparable by their bias."""
    mean, spread = rows.mean(0), np.maximum(rows.std(0), 1e-6)
    x = (rows - mean) / spread
    ones = np.ones(len(x))
    layers = [fit_logistic(x, (tones == k).astype(float), ones, ridge) for k in range(3)]
    return {
        "mean": mean.tolist(),
        "spread": spread.tolist(),
        "weights": [w.tolist() for w, _ in layers],
        "bias": [b + PRAISE * (k == len(layers) - 1) for k, (_, b) in enumerate(layers)],
    }


def fit(table: Table, names: Sequence[str]) -> dict[str, Any]:
    """The whole layer, as `decisions.json` holds it."""
    return {
        "relevance": fit_relevance(table),
        "topics": fit_topics(table, names),
        "tone": fit_tone(table.tone_rows[:, : len(TONES)], table.tones),
        "tone_de": fit_tone(table.tone_rows, table.tones),
    }


# --- applying and scoring ---


def relevance_of(fitted: Mapping[str, Any], rows: Table64) -> Table64:
    return sigmoid(rows @ np.array(fitted["weights"]) + fitted["bias"])


def topics_of(fitted: Mapping[str, Any], rows: Table64, names: Sequence[str]) -> Truths:
    """Which topics each item gets if it is relevant: all over their threshold, at least the likeliest."""
    bias = np.array([fitted["bias"][n] for n in names])
    bar = np.array([fitted["threshold"][n] for n in names])
    ratio = sigmoid(rows @ np.array(fitted["weights"]) + bias) / bar
    chosen: Truths = ratio >= 1
    chosen[np.arange(len(rows)), ratio.argmax(1)] |= ~chosen.any(1)
    return chosen


def tones_of(fitted: Mapping[str, Any], rows: Table64) -> NDArray[np.int64]:
    x = (rows - np.array(fitted["mean"])) / np.array(fitted["spread"])
    return cast("NDArray[np.int64]", (x @ np.array(fitted["weights"]).T + np.array(fitted["bias"])).argmax(1))


def f1(true: Truths, chosen: Truths) -> float:
    return 2 * float((true & chosen).sum()) / max(1.0, float(true.sum() + chosen.sum()))


def average_precision(true: Truths, score: Table64) -> float:
    ranked = true[np.argsort(-score, kind="stable")]
    hits = np.cumsum(ranked)
    return float((hits[ranked] / (np.flatnonzero(ranked) + 1)).mean()) if ranked.any() else 0.0


def area_under_curve(true: Truths, score: Table64) -> float:
    """Chance that a relevant item scores above another; ties count half."""
    above, below = score[true], np.sort(score[~true])
    less, not_more = np.searchsorted(below, above, "left"), np.searchsorted(below, above, "right")
    return float(((less + not_more) / 2).sum() / max(1, len(above) * len(below)))


def reliability(true: Truths, chance: Table64, bins: int = 10) -> list[tuple[float, float, int]]:
    """(mean chance, share of relevant, items) of each tenth of the scale that holds items."""
    which = np.minimum((chance * bins).astype(int), bins - 1)
    return [
        (float(chance[which == b].mean()), float(true[which == b].mean()), int((which == b).sum()))
        for b in range(bins)
        if (which == b).any()
    ]


def figures(true: Table, chance: Table64, over: Truths, topics: Truths) -> dict[str, float]:
    """Relevance and topic scores; macro over topics with three examples or more."""
    topics = topics & over[:, None]
    each = [
        f1(true.topics[:, k], topics[:, k]) for k in range(topics.shape[1]) if true.topics[:, k].sum() >= 3
    ]
    return {
        "relevance F1": f1(true.relevant, over),
        "AUC": area_under_curve(true.relevant, chance),
        "AP": average_precision(true.relevant, chance),
        "Brier": float(((chance - true.relevant) ** 2).mean()),
        "topics micro F1": f1(true.topics, topics),
        "topics macro F1": float(np.mean(each)) if each else 0.0,
    }


@dataclass(frozen=True)
class Crossed:
    """Answers of a five-fold over a table, each given by a layer that had not seen the item."""

    chance: Table64
    over: Truths
    topics: Truths
    tone_accuracy: float


def crossed(
    table: Table,
    names: Sequence[str],
    columns: Sequence[int] = (),
    topic_columns: Sequence[int] = (),
    seed: int = 3,
) -> Crossed:
    """Five-fold; `columns` and `topic_columns` keep only these features, for an ablation."""
    if columns:
        table = replace(table, relevance=table.relevance[:, columns])
    if topic_columns:
        table = replace(table, topic_rows=table.topic_rows[:, :, topic_columns])
    fold = np.random.default_rng(seed).permutation(len(table.relevant)) % FOLDS
    chance = np.zeros(len(fold))
    over, topics = np.zeros(len(fold), np.bool_), np.zeros_like(table.topics)
    for f in range(FOLDS):
        held, seen = fold == f, table.part(fold != f)
        relevance = fit_relevance(seen)
        chance[held] = relevance_of(relevance, table.relevance[held])
        over[held] = chance[held] >= relevance["threshold"]
        topics[held] = topics_of(fit_topics(seen, names), table.topic_rows[held], names)
    right = crossed_tones(table.tone_rows, table.tones) == table.tones
    return Crossed(chance, over, topics, float(right.mean()) if len(right) else 0.0)


def crossed_tones(rows: Table64, tones: NDArray[np.int64], seed: int = 4) -> NDArray[np.int64]:
    """Five-fold answers of the tone layer."""
    fold = np.random.default_rng(seed).permutation(len(tones)) % FOLDS
    said = np.zeros(len(tones), np.int64)
    for f in range(FOLDS):
        fitted = fit_tone(rows[fold != f], tones[fold != f])
        said[fold == f] = tones_of(fitted, rows[fold == f])
    return said


# --- analysts ---


def to_ask(candidates: Sequence[Candidate], count: int, seed: int) -> list[str]:
    """Ids to ask a person about, unsure ones first: nearest to the threshold or torn between topics, then a sample."""
    unsure = sorted(candidates, key=lambda c: (doubt(c), c.item_id))
    first = [c.item_id for c in unsure[: round(count * UNSURE_SHARE)]]
    rest = sorted({c.item_id for c in candidates} - set(first))
    return first + random.Random(seed).sample(rest, min(count - len(first), len(rest)))


def doubt(candidate: Candidate) -> float:
    """Distance from the nearest decision, 0 for a coin toss."""
    own = abs(candidate.relevance - candidate.threshold)
    torn = min((abs(score - 0.5) for score in candidate.topic_scores), default=1.0)
    return min(own, torn + 0.1)  # which topic matters less than whether


def rows_of(judge: Judge, labels: Sequence[Label]) -> Table:
    """Analysts' labels as a table; the latest word on an item counts."""
    latest = {label.item_id: label for label in sorted(labels, key=lambda one: one.when)}
    chosen = list(latest.values())
    rows = [judge.features(label.item) for label in chosen]
    topics = np.array([[t in label.topics for t in judge.topics] for label in chosen], np.bool_)
    width = len(rows[0][0]) if rows else 0
    return Table(
        relevance=np.array([r[0] for r in rows]).reshape(-1, width),
        relevant=np.array([label.relevant for label in chosen], np.bool_),
        plain=np.ones(len(chosen), np.bool_),
        topic_rows=np.array([r[1] for r in rows]),
        topics=topics,
        tone_rows=np.zeros((0, 0)),
        tones=np.zeros(0, np.int64),
        weight=np.full(len(chosen), ANALYST_WEIGHT),
    )


def refitted(shipped: Table, rows: Table, names: Sequence[str]) -> dict[str, Any]:
    """The layer fitted on the shipped table and the analysts' rows together."""
    if not len(rows.relevant):
        return fit(shipped, names)
    both = {
        name: np.concatenate([getattr(shipped, name), getattr(rows, name)])
        for name in ("relevance", "relevant", "plain", "topic_rows", "topics", "weight")
    }
    return fit(replace(shipped, **both), names)


@dataclass(frozen=True, slots=True)
class Change:
    """The frozen check before and after a refit."""

    before: Mapping[str, float]
    after: Mapping[str, float]

    @property
    def accepted(self) -> bool:
        """Whether neither relevance nor topics lost more than is allowed."""
        watched = ("relevance F1", "topics micro F1")
        return all(self.after[name] >= self.before[name] - WORST_LOSS for name in watched)


def compared(
    before: Mapping[str, Any], after: Mapping[str, Any], frozen: Table, names: Sequence[str]
) -> Change:
    """Scores two layers on the same table."""

    def scored(fitted: Mapping[str, Any]) -> dict[str, float]:
        chance = relevance_of(fitted["relevance"], frozen.relevance)
        over = chance >= fitted["relevance"]["threshold"]
        return figures(frozen, chance, over, topics_of(fitted["topics"], frozen.topic_rows, names))

    return Change(scored(before), scored(after))


# --- kept layers, the only functions here that touch the disk ---


def kept_layers(folder: Path) -> list[Path]:
    """Numbered layers of an installation, oldest first."""
    return sorted(folder.glob("decisions-*.json"))


def keep(folder: Path, fitted: Mapping[str, Any]) -> Path:
    """Writes the next numbered layer and returns its path; earlier ones stay."""
    folder.mkdir(parents=True, exist_ok=True)
    last = kept_layers(folder)
    number = int(last[-1].stem.rsplit("-", 1)[1]) + 1 if last else 1
    path = folder / f"decisions-{number:04d}.json"
    path.write_text(json.dumps(fitted, indent=1), encoding="utf-8")
    return path


def latest(folder: Path) -> Path:
    """The layer in force: the newest kept one, else the shipped one."""
    layers = kept_layers(folder)
    return layers[-1] if layers else FOLDER / "decisions.json"


def roll_back(folder: Path) -> Path:
    """Sets the newest kept layer aside (`.undone`) and returns the one now in force."""
    layers = kept_layers(folder)
    if layers:
        layers[-1].rename(layers[-1].with_suffix(".undone"))
    return latest(folder)
