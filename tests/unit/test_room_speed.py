"""What a page costs does not grow with the archive: counted in steps of SQLite's machine, which no other load can change."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from bench.room_pages import NOT_PAGES, PAGES
from domain.model import (
    Annotation,
    Batch,
    Checkpoint,
    Filed,
    Fingerprint,
    New,
    Outcome,
    Reading,
    Visit,
)
from lagebild.reading_room import room as room_of
from lagebild.settings import Settings
from lagebild.workshop import Workshop
from storage.memory import MemoryArchive
from tests.fixtures.room import NOW, PLAIN
from web.app import ROUTES
from web.views.dashboard import CHARTS

DAYS = 10
FEW, MANY = 12, 120
"""Items a day of two archives."""
STEPS = 100
GROWTH = 1.5
"""Ten times the items may cost so much more: copies that span days, and labels that are rarer than one a day."""
TOPICS = ("bullying_harassment", "youth_safety", "fraud_scam_ads")


def archive_of(items_a_day: int) -> MemoryArchive:
    """Ten days, each with so many relevant items of three topics."""
    archive = MemoryArchive()
    for day in range(DAYS):
        moment = NOW - timedelta(days=DAYS - 1 - day)
        items = [
            replace(
                PLAIN, id=f"d{day}n{n}", raw_id=f"d{day}n{n}", url=f"https://blatt.example/{day}/{n}", content_hash=f"{day}/{n}",
                published_at=moment - timedelta(seconds=n), publisher=f"Haus {n % 10}", outlet=f"Ort {n % 10}",
            )
            for n in range(items_a_day)
        ]  # fmt: skip
        filed = tuple(Filed(item, Fingerprint(item.id, item.url, item.content_hash), New()) for item in items)
        visit = Visit(source_id="blatt", started_at=moment, finished_at=moment, outcome=Outcome.OK)
        archive.commit(Batch(visit, Checkpoint("blatt", {}), filed))
        archive.keep_readings([_reading(item.id, n) for n, item in enumerate(items)], moment)
    return archive


def _reading(item_id: str, n: int) -> Reading:
    plain = Annotation(item_id=item_id, layer="relevance", label="relevant", annotator="risk/1")
    topic = replace(plain, layer="topic", label=TOPICS[n % len(TOPICS)])
    return Reading(item_id, "risk/1", (plain, topic, replace(plain, layer="platform", label="tiktok")))


def steps_of(archive: MemoryArchive, look: Callable[[], object]) -> int:
    """Hundreds of steps that SQLite takes."""
    taken = [0]

    def count() -> int:
        taken[0] += 1
        return 0

    archive.raw.set_progress_handler(count, STEPS)
    look()
    archive.raw.set_progress_handler(None, STEPS)
    return taken[0]


def client_over(archive: MemoryArchive, folder: Path) -> TestClient:
    settings = Settings(archive=folder / "none.db", sources=folder / "sources.yaml")
    return TestClient(room_of(Workshop(settings, (), archive, lambda: NOW)), base_url="http://127.0.0.1")


ROWS_READ = {"regions"}
"""The map still reads the period's items; every other chart reads counted days."""


@pytest.mark.parametrize("of", ["", "&of=topic:youth_safety"], ids=["all", "topic"])
def test_charts_cost_the_same_with_ten_times_the_items(of: str, tmp_path: Path) -> None:
    paths = [f"/chart/{name}.csv?market=DACH{of}" for name in CHARTS.keys() - ROWS_READ]
    steps = []
    for items_a_day in (FEW, MANY):
        archive = archive_of(items_a_day)
        room = client_over(archive, tmp_path)
        assert {room.get(path).status_code for path in paths} == {200}  # counts its days, once
        steps.append(steps_of(archive, lambda look=room: [look.get(path) for path in paths]))  # type: ignore[misc]
        archive.close()
    assert steps[1] <= steps[0] * GROWTH, steps


def test_a_new_item_costs_the_counting_of_its_own_day(tmp_path: Path) -> None:
    archive = archive_of(MANY)
    room = client_over(archive, tmp_path)
    path = "/chart/attention.csv"
    whole = steps_of(archive, lambda: room.get(path))
    item = replace(PLAIN, id="late", raw_id="late", url="https://blatt.example/late", content_hash="late", published_at=NOW)  # fmt: skip
    visit = Visit(source_id="blatt", started_at=NOW, finished_at=NOW, outcome=Outcome.OK)
    filed = (Filed(item, Fingerprint(item.id, item.url, item.content_hash), New()),)
    archive.commit(Batch(visit, Checkpoint("blatt", {}), filed))
    again = steps_of(archive, lambda: room.get(path))
    assert again < whole / 4, (whole, again)
    archive.close()


def test_every_page_of_the_room_is_measured() -> None:
    shown = {door.path for door in ROUTES if "GET" in (door.methods or ())}
    assert shown <= PAGES.keys() | NOT_PAGES.keys(), shown - PAGES.keys() - NOT_PAGES.keys()
    assert (PAGES.keys() | NOT_PAGES.keys()) - shown == {"/sql"}
