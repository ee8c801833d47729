"""Fit the light layer over the out-of-fold logits of `train_risk.py cross`: `python nlp/models/train_decisions.py OOF`.

Writes `risk/decisions.json`: relevance (logistic, with the threshold that is best on both samplings of the labelled
file), topics (one logistic layer shared by all topics, a bias and a threshold each) and tone (softmax). Everything is
fitted on logits of models that had not seen the item, and reported by a second five-fold over the items.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path

import numpy as np
from train_pool import read_labels
from train_risk import HERE, SHARED, TOPICS, joined
from train_stance import text_key
from train_tone import held_out_scores, pairs

from nlp.learn import Table, crossed, crossed_tones, figures, fit, fit_tone
from nlp.perception import TONES, named_platforms
from nlp.risk import RiskInput, by_topic, relevance_features, topic_features
from nlp.severity import Facts, judge_severity
from nlp.topic_rules import TopicRules

PLAIN = {"tr0", "tr1", "tr2"}  # id prefixes of the sampling nearest to daily traffic


class Headlines:
    """Features and truth of every item that some fold held out."""

    def __init__(self, prefixes: list[str], check: str = "") -> None:
        rows = [json.loads(line) for line in (SHARED / "headlines/de_labelled.jsonl").open()]
        judged, severity, stance = _logits(prefixes, rows)
        self.ids = sorted(judged)
        self.rows = [rows[i] for i in self.ids]
        self.level = np.array([r["severity"] for r in self.rows])
        self.severity = [severity[i] for i in self.ids]
        self.items = [RiskInput(r["title"], r["teaser"], "de") for r in self.rows]
        self.names = [named_platforms(item.whole) for item in self.items]
        rules = TopicRules()
        hits = [rules.read(item.whole, "de") for item in self.items]
        relevance = [
            relevance_features(float(judged[i][0]), item, h, m)
            for i, item, h, m in zip(self.ids, self.items, hits, self.names, strict=True)
        ]
        topic_rows = [
            [topic_features(float(judged[i][1 + n]), g.get(t, ())) for n, t in enumerate(TOPICS)]
            for i, g in zip(self.ids, map(by_topic, hits), strict=True)
        ]
        found = pairs()
        words = {(p.headline, p.name): s for p, s in zip(found, held_out_scores(found), strict=True)}
        tones = [
            ([*map(float, stance[i, name]), *map(float, words[row["id"], name])], TONES.index(tone))
            for i, item, row in zip(self.ids, self.items, self.rows, strict=True)
            for name, tone in row["stance"].items()
        ]
        tones += _own_tones(check, words) if check else []
        self.table = Table(
            relevance=np.array(relevance),
            relevant=np.array([r["relevant"] for r in self.rows]),
            plain=np.array([r["id"][:3] in PLAIN for r in self.rows]),
            topic_rows=np.array(topic_rows),
            topics=np.array([[t in r["topics"] for t in TOPICS] for r in self.rows]),
            tone_rows=np.array([t[0] for t in tones]),
            tones=np.array([t[1] for t in tones]),
            weight=np.ones(len(self.rows)),
        )


def _own_tones(check: str, words: dict) -> list[tuple[list[float], int]]:
    """Tone rows of headlines that we labelled and the network did not learn from, as `train_risk.py check` left them."""
    own = {label.key: label for label in read_labels()}
    stored = np.load(check)
    return [
        (
            [*map(float, row), *map(float, words[str(key), str(name)])],
            TONES.index(own[str(key)].stances[str(name)]),
        )
        for key, name, row in zip(stored["keys"], stored["names"], stored["stance"], strict=True)
    ]


def renew_tone(prefix: str, write: bool) -> None:
    """Put the tone rows of `train_stance.py cross` into the shipped table and fit the two tone layers alone."""
    rows, tones, part = toned_rows(prefix)
    said = crossed_tones(rows, tones), crossed_tones(rows[:, : len(TONES)], tones)
    for name, chosen in (("all", part != ""), *((p, part == p) for p in sorted(set(part)))):
        right = [f"{(s == tones)[chosen].mean():.3f}" for s in said]
        print(f"tone {name:6s} {right[0]}, without words {right[1]}, of {chosen.sum()}")
    if not write:
        return
    stored = dict(np.load(HERE / "risk" / "table.npz")) | {
        "tone_rows": rows.astype(np.float16),
        "tones": tones,
    }
    decisions = json.loads((HERE / "risk" / "decisions.json").read_text())
    decisions |= {"tone": fit_tone(rows[:, : len(TONES)], tones), "tone_de": fit_tone(rows, tones)}
    for name in ("decisions.json", "table.npz"):
        (HERE / "risk" / name).unlink(missing_ok=True)
    (HERE / "risk" / "decisions.json").write_text(json.dumps(decisions, indent=1))
    np.savez_compressed(HERE / "risk" / "table.npz", **stored)


def toned_rows(prefix: str) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Six features, the tone and the part of each of our own pairs that a trained state had not seen."""
    found = pairs()
    words = dict(zip(found, held_out_scores(found), strict=True))
    own = {label.key: label.part for label in read_labels()}
    by_text = {
        (text_key(joined(pair.title, pair.teaser)), pair.name): pair for pair in found if pair.headline in own
    }
    rows = []
    for path in sorted(Path(prefix).parent.glob(f"{Path(prefix).name}_*.npz")):
        stored = np.load(path)
        for key, name, logits in zip(stored["keys"], stored["names"], stored["stance"], strict=True):
            pair = by_text.get((str(key), str(name)))
            if pair:
                row = [*map(float, logits), *map(float, words[pair])]
                rows.append((row, TONES.index(pair.stance), own[pair.headline]))
    return np.array([r[0] for r in rows]), np.array([r[1] for r in rows]), np.array([r[2] for r in rows])


def _logits(prefixes: list[str], rows: list[dict]) -> tuple[dict, dict, dict]:
    judged, severity, stance = {}, {}, {}
    paths = [path for p in prefixes for path in sorted(Path(p).parent.glob(f"{Path(p).name}_[0-9].npz"))]
    for path in paths:
        stored, at = np.load(path), 0
        if int(stored["held"][0]) in judged:
            continue
        for n, i in enumerate(stored["held"]):
            judged[int(i)], severity[int(i)] = stored["judged"][n], stored["severity"][n]
            for name in rows[i]["stance"]:
                stance[int(i), name] = stored["stance"][at]
                at += 1
    return judged, severity, stance


def levels(rows: Headlines, topics: np.ndarray) -> np.ndarray:
    """Severity of each item as `nlp.severity` judges it."""
    out = []
    for n, item in enumerate(rows.items):
        chosen = tuple(t for t, c in zip(TOPICS, topics[n], strict=True) if c)
        named = any(m.start < item.text_start for m in rows.names[n])
        facts = Facts(item.whole[: item.text_start + 600], "de", chosen, named)
        out.append(judge_severity([float(x) for x in rows.severity[n]], facts).level)
    return np.array(out)


def report(rows: Headlines) -> None:
    found = crossed(rows.table, TOPICS)
    for name, part in (
        ("all", rows.table.plain | True),
        ("plain", rows.table.plain),
        ("rare", ~rows.table.plain),
    ):
        told = figures(rows.table.part(part), found.chance[part], found.over[part], found.topics[part])
        print(f"{name:6s}", ", ".join(f"{k} {v:.3f}" for k, v in told.items()))
    bare = crossed(rows.table, TOPICS, [0], [0])
    told = figures(rows.table, bare.chance, bare.over, bare.topics)
    print("encoder alone", ", ".join(f"{k} {v:.3f}" for k, v in told.items()))
    level, both = levels(rows, found.topics), rows.table.relevant & found.over
    print(
        f"severity within one {(abs(level - rows.level)[both] <= 1).mean():.3f}, exact {(level == rows.level)[both].mean():.3f}"
    )
    print(f"tone {found.tone_accuracy:.3f} of {len(rows.table.tones)}")


def main() -> None:
    ask = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ask.add_argument(
        "oof", nargs="*", help="the `--out` prefixes that `train_risk.py cross` wrote; the first wins"
    )
    ask.add_argument("--check", default="", help="what `train_risk.py check` wrote, for more tone rows")
    ask.add_argument(
        "--light", action="store_true", help="these are the stand-in's: write decisions_light.json alone"
    )
    ask.add_argument(
        "--tone", default="", help="prefix of `train_stance.py cross`: renew the tone layers alone"
    )
    ask.add_argument("--write", action="store_true", help="write risk/decisions.json and risk/table.npz")
    args = ask.parse_args()
    if args.tone:
        renew_tone(args.tone, args.write)
        return
    rows = Headlines(args.oof, args.check)
    print(f"{len(rows.rows)} items, {rows.table.relevant.sum()} relevant")
    report(rows)
    if args.write:
        decisions = fit(rows.table, TOPICS)
        if args.light:
            (HERE / "risk" / "decisions_light.json").unlink(missing_ok=True)
            (HERE / "risk" / "decisions_light.json").write_text(json.dumps(decisions, indent=1))
            return
        for name in ("decisions.json", "table.npz"):
            (HERE / "risk" / name).unlink(missing_ok=True)
        (HERE / "risk" / "decisions.json").write_text(json.dumps(decisions, indent=1))
        stored = {name: getattr(rows.table, name) for name in Table.__dataclass_fields__}
        halved = {n: v.astype(np.float16) if v.dtype == np.float64 else v for n, v in stored.items()}
        levels_too = {"severity": np.array(rows.severity, np.float16), "level": rows.level.astype(np.int8)}
        np.savez_compressed(HERE / "risk" / "table.npz", **halved, **levels_too)
        print("relevance", decisions["relevance"])
        print("topics", np.round(decisions["topics"]["weights"], 2), decisions["topics"]["threshold"])


if __name__ == "__main__":
    main()
