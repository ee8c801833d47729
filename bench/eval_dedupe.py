"""Copies: generated variants of the demo texts in a stream of other texts, told apart by `crawler.dedupe`.

usage: python -m bench.eval_dedupe [--others 100000] [--variants 20000] [--seed 7]

Every variant is one of seven kinds. Others are new texts in the same words: sentences of many demo texts mixed, and
chains of words that follow each other in them. Prints one JSON object; exit 1 when a floor is missed.
"""

import argparse
import json
import random
import re
import resource
import sys
import time
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import pairwise

from crawler.dedupe import NearIndex, fingerprint, judge
from crawler.normalise import content_hash
from domain.model import Copy, Item, ItemKind, Lens, Rights
from lagebild.demo.texts import read_texts

START = datetime(2026, 3, 1, tzinfo=UTC)
FLOORS = {"precision": 0.999, "recall": 0.97, "worst_kind": 0.85}
GROWTH_CEILING, MEGABYTES_CEILING = 1.3, 600
BOILERPLATE = (
    "Bleiben Sie auf dem Laufenden und abonnieren Sie unseren kostenlosen Newsletter mit den Nachrichten des Tages.",
    "Dieser Artikel wurde automatisch aus dem Angebot der Agentur übernommen und von der Redaktion nicht bearbeitet.",
    "Lesen Sie auch, was unsere Leserinnen und Leser heute am meisten bewegt hat, in der Übersicht auf der Startseite.",
    "Haben Sie einen Fehler gefunden, dann schreiben Sie uns bitte über das Formular am Ende dieser Seite eine Nachricht.",
)
MIXED_SENTENCES = 8  # two mixes of fewer would often be half alike, and then rightly be called copies
SENTENCE = re.compile(r"(?<=[.!?«“])\s+")


@dataclass(frozen=True, slots=True)
class Line:
    """One text of the stream. `of` is the original's id and `kind` the change, both empty for an other."""

    id: str
    title: str
    text: str
    of: str = ""
    kind: str = ""


def sentences(text: str) -> list[str]:
    return [sentence for sentence in SENTENCE.split(text.replace("\n", " ")) if sentence]


def shortened(text: str, share: float) -> str:
    words = text.split()
    return " ".join(words[: max(1, int(len(words) * share))])


def reordered(text: str, chance: random.Random) -> str:
    parts = sentences(text)
    chance.shuffle(parts)
    return " ".join(parts)


def reworded(text: str, share: float, chance: random.Random, vocabulary: list[str]) -> str:
    return " ".join(chance.choice(vocabulary) if chance.random() < share else word for word in text.split())


def framed(text: str, chance: random.Random) -> str:
    first, *rest = chance.sample(BOILERPLATE, 3)
    return "\n".join((first, text, *rest))


def variant(text: str, kind: str, chance: random.Random, vocabulary: list[str]) -> str:
    changes = {
        "new headline": lambda: text,
        "shortened to 60 %": lambda: shortened(text, 0.60),
        "shortened to 35 %": lambda: shortened(text, 0.35),
        "reordered": lambda: reordered(text, chance),
        "boilerplate added": lambda: framed(text, chance),
        "5 % of words changed": lambda: reworded(text, 0.05, chance, vocabulary),
        "15 % of words changed": lambda: reworded(text, 0.15, chance, vocabulary),
    }
    return changes[kind]()


KINDS = (
    "new headline",
    "shortened to 60 %",
    "shortened to 35 %",
    "reordered",
    "boilerplate added",
    "5 % of words changed",
    "15 % of words changed",
)


def others(count: int, pool: list[str], chance: random.Random) -> Iterator[str]:
    """New texts of 40 to 420 words: mixed sentences, and chains of words."""
    follows: dict[str, list[str]] = defaultdict(list)
    for sentence in pool:
        words = sentence.split()
        for word, following in pairwise(words):
            follows[word].append(following)
    starts = list(follows)
    for number in range(count):
        length = chance.randint(40, 420)
        if number % 2:
            yield " ".join(chance.sample(pool, max(MIXED_SENTENCES, length // 18)))
            continue
        words = [chance.choice(starts)]
        while len(words) < length:
            words.append(chance.choice(follows.get(words[-1]) or starts))
        yield " ".join(words)


def stream(other_count: int, variant_count: int, seed: int) -> list[Line]:
    """Originals first come before their variants; otherwise everything is mixed."""
    chance = random.Random(seed)
    texts = {
        text.id: (text.title, "\n".join(text.paragraphs))
        for text in read_texts()
        if len(" ".join(text.paragraphs)) > 400
    }
    pool = [sentence for _, text in texts.values() for sentence in sentences(text)]
    vocabulary = sorted({word for sentence in pool for word in sentence.split()})
    lines = [
        Line(f"other-{number}", f"Titel {number}", text)
        for number, text in enumerate(others(other_count, pool, chance))
    ]
    ids = list(texts)
    for number in range(variant_count):
        original, kind = ids[number % len(ids)], KINDS[number % len(KINDS)]
        changed = variant(texts[original][1], kind, chance, vocabulary)
        lines.append(Line(f"variant-{number}", f"Neu gefasst {number}", changed, original, kind))
    chance.shuffle(lines)
    return [Line(name, title, text) for name, (title, text) in texts.items()] + lines


def as_item(line: Line, number: int) -> Item:
    at = START + timedelta(seconds=8 * number)
    return Item(
        id=line.id, source_id=line.id, raw_id=line.id, kind=ItemKind.ARTICLE, url=f"https://{line.id}.example/", title=line.title,
        lead="", text=line.text, language="de", markets=("DE",), lens=Lens.MEDIA, published_at=at, fetched_at=at,
        content_hash=content_hash(line.title, "", line.text, (), Rights.ALLOW),
    )  # fmt: skip


def measured(lines: list[Line]) -> dict[str, object]:
    index, verdicts, costs = NearIndex(), {}, []
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    started = time.process_time()
    for number, line in enumerate(lines):
        item = as_item(line, number)
        print_ = fingerprint(item)
        verdict = judge(item, print_, None, index)
        if isinstance(verdict, Copy):
            verdicts[line.id] = verdict.of
        else:
            index.add(print_)
        if (number + 1) % 10_000 == 0:
            costs.append(time.process_time() - started)
            started = time.process_time()
    after = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return {**scored(lines, verdicts), "seconds_per_10000": [round(cost, 2) for cost in costs], "growth": round(costs[-1] / costs[0], 3) if costs else 1.0, "megabytes": round(after / 1024), "megabytes_of_index": round((after - before) / 1024)}  # fmt: skip


def scored(lines: list[Line], verdicts: dict[str, str]) -> dict[str, object]:
    """A copy is right when it points to the original or to another variant of it."""
    family = {line.id: line.of or line.id for line in lines}
    right = {name for name, of in verdicts.items() if family[name] == family[of]}
    wanted = Counter(line.kind for line in lines if line.kind)
    found = Counter(line.kind for line in lines if line.kind and line.id in right)
    by_kind = {kind: round(found[kind] / wanted[kind], 4) for kind in KINDS if wanted[kind]}
    return {
        "precision": round(len(right) / max(1, len(verdicts)), 5),
        "recall": round(sum(found.values()) / max(1, sum(wanted.values())), 4),
        "worst_kind": min(by_kind.values(), default=1.0),
        "by_kind": by_kind,
        "false_copies": len(verdicts) - len(right),
        "texts": len(lines),
    }


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--others", type=int, default=100_000)
    parser.add_argument("--variants", type=int, default=20_000)
    parser.add_argument("--seed", type=int, default=7)
    wanted = parser.parse_args()
    lines = stream(wanted.others, wanted.variants, wanted.seed)
    figures = measured(lines)
    print(json.dumps(figures, ensure_ascii=False, indent=1))
    missed = [name for name, floor in FLOORS.items() if float(str(figures[name])) < floor]
    missed += ["growth"] if float(str(figures["growth"])) > GROWTH_CEILING else []
    missed += ["megabytes_of_index"] if float(str(figures["megabytes_of_index"])) > MEGABYTES_CEILING else []
    if missed:
        print("short of: " + ", ".join(missed), file=sys.stderr)
    return bool(missed)


if __name__ == "__main__":
    sys.exit(main())
