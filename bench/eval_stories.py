"""How well items are gathered into stories, with and without sentence vectors.

usage: python -m bench.eval_stories [--day ../shared/data/stories/day.jsonl] [--demo] [--growth] [--kinds both e5 use none]

Reports pairwise F1 within a language and across languages and B-cubed over the items that are in stories. The day was
used to fit the weights; `nlp/models/train_stories.py` reports its unseen halves. The demo fortnight was not.
"""

import argparse
import json
import os
import resource
import sys
import time
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np

from nlp.story_clusterer import Clusterer, label_stream
from nlp.story_features import Features, read_features
from nlp.story_vectors import load_story_encoder, story_text
from nlp.story_weights import weights_for

SHARED_DAY = Path(os.environ.get("LAGEBILD_SHARED", "../shared")) / "data/stories/day.jsonl"


@dataclass(frozen=True, slots=True)
class Piece:
    id: str
    title: str
    lead: str
    language: str
    published: datetime
    story: str


def day_pieces(path: Path) -> list[Piece]:
    rows = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    return [
        Piece(r["id"], r["title"], r["teaser"], r["language"], datetime.fromisoformat(r["published"]),
              r["story"] if r["story"] != "-" else r["id"])
        for r in rows
    ]  # fmt: skip


def demo_pieces(seed: int = 1) -> list[Piece]:
    """The demo fortnight with full texts, copies left out as the archive leaves them out."""
    from lagebild.demo.world import world

    made = world(seed, datetime(2026, 9, 30, 12, tzinfo=UTC))
    return [
        Piece(
            a.id,
            a.versions[0].title,
            "\n".join(a.versions[0].paragraphs),
            a.language,
            a.published,
            a.story_label,
        )
        for a in made.articles
        if a.copy_of is None
    ]


def featured(pieces: Sequence[Piece], kind: str) -> list[Features]:
    vectors = load_story_encoder(kind).encode([story_text(p.title, p.lead) for p in pieces])  # type: ignore[arg-type]
    return [
        read_features(p.id, p.title, p.lead, p.language, p.published, v)
        for p, v in zip(pieces, vectors, strict=True)
    ]


def figures(pieces: Sequence[Piece], found: dict[str, str]) -> dict[str, float]:
    """Pairwise F1 within and across languages, B-cubed F1 over all and over items in stories."""
    gold = np.array([p.story for p in pieces])
    told = np.array([found[p.id] for p in pieces])
    language = np.array([p.language for p in pieces])
    a, b = np.triu_indices(len(pieces), 1)
    g, f, same = gold[a] == gold[b], told[a] == told[b], language[a] == language[b]
    in_stories = np.array([(gold == story).sum() > 1 for story in gold])
    return {
        "within": _pair_f1(g[same], f[same]),
        "across": _pair_f1(g[~same], f[~same]),
        "b3_in_stories": _bcubed(gold[in_stories], told[in_stories]),
        "b3": _bcubed(gold, told),
    }


def _pair_f1(gold: np.ndarray, found: np.ndarray) -> float:
    return 2 * float((gold & found).sum()) / max(1, int(gold.sum() + found.sum()))


def _bcubed(gold: np.ndarray, told: np.ndarray) -> float:
    both = np.array([((gold == g) & (told == t)).sum() for g, t in zip(gold, told, strict=True)])
    precision = (both / np.array([(told == t).sum() for t in told])).mean()
    recall = (both / np.array([(gold == g).sum() for g in gold])).mean()
    return float(2 * precision * recall / (precision + recall))


def batches(features: Sequence[Features], hours: float) -> Iterator[list[Features]]:
    """Items as the belt brings them: all that came out within so many hours at once."""
    by_run: dict[int, list[Features]] = defaultdict(list)
    for f in features:
        by_run[int(f.published_at.timestamp() // (hours * 3600))].append(f)
    yield from (by_run[run] for run in sorted(by_run))


def runs(features: Sequence[Features], kind: str, hours: float) -> dict[str, str]:
    clusterer, found = Clusterer(weights_for(kind)), {}
    for batch in batches(features, hours):
        placed = clusterer.place(batch)
        heirs = {m.gone: m.kept for m in placed.merges}
        found = {item: heirs.get(story, story) for item, story in found.items()}
        found |= {p.item_id: p.story_id for p in placed.placements}
    return found


@dataclass(frozen=True, slots=True)
class Grown:
    """CPU seconds of a stream by tenths, and the last tenth over the first one that began with a full window."""

    by_tenth: list[float]
    ratio: float
    megabytes: int


WINDOW_DAYS = 4


def grown(items: int = 100_000, days: int = 30, seed: int = 5, per_run: int = 500) -> Grown:
    """The cost of placing a stream of random headlines over 30 days, told while it runs.

    A pair of headlines costs the same at any time; an item is compared with at most 128 others. So 100,000 items cost
    some ten minutes of one core, and the figure is whether that holds to the end.
    """
    draw = np.random.default_rng(seed)
    words = [f"Wort{n}" for n in range(40_000)]
    start = datetime(2026, 9, 1, tzinfo=UTC)
    clusterer, seconds = Clusterer(weights_for("use")), []
    for first in range(0, items, per_run):
        batch = [
            drawn(draw, words, n, items, start + timedelta(days=days * n / items))
            for n in range(first, first + per_run)
        ]
        began = time.process_time()
        clusterer.place(batch)
        seconds.append(time.process_time() - began)
        if first % (items // 10) < per_run:
            print(f"{first} of {items} items, {seconds[-1]:.2f} s a batch", file=sys.stderr, flush=True)
    tenth = len(seconds) // 10
    filled = int(len(seconds) * WINDOW_DAYS / days) + 1
    early, late = sum(seconds[filled : filled + tenth]), sum(seconds[-tenth:])
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    sums = [round(sum(seconds[at : at + tenth]), 1) for at in range(0, 10 * tenth, tenth)]
    return Grown(sums, late / early, peak)


def drawn(draw: np.random.Generator, words: Sequence[str], n: int, items: int, at: datetime) -> Features:
    """A headline of four words of its topic and six of all; eight items share a topic."""
    topic = int(draw.integers(items // 8))
    chosen = [words[(topic * 7 + k * 13) % len(words)] for k in range(4)]
    chosen += [words[int(w)] for w in draw.zipf(1.3, 6) % len(words)]
    vector = draw.normal(size=64).astype(np.float32)
    return read_features(f"i{n}", " ".join(chosen), "", "de", at, vector / np.linalg.norm(vector))


def main(arguments: Sequence[str]) -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--day", type=Path, default=SHARED_DAY)
    parser.add_argument("--demo", action="store_true")
    parser.add_argument("--growth", action="store_true")
    parser.add_argument("--kinds", nargs="*", default=["both", "e5", "use", "none"])
    asked = parser.parse_args(arguments)
    if asked.growth:
        found = grown()
        print(f"growth: by tenth {found.by_tenth} s, ratio {found.ratio:.2f}; {found.megabytes} MB")
        return
    pieces = demo_pieces() if asked.demo else day_pieces(asked.day)
    for kind in asked.kinds:
        features = featured(pieces, kind)
        found = runs(features, kind, 6) if asked.demo else dict(label_stream(features, weights_for(kind)))
        told = ", ".join(f"{name} {value:.3f}" for name, value in figures(pieces, found).items())
        print(f"{kind}: {told} ({len(pieces)} items)", flush=True)


if __name__ == "__main__":
    main(sys.argv[1:])
