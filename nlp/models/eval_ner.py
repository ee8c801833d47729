"""Precision, recall and F1 of the name pipelines on labelled sentences: `make eval-ner`.

Exact spans of PER, LOC and ORG; platforms and authorities count as organisations; articles and a genitive 's are
left out of both sides. Beside our figures stand those of the bare pipeline without the watchlist.
"""

import argparse
import json
import os
import re
import sys
from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path

from nlp.entities import LABELS, tag_all
from nlp.pipelines import facts, pipeline_for

SHARED = Path(os.environ.get("LAGEBILD_SHARED", "../shared")) / "data" / "ner"
SCORED = ("PER", "LOC", "ORG")
AS_ORGANISATION = {"PLATFORM": "ORG", "REGULATOR": "ORG"}
WHOLE_ARTICLES = (
    "the", "der", "die", "das", "den", "dem", "des", "il", "lo", "la", "gli", "i", "le", "les", "un", "una",
)  # fmt: skip
CUT_ARTICLES = ["l", "d", "dell", "nell", "all"]
"""Those that end in an apostrophe."""
ARTICLE = re.compile(
    rf"(?:{'|'.join(WHOLE_ARTICLES)}|(?:{'|'.join(CUT_ARTICLES)})['’])\s*(?=[A-ZÀ-Ý0-9])", re.IGNORECASE
)
DEV_FILES = {
    "de": ("de_germeval14_dev.jsonl",),
    "en": ("en_ewt.jsonl", "en_europarl.jsonl"),
    "it": ("it_europarl.jsonl",),
}

Span = tuple[int, int, int, str]


def trimmed(text: str, start: int, end: int) -> tuple[int, int]:
    article = ARTICLE.match(text[start:end])
    start += article.end() if article else 0
    return start, end - 2 if text[start:end].endswith(("'s", "’s")) else end


def spans_of(texts: Sequence[str], marked: Iterable[Iterable[tuple[int, int, str]]]) -> set[Span]:
    return {
        (number, *trimmed(texts[number], start, end), AS_ORGANISATION.get(label, label))
        for number, spans in enumerate(marked)
        for start, end, label in spans
    }


def score(wanted: set[Span], given: set[Span], labels: Sequence[str]) -> tuple[float, float, float]:
    """Precision, recall and F1 in per cent."""
    wanted = {span for span in wanted if span[3] in labels}
    given = {span for span in given if span[3] in labels}
    hits = len(wanted & given)
    precision, recall = hits / max(1, len(given)), hits / max(1, len(wanted))
    return 100 * precision, 100 * recall, 200 * precision * recall / max(1e-9, precision + recall)


def report(code: str, path: Path) -> None:
    rows = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    texts = [row["text"] for row in rows]
    wanted = spans_of(texts, (row["entities"] for row in rows))
    pipeline = pipeline_for(code)
    ours = spans_of(texts, ([(e.start, e.end, e.label) for e in found] for found in tag_all(pipeline, texts)))
    docs = pipeline.pipe(texts)
    bare = spans_of(
        texts, ([(e.start_char, e.end_char, LABELS.get(e.label_, "")) for e in doc.ents] for doc in docs)
    )
    counts = Counter(span[3] for span in wanted)
    for labels in (*((label,) for label in SCORED), SCORED):
        precision, recall, f1 = score(wanted, ours, labels)
        name, count = "+".join(labels), sum(counts[label] for label in labels)
        line = f"{path.stem:20} {name:12} n={count:5} P={precision:5.1f} R={recall:5.1f} F1={f1:5.1f}"
        sys.stdout.write(f"{line} bare F1={score(wanted, bare, labels)[2]:5.1f}\n")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "files", nargs="*", help="LANGUAGE:FILE, each line {text, entities: [[start, end, label]]}"
    )
    parser.add_argument("--shared", type=Path, default=SHARED, help="where the dev files are")
    chosen = parser.parse_args()
    pairs = [tuple(file.split(":", 1)) for file in chosen.files]
    pairs = pairs or [
        (code, str(chosen.shared / name)) for code, names in DEV_FILES.items() for name in names
    ]
    for code, path in pairs:
        sys.stdout.write(f"{facts(code).label}\n")
        report(code, Path(path))


if __name__ == "__main__":
    main()
