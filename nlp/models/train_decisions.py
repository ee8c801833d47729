"""Fit the light layer over the out-of-fold logits of `train_risk.py cross`: `python nlp/models/train_decisions.py OOF`.

Writes `risk/decisions.json`: relevance (logistic, with the threshold that is best on both samplings of the labelled
file), topics (one logistic layer shared by all topics, a bias and a threshold each) and tone (softmax). Everything is
fitted on logits of models that had not seen the item, and reported by a second five-fold over the items.
"""

from __future__ import annotations

import argparse
import json
import re
import warnings
from pathlib import Path

import numpy as np
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import average_precision_score, brier_score_loss, roc_auc_score
from sklearn.preprocessing import StandardScaler
from train_risk import ALIASES, HERE, SHARED, TOPICS

from nlp.perception import TONES, named_platforms, tone_features
from nlp.risk import RiskInput, by_topic, relevance_features, topic_features
from nlp.severity import Facts, expected_level, judge_severity
from nlp.topic_rules import TopicRules

FOLDS = 5
PLAIN = {"tr0", "tr1", "tr2"}  # id prefixes of the sampling nearest to daily traffic


def f1(true: np.ndarray, chosen: np.ndarray) -> float:
    hit = float((true & chosen).sum())
    return 2 * hit / max(1.0, float(true.sum() + chosen.sum()))


def spans_of(name: str, text: str) -> tuple[tuple[int, int], ...]:
    pattern = ALIASES.get(name, re.escape(name))
    found = tuple(m.span() for m in re.finditer(pattern, text, 0 if name == "x" else re.IGNORECASE))
    return found or ((0, len(text)),)


class Table:
    """Features and truth of every item that some fold held out."""

    def __init__(self, prefix: str) -> None:
        rows = [json.loads(line) for line in (SHARED / "headlines/de_labelled.jsonl").open()]
        rules = TopicRules()
        judged, severity, stance = _logits(prefix, rows)
        self.ids = sorted(judged)
        self.rows = [rows[i] for i in self.ids]
        self.plain = np.array([r["id"][:3] in PLAIN for r in self.rows])
        self.relevant = np.array([r["relevant"] for r in self.rows])
        self.topics = np.array([[t in r["topics"] for t in TOPICS] for r in self.rows])
        self.level = np.array([r["severity"] for r in self.rows])
        self.severity = [severity[i] for i in self.ids]
        self.items = [RiskInput(r["title"], r["teaser"], "de") for r in self.rows]
        self.names = [named_platforms(item.whole) for item in self.items]
        hits = [rules.read(item.whole, "de") for item in self.items]
        self.relevance = np.array(
            [
                relevance_features(float(judged[i][0]), item, h, m)
                for i, item, h, m in zip(self.ids, self.items, hits, self.names, strict=True)
            ]
        )
        grouped = [by_topic(h) for h in hits]
        self.by_topic = np.array(
            [
                [topic_features(float(judged[i][1 + n]), g.get(t, ())) for n, t in enumerate(TOPICS)]
                for i, g in zip(self.ids, grouped, strict=True)
            ]
        )
        tones = [
            (
                position,
                _tone_row(stance[i, name], self.severity[position], item, name, len(row["stance"])),
                tone,
            )
            for position, (i, item, row) in enumerate(zip(self.ids, self.items, self.rows, strict=True))
            for name, tone in row["stance"].items()
        ]
        self.tone_item = np.array([t[0] for t in tones])
        self.tone = np.array([t[1] for t in tones])
        self.tone_true = np.array([TONES.index(t[2]) for t in tones])


def _tone_row(
    logits: np.ndarray, severity: np.ndarray, item: RiskInput, name: str, named: int
) -> list[float]:
    spans = spans_of(name, item.whole)
    cues = tone_features(item.whole, "de", item.text_start, spans, named - 1)
    return [*map(float, logits), expected_level([float(x) for x in severity]), *cues]


def _logits(prefix: str, rows: list[dict]) -> tuple[dict, dict, dict]:
    judged, severity, stance = {}, {}, {}
    for path in sorted(Path(prefix).parent.glob(f"{Path(prefix).name}_[0-9].npz")):
        stored, at = np.load(path), 0
        for n, i in enumerate(stored["held"]):
            judged[int(i)], severity[int(i)] = stored["judged"][n], stored["severity"][n]
            for name in rows[i]["stance"]:
                stance[int(i), name] = stored["stance"][at]
                at += 1
    return judged, severity, stance


def fit_relevance(x: np.ndarray, y: np.ndarray, plain: np.ndarray) -> dict:
    """Both samplings weigh the same; the threshold is the one with the best mean F1 over the two."""
    weight = np.where(plain, 0.5 / max(1, plain.sum()), 0.5 / max(1, (~plain).sum())) * len(y)
    model = LogisticRegression(C=1.0, max_iter=2000).fit(x, y, sample_weight=weight)
    chance = model.predict_proba(x)[:, 1]
    parts = [part for part in (plain, ~plain) if part.any()]
    scored = [
        (np.mean([f1(y[p], chance[p] >= t) for p in parts]), -abs(t - 0.4), t)
        for t in np.arange(0.15, 0.75, 0.01)
    ]
    smooth = sorted(scored)[-7:]  # neighbours of the best are as good; their mean is steadier
    threshold = float(np.mean([s[2] for s in smooth]))
    return {
        "weights": model.coef_[0].tolist(),
        "bias": float(model.intercept_[0]),
        "threshold": round(threshold, 3),
    }


def chance_of(fitted: dict, x: np.ndarray) -> np.ndarray:
    return 1 / (1 + np.exp(-(x @ np.array(fitted["weights"]) + fitted["bias"])))


def fit_topics(x: np.ndarray, y: np.ndarray, relevant: np.ndarray) -> dict:
    """One layer for all topics with a bias each (shrunk), fitted on relevant items and near misses alike."""
    _, topics, width = x.shape
    rows = relevant
    flat = x[rows].reshape(-1, width)
    which = np.tile(np.eye(topics), (rows.sum(), 1))
    model = LogisticRegression(C=0.5, max_iter=3000).fit(np.hstack([flat, which]), y[rows].reshape(-1))
    weights, bias = model.coef_[0][:width], model.coef_[0][width:] + model.intercept_[0]
    chance = 1 / (1 + np.exp(-(x @ weights + bias)))
    common = max(np.arange(0.2, 0.7, 0.01), key=lambda t: f1(y[rows], chance[rows] >= t))
    thresholds = {}
    for k, topic in enumerate(TOPICS):
        own = max(np.arange(0.15, 0.75, 0.02), key=lambda t: f1(y[rows, k], chance[rows, k] >= t))
        trust = y[rows, k].sum() / (y[rows, k].sum() + 60)  # a rare topic keeps nearly the common threshold
        thresholds[topic] = round(float(trust * own + (1 - trust) * common), 3)
    return {
        "weights": weights.tolist(),
        "bias": dict(zip(TOPICS, bias.tolist(), strict=True)),
        "threshold": thresholds,
    }


def chosen_topics(fitted: dict, x: np.ndarray) -> np.ndarray:
    bias = np.array([fitted["bias"][t] for t in TOPICS])
    ratio = (
        1
        / (1 + np.exp(-(x @ np.array(fitted["weights"]) + bias)))
        / np.array([fitted["threshold"][t] for t in TOPICS])
    )
    chosen = ratio >= 1
    chosen[np.arange(len(x)), ratio.argmax(1)] |= ~chosen.any(1)
    return chosen


def fit_tone(x: np.ndarray, y: np.ndarray) -> dict:
    scale = StandardScaler().fit(x)
    model = LogisticRegression(C=0.1, max_iter=2000).fit(scale.transform(x), y)
    return {
        "mean": scale.mean_.tolist(),
        "spread": np.maximum(scale.scale_, 1e-6).tolist(),
        "weights": model.coef_.tolist(),
        "bias": model.intercept_.tolist(),
    }


def tones(fitted: dict, x: np.ndarray) -> np.ndarray:
    z = (x - np.array(fitted["mean"])) / np.array(fitted["spread"])
    return (z @ np.array(fitted["weights"]).T + np.array(fitted["bias"])).argmax(1)


def levels(table: Table, chosen: np.ndarray) -> np.ndarray:
    out = []
    for n, item in enumerate(table.items):
        topics = tuple(t for t, c in zip(TOPICS, chosen[n], strict=True) if c)
        named = any(m.start < item.text_start for m in table.names[n])
        facts = Facts(item.whole[: item.text_start + 600], "de", topics, named)
        out.append(judge_severity([float(x) for x in table.severity[n]], facts).level)
    return np.array(out)


def crossed(
    table: Table, columns: list[int] | None = None, topic_columns: list[int] | None = None
) -> dict[str, float]:
    """Figures of a second five-fold over the items; `columns` leaves out features for the ablation."""
    rng = np.random.default_rng(3)
    fold = rng.permutation(len(table.rows)) % FOLDS
    chance, over = np.zeros(len(fold)), np.zeros(len(fold), bool)
    topics = np.zeros_like(table.topics)
    said = np.zeros(len(table.tone_true), int)
    x = table.relevance[:, columns] if columns else table.relevance
    xt = table.by_topic[:, :, topic_columns] if topic_columns else table.by_topic
    for f in range(FOLDS):
        seen, held = fold != f, fold == f
        relevance = fit_relevance(x[seen], table.relevant[seen], table.plain[seen])
        chance[held] = chance_of(relevance, x[held])
        over[held] = chance[held] >= relevance["threshold"]
        fitted = fit_topics(xt[seen], table.topics[seen], table.relevant[seen])
        topics[held] = chosen_topics(fitted, xt[held])
        tone_seen = seen[table.tone_item]
        tone = fit_tone(table.tone[tone_seen], table.tone_true[tone_seen])
        said[~tone_seen] = tones(tone, table.tone[~tone_seen])
    topics &= over[:, None]
    both = table.relevant & over
    level = levels(table, topics)
    figures = {
        "AP": average_precision_score(table.relevant, chance),
        "AUC": roc_auc_score(table.relevant, chance),
    }
    figures["Brier"] = brier_score_loss(table.relevant, chance)
    for name, part in (("all", table.plain | True), ("plain", table.plain), ("rare", ~table.plain)):
        figures[f"F1 {name}"] = f1(table.relevant[part], over[part])
        figures[f"topics micro {name}"] = f1(table.topics[part], topics[part])
        each = [
            f1(table.topics[part, k], topics[part, k])
            for k in range(len(TOPICS))
            if table.topics[part, k].sum() >= 3
        ]
        figures[f"topics macro {name}"] = float(np.mean(each))
        figures[f"AP {name}"] = average_precision_score(table.relevant[part], chance[part])
    figures["severity within 1"] = float((abs(level - table.level)[both] <= 1).mean())
    figures["severity exact"] = float((level == table.level)[both].mean())
    figures["tone"] = float((said == table.tone_true).mean())
    return figures


def main() -> None:
    ask = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ask.add_argument("oof", help="the `--out` prefix that `train_risk.py cross` wrote")
    ask.add_argument("--write", action="store_true", help="write risk/decisions.json")
    args = ask.parse_args()
    warnings.filterwarnings("ignore")
    table = Table(args.oof)
    print(f"{len(table.rows)} items, {table.relevant.sum()} relevant")
    for name, value in crossed(table).items():
        print(f"{name:20s} {value:.3f}")
    bare = crossed(table, [0], [0])
    print(
        "model alone:",
        ", ".join(
            f"{k} {bare[k]:.3f}"
            for k in ("AP", "F1 all", "F1 plain", "F1 rare", "topics micro all", "topics macro all")
        ),
    )
    if args.write:
        decisions = {
            "relevance": fit_relevance(table.relevance, table.relevant, table.plain),
            "topics": fit_topics(table.by_topic, table.topics, table.relevant),
            "tone": fit_tone(table.tone, table.tone_true),
        }
        (HERE / "risk" / "decisions.json").write_text(json.dumps(decisions, indent=1))
        print("relevance", decisions["relevance"])
        print(
            "topics",
            dict(
                zip(
                    ("logit", "strong", "unscoped", "pair", "context", "score", "suppressed"),
                    decisions["topics"]["weights"],
                    strict=True,
                )
            ),
            decisions["topics"]["threshold"],
        )


if __name__ == "__main__":
    main()
