"""A day of 20,000 items: every form of every market within a minute of CPU, and hardly more than a tenth of it."""

import time
from datetime import UTC, datetime
from pathlib import Path
from random import Random

import pytest

from digest.brief import brief
from digest.formats import email
from digest.gather import Order, gather
from digest.period import period_of
from domain.model import Batch, Checkpoint, Filed, Membership, New, Outcome, Story, Visit
from domain.registry import names_in, plug
from storage.sqlite.archive import SqliteArchive, open_archive
from tests.fixtures import digest_archive
from tests.fixtures.digest_archive import LAST, SOURCES, filled

MARKETS = ("DE", "AT", "CH", "DACH")
CPU_SECONDS = 60


def crowded(path: Path, items: int) -> SqliteArchive:
    """A week of few items and a day of many, a third of them in stories of three."""
    held = filled(days=8, archive=open_archive(path))
    random, start = Random(3), datetime(2026, 11, 21, tzinfo=UTC)
    at = start.replace(hour=22, minute=30)
    for source in SOURCES:
        made = [digest_archive._item(source, start, n + 100, random) for n in range(items // len(SOURCES))]
        visit = Visit(source_id=source.id, started_at=at, finished_at=at, outcome=Outcome.OK)
        filed = tuple(Filed(item, digest_archive._print(item), New()) for item in made)
        held.commit(Batch(visit, Checkpoint(source.id), filed))
        held.keep_readings([digest_archive._reading(item, random) for item in made], at)
        for n in range(0, len(made) // 3, 3):
            story = Story(id=made[n].id, title=made[n].title, language="de", opened_at=at, changed_at=at)
            held.keep_stories([story], [Membership(story.id, item.id, at) for item in made[n : n + 3]], at)
    return held


def cpu_of_all_forms(held: SqliteArchive) -> float:
    begun = time.process_time()
    for market in MARKETS:
        facts = gather(held, Order(market=market, period=period_of(market, LAST)))
        for language in ("de", "en"):
            digest = brief(facts, language)
            for name in names_in("digest.formats"):
                plug("digest.formats", name).render(digest)
            assert len(email.page(digest)[0].encode()) < 90_000
    return time.process_time() - begun


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_a_day_of_twenty_thousand_items(tmp_path: Path) -> None:
    few = cpu_of_all_forms(crowded(tmp_path / "few.db", 2_000))
    many = cpu_of_all_forms(crowded(tmp_path / "many.db", 20_000))
    assert many < CPU_SECONDS
    assert many < 4 * few
