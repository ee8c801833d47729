"""Benchmark of the digest's figures: CPU seconds of each over a day of so many items, with tags and stories.

python -m bench.figures [--sizes 2000 20000]
"""

import argparse
import json
import random
import tempfile
import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

from bench.articles import START, Articles, batches
from domain.model import Annotation, Membership, Reading, Story
from storage.sqlite.archive import SqliteArchive, open_archive
from storage.sqlite.figures import FIGURES

TOPICS = [f"topic_{n}" for n in range(19)]
FEATURES = [f"feature_{n}" for n in range(13)]
PLATFORMS = [f"platform_{n}" for n in range(12)]
RELEVANT_SHARE = 0.3
ITEMS_A_STORY = 6
END = START + timedelta(days=30)


def reading(item_id: str, chance: random.Random) -> Reading:
    """Tags as the risk annotator leaves them, and the names of an article."""

    def tag(layer: str, label: str, **more: object) -> Annotation:
        return Annotation(item_id=item_id, layer=layer, label=label, annotator="risk/1", **more)  # type: ignore[arg-type]

    names = [
        tag(
            "entity",
            chance.choice(("PER", "ORG", "LOC")),
            text=f"Name {chance.randrange(3_000)}",
            start=n,
            end=n + 5,
        )
        for n in range(8)
    ]
    if chance.random() > RELEVANT_SHARE:
        return Reading(item_id, "risk/1", (tag("relevance", "irrelevant"), *names))
    said = [tag("relevance", "relevant"), tag("severity", str(chance.choice((1, 2, 2, 3, 3, 4, 5))))]
    said += [tag("topic", label) for label in chance.sample(TOPICS, chance.choice((1, 1, 2)))]
    said += [tag("feature", label) for label in chance.sample(FEATURES, chance.choice((0, 1, 1)))]
    platform = chance.choice(PLATFORMS)
    said += [tag("platform", platform, target=platform)]
    said += [tag("perception", chance.choice(("critical", "neutral", "supportive")), target=platform)]
    return Reading(item_id, "risk/1", (*said, *names))


def fill(archive: SqliteArchive, size: int, seed: int = 1) -> None:
    """`size` items of the last day, with readings and stories."""
    chance, articles = random.Random(seed), Articles(seed, total=size * 30)
    filed = [articles.filed(n) for n in range(size * 29, size * 30)]
    for one in batches(filed, 500):
        archive.commit(one)
    for at in range(0, size, 500):
        archive.keep_readings([reading(f.item.id, chance) for f in filed[at : at + 500]], END)
    stories = [
        Story(
            id=f"s{n}", title=f"Lage {n}", language="de", opened_at=END - timedelta(hours=9), changed_at=END
        )
        for n in range(size // ITEMS_A_STORY)
    ]
    places = [Membership(f"s{n % len(stories)}", f.item.id, END, by="stories/1") for n, f in enumerate(filed)]
    archive.keep_stories(stories, places, END)


def timed(archive: SqliteArchive) -> Iterator[tuple[str, float, int]]:
    """(figure, CPU seconds, characters of the answer)."""
    day = [END.date().isoformat(), (END - timedelta(days=1)).isoformat(), END.isoformat()]
    shown = json.dumps([f"s{n}" for n in range(30)])
    given = {
        "market": "DE", "before": (END - timedelta(days=2)).isoformat(), "since": (END - timedelta(days=1)).isoformat(),
        "until": END.isoformat(), "base_since": (END - timedelta(days=28)).isoformat(), "days": json.dumps([day]),
        "layer": "topic", "topic": "topic_1", "feature": "", "platform": "", "lens": "", "most": 200, "min_severity": 3,
        "stories": shown, "items": "[]", "first": day[0], "last": day[0], "day_count": 1,
    }  # fmt: skip
    for name in FIGURES:
        begin = time.process_time()
        number = archive.ask(name, given, END + timedelta(hours=1))
        yield name, time.process_time() - begin, len(number.value)


def main() -> None:
    options = argparse.ArgumentParser()
    options.add_argument("--sizes", type=int, nargs="+", default=[2_000, 20_000])
    for size in options.parse_args().sizes:
        with tempfile.TemporaryDirectory() as folder:
            archive = open_archive(Path(folder) / "figures.db")
            begin = time.process_time()
            fill(archive, size)
            print(f"{size} items filled in {time.process_time() - begin:.1f} s")
            told = sorted(timed(archive), key=lambda row: -row[1])
            for name, seconds, characters in told:
                print(f"  {name:20} {seconds:8.3f} s {characters:10} characters")
            print(f"  {'all':20} {sum(row[1] for row in told):8.3f} s")
            archive.close()


if __name__ == "__main__":
    main()
