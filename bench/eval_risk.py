"""`make eval-risk [FILE=labelled.jsonl]`: how well risk is judged.

Without a file: five-fold figures of the light layer over out-of-fold encoder logits (`nlp/models/risk/table.npz`), the
reliability curve, the ablation table, and the invented check and trap sets. With one: the whole judge on a file with
`title`, `teaser`, `lang`, `relevant`, `topics`, `severity`, `stance` in each line.
"""

from __future__ import annotations

import json
import sys
import time
from collections import defaultdict
from pathlib import Path

import numpy as np

from nlp.embed import FOLDER
from nlp.learn import (
    Crossed,
    Table,
    area_under_curve,
    average_precision,
    crossed,
    crossed_tones,
    f1,
    figures,
    reliability,
    shipped_table,
)
from nlp.perception import TONES
from nlp.risk import Judgement, RiskInput, judge
from nlp.severity import expected_level

DATA = Path(__file__).parents[1] / "tests" / "quality" / "data"
TOPICS = tuple(json.loads((FOLDER / "topics.json").read_text())) if FOLDER.exists() else ()
SECOND_SEED = 5
ABLATIONS = {
    "everything": ((), ()),
    "encoder alone": ((0,), (0,)),
    "without suppressed hits": ((0, 1, 2, 4, 5, 6, 7, 8), (0, 1, 2, 3, 4, 5)),
    "without watched names": ((0, 1, 2, 3, 6, 7, 8), ()),
    "without fiction, sport, history": ((0, 1, 2, 3, 4, 5), ()),
    "rules alone": ((1, 2, 3, 4, 5, 6, 7, 8), (1, 2, 3, 4, 5, 6)),
}


def lines(name: str) -> list[list[str]]:
    text = (DATA / name).read_text(encoding="utf-8")
    return [line.split("|") for line in text.splitlines() if line and not line.startswith("#")]


def trapped() -> dict[str, tuple[int, int]]:
    """Per topic: near misses that got the topic, near misses."""
    rows = lines("traps.txt")
    found: dict[str, list[int]] = defaultdict(lambda: [0, 0])
    for (topic, _, _), verdict in zip(
        rows, judge([RiskInput(t, "", lang) for _, lang, t in rows]), strict=True
    ):
        found[topic][0] += topic in {t.id for t in verdict.topics}
        found[topic][1] += 1
    return {topic: (hits, n) for topic, (hits, n) in found.items()}


def checked(language: str) -> dict[str, float]:
    """Relevance and topic F1 on the invented check set of a language."""
    rows = lines("checks.txt")
    verdicts = judge([RiskInput(row[("en", "fr", "it").index(language) + 1], "", language) for row in rows])
    counts, relevant = [0, 0, 0], [0, 0, 0]
    for row, verdict in zip(rows, verdicts, strict=True):
        sure, _, maybe = row[0].partition("?")
        gold, said = set(sure.split(",")) - {"-"}, {t.id for t in verdict.topics}
        counts[0] += len(gold & said)
        counts[1] += len(said - gold - set(maybe.split(",")))
        counts[2] += len(gold - said)
        truth = row[0] != "-"
        relevant[0] += truth and verdict.relevant
        relevant[1] += verdict.relevant and not truth
        relevant[2] += truth and not verdict.relevant
    return {"relevance F1": _f1(*relevant), "topics micro F1": _f1(*counts), "n": float(len(rows))}


def _f1(hit: int, wrong: int, missed: int) -> float:
    return 2 * hit / max(1, 2 * hit + wrong + missed)


def table_figures(table: Table, found: Crossed, part: np.ndarray) -> dict[str, float]:
    return figures(table.part(part), found.chance[part], found.over[part], found.topics[part])


def severity_figures(found: Crossed) -> dict[str, float]:
    """The encoder's own level against the label, before the written rules."""
    stored = np.load(FOLDER / "table.npz")
    both = stored["relevant"] & found.over
    level = np.array([round(expected_level([float(x) for x in row])) for row in stored["severity"][both]])
    return {"severity within one": float((abs(level - stored["level"][both]) <= 1).mean())}


def tone_figures(table: Table) -> dict[str, float]:
    """Five-fold accuracy and macro F1 of the three tones, and accuracy of the encoder without the words around a name."""
    said, alone = (
        crossed_tones(table.tone_rows, table.tones),
        crossed_tones(table.tone_rows[:, :3], table.tones),
    )
    each = [f1(table.tones == k, said == k) for k in range(len(TONES))]
    return {
        "tone": float((said == table.tones).mean()),
        "tone macro F1": float(np.mean(each)),
        "tone without words": float((alone == table.tones).mean()),
    }


def told(name: str, values: dict[str, float]) -> None:
    print(f"{name:34s}" + "  ".join(f"{k} {v:.3f}" for k, v in values.items()))


def five_fold() -> None:
    table = shipped_table()
    found = crossed(table, TOPICS)
    print(f"# five-fold, {len(table.relevant)} German headlines, {int(table.relevant.sum())} relevant")
    everything = np.ones(len(table.relevant), bool)
    for name, part in (
        ("all", everything),
        ("nearest to daily traffic", table.plain),
        ("rich in rare topics", ~table.plain),
    ):
        told(name, table_figures(table, found, part))
    told("severity, tone", severity_figures(found) | tone_figures(table))
    again = crossed(table, TOPICS, seed=SECOND_SEED)
    told("all, other folds (second seed)", table_figures(table, again, everything))
    print("# reliability: mean chance, share relevant, items")
    for mean, share, n in reliability(table.relevant, found.chance):
        print(f"  {mean:.2f}  {share:.2f}  {n}")
    print("# topics: F1, labelled items")
    chosen = found.topics & found.over[:, None]
    for k, topic in enumerate(TOPICS):
        print(f"  {topic:32s} {f1(table.topics[:, k], chosen[:, k]):.2f}  {int(table.topics[:, k].sum())}")
    print("# ablation")
    for name, (columns, topic_columns) in ABLATIONS.items():
        answer = crossed(table, TOPICS, columns, topic_columns)
        told(name, table_figures(table, answer, everything))


def invented_sets() -> None:
    print("# invented check sets")
    for language in ("en", "fr", "it"):
        told(language, checked(language))
    traps = trapped()
    wrong = {topic: n for topic, n in traps.items() if n[0]}
    total = sum(n for _, n in traps.values())
    print(f"# traps: {sum(h for h, _ in traps.values())} of {total} fell for; {wrong}")


def labelled_file(path: Path) -> None:
    rows = [json.loads(line) for line in path.open(encoding="utf-8")]
    started = time.process_time()
    verdicts = judge([RiskInput(r["title"], r.get("teaser", ""), r.get("lang", "de")) for r in rows])
    spent = time.process_time() - started
    true = np.array([r["relevant"] for r in rows], bool)
    chance = np.array([v.relevance for v in verdicts])
    topics = np.array([[t in r["topics"] for t in TOPICS] for r in rows], bool)
    said = np.array([[t in {x.id for x in v.topics} for t in TOPICS] for v in verdicts], bool)
    each = [f1(topics[:, k], said[:, k]) for k in range(len(TOPICS)) if topics[:, k].sum() >= 3]
    told(
        path.name,
        {
            "relevance F1": f1(true, np.array([v.relevant for v in verdicts])),
            "AUC": area_under_curve(true, chance),
            "AP": average_precision(true, chance),
            "topics micro F1": f1(topics, said),
            "topics macro F1": float(np.mean(each)),
            "severity within one": within_one(rows, verdicts),
            "tone": tone_accuracy(rows, verdicts),
            "headlines a CPU second": len(rows) / spent,
        },
    )


def within_one(rows: list[dict], verdicts: list[Judgement]) -> float:
    both = [(r, v) for r, v in zip(rows, verdicts, strict=True) if r["relevant"] and v.relevant]
    return sum(abs(v.severity.level - r["severity"]) <= 1 for r, v in both) / max(1, len(both))


def tone_accuracy(rows: list[dict], verdicts: list[Judgement]) -> float:
    """Over labelled platforms that were found under the same name."""
    pairs = [
        (tone, found.stance)
        for r, v in zip(rows, verdicts, strict=True)
        for name, tone in r.get("stance", {}).items()
        for found in v.perception
        if found.target == name
    ]
    return sum(a == b for a, b in pairs) / max(1, len(pairs))


if __name__ == "__main__":
    if len(sys.argv) > 1:
        labelled_file(Path(sys.argv[1]))
    else:
        five_fold()
        invented_sets()
