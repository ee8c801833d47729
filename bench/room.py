"""A reading room over a large archive, in a process of its own, for `bench.cases.web`.

python -m bench.room FILE ITEMS           builds the archive unless it is there
python -m bench.room FILE ITEMS --serve   and serves it; prints the port
"""

import os
import random
import socket
import sys
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from hashlib import sha256
from pathlib import Path

import uvicorn

from bench.articles import START, Articles, batches
from domain.model import Annotation, Filed, Fingerprint, Item, Membership, New, Reading, Story
from domain.ports import Archive
from lagebild.reading_room import room
from lagebild.settings import Settings
from lagebild.workshop import Workshop
from storage.sqlite.archive import open_archive

DAYS = timedelta(days=30)
TEXTS = 3_000
"""Different bodies; titles are all their own. Writing 300,000 bodies would take longer than measuring."""
LETTERS_OF_A_TEXT = 900
AT_ONCE = 5_000
TAGGED = 5
"""One item in so many is relevant, with topic, severity and story."""
TOPICS = ("bullying_harassment", "fraud_scams", "disinformation", "data_protection", "hate_extremism")


def filled(count: int) -> Iterator[Filed]:
    """Items spread evenly over 30 days, oldest first."""
    articles, chance = Articles(total=count), random.Random(2)
    bodies = [articles.item(n) for n in range(min(TEXTS, count))]
    for n in range(count):
        body = bodies[chance.randrange(len(bodies))]
        title = " ".join(articles._some(8))
        key = sha256(str(n).encode()).hexdigest()
        published = START + DAYS * (n / count)
        item = replace(
            body,
            id=key[:32],
            raw_id=key[:16],
            url=f"{body.url}-{n}",
            title=title,
            text=body.text[:LETTERS_OF_A_TEXT],
            published_at=published,
            fetched_at=published + timedelta(minutes=20),
            content_hash=key,
        )
        yield Filed(item, Fingerprint(item.id, item.url, item.content_hash), New())


def build(path: Path, count: int) -> None:
    """The archive under a name of its own until it is whole, so that a broken one is never measured."""
    if path.exists():
        return
    draft = path.with_suffix(".part")
    draft.unlink(missing_ok=True)
    archive = open_archive(draft)
    some: list[Filed] = []
    for filed in filled(count):
        some.append(filed)
        if len(some) == AT_ONCE:
            _keep(archive, some)
            some = []
    if some:
        _keep(archive, some)
    archive.tend()
    archive.vacuum()
    archive.close()
    draft.rename(path)


def _keep(archive: Archive, some: list[Filed]) -> None:
    for batch in batches(some, AT_ONCE):
        archive.commit(batch)
    tagged = [filed.item for filed in some[::TAGGED]]
    archive.keep_readings([_reading(item, n) for n, item in enumerate(tagged)], some[-1].item.fetched_at)
    stories = [
        Story(
            id=f"s{item.id[:12]}",
            title=item.title,
            language="de",
            opened_at=item.published_at,
            changed_at=item.published_at,
        )
        for item in tagged[::4]
    ]
    members = [
        Membership(f"s{tagged[at - at % 4].id[:12]}", item.id, item.published_at, why="copy", by="stories/1")
        for at, item in enumerate(tagged)
    ]
    archive.keep_stories(stories, members, some[-1].item.fetched_at)


def _reading(item: Item, n: int) -> Reading:
    plain = Annotation(item_id=item.id, layer="relevance", label="relevant", annotator="risk/1")
    topic = replace(plain, layer="topic", label=TOPICS[n % len(TOPICS)], score=0.8)
    return Reading(item.id, "risk/1", (plain, topic, replace(plain, layer="severity", label=str(1 + n % 4))))


def serve(path: Path) -> None:
    """On a free port of loopback; the clock stands at the archive's end, so that every page has something to show."""
    archive = open_archive(path)
    end = START + DAYS
    workshop = Workshop(Settings(archive=path), (), archive, lambda: end)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    print(port, os.getpid(), flush=True)
    uvicorn.run(room(workshop), host="127.0.0.1", port=port, log_level="critical", server_header=False)


if __name__ == "__main__":
    file, items = Path(sys.argv[1]), int(sys.argv[2])
    build(file, items)
    if "--serve" in sys.argv:
        serve(file)
