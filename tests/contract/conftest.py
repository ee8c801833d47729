"""Archives under contract: each back-end joins by a factory here, and every test of this folder runs over it."""

import os
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from domain.model import (
    Batch,
    Checkpoint,
    Filed,
    Fingerprint,
    Item,
    ItemKind,
    Lens,
    New,
    Outcome,
    Source,
    Verdict,
    Visit,
)
from domain.ports import Archive
from storage.memory import MemoryArchive
from storage.sqlite.archive import SqliteArchive, open_archive
from tests.fixtures.postgres_server import OwnPostgres

Factory = Callable[[Path], SqliteArchive]

BACKENDS: dict[str, Factory] = {
    "sqlite": lambda folder: open_archive(folder / "archive.db"),
    "memory": lambda folder: MemoryArchive(),
}


@pytest.fixture(scope="session")
def postgres_dsn() -> Iterator[str]:
    """PostgreSQL joins when `LAGEBILD_TEST_POSTGRES` names an empty database with collation C, or says `start`."""
    dsn = os.environ.get("LAGEBILD_TEST_POSTGRES", "")
    if not dsn:
        pytest.skip("LAGEBILD_TEST_POSTGRES names no database")
    if dsn == "start":
        server = OwnPostgres()
        yield server.dsn
        server.close()
    else:
        yield dsn


@pytest.fixture(params=[*sorted(BACKENDS), pytest.param("postgres", marks=pytest.mark.fleet)])
def archive(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Archive]:
    if request.param == "postgres":
        yield from _empty_postgres(request.getfixturevalue("postgres_dsn"))
        return
    opened = BACKENDS[request.param](tmp_path)
    yield opened
    opened.close()


@pytest.fixture
def postgres(postgres_dsn: str) -> Iterator[Archive]:
    yield from _empty_postgres(postgres_dsn)


def _empty_postgres(dsn: str) -> Iterator[Archive]:
    from storage.postgres.archive import open_archive as open_postgres

    opened = open_postgres(dsn)
    tables = [name for name in opened.counts() if name != "schema_step"]
    opened.pg.execute(f"TRUNCATE {', '.join(tables)} RESTART IDENTITY".encode())
    opened.run("INSERT INTO setting (name, value) VALUES ('ids_a_second', '1000')")
    yield opened
    opened.close()


NOW = datetime(2026, 11, 22, 6, 30, tzinfo=UTC)


@pytest.fixture
def now() -> datetime:
    return NOW


@pytest.fixture
def source() -> Callable[..., Source]:
    """Makes a source; only what a test speaks of has to be said."""

    def make(source_id: str = "blatt", **changed: object) -> Source:
        plain = Source(
            id=source_id,
            name=source_id.title(),
            kind="rss",
            url=f"https://{source_id}.example/feed",
            language="de",
            markets=("DE",),
            lens=Lens.MEDIA,
            publisher=source_id.title(),
        )
        return replace(plain, **changed)  # type: ignore[arg-type]

    return make


@pytest.fixture
def item() -> Callable[..., Item]:
    """Makes an item whose content hash follows from its words."""

    def make(item_id: str = "a", **changed: object) -> Item:
        plain = Item(
            id=item_id,
            source_id="blatt",
            raw_id=f"raw-{item_id}",
            kind=ItemKind.ARTICLE,
            url=f"https://blatt.example/{item_id}",
            title=f"Meldung {item_id}",
            lead="",
            text="Ein Absatz.",
            language="de",
            markets=("DE",),
            lens=Lens.MEDIA,
            published_at=NOW - timedelta(hours=2),
            fetched_at=NOW,
            content_hash="",
            publisher="Blatt",
            outlet="Blatt",
        )
        made = replace(plain, **changed)  # type: ignore[arg-type]
        return replace(made, content_hash=made.content_hash or f"{made.title}|{made.lead}|{made.text}")

    return make


@pytest.fixture
def batch() -> Callable[..., Batch]:
    """Makes a batch of one visit; `filed` are items (New), or (item, verdict) pairs."""

    def make(
        *filed: Item | tuple[Item, Verdict],
        source_id: str = "blatt",
        at: datetime = NOW,
        outcome: Outcome = Outcome.OK,
        **parts: object,
    ) -> Batch:
        pairs = [one if isinstance(one, tuple) else (one, New()) for one in filed]
        visit = Visit(source_id=source_id, started_at=at, finished_at=at, outcome=outcome, entries=len(pairs))
        plain = Batch(
            visit, Checkpoint(source_id), tuple(Filed(x, _print(x), verdict) for x, verdict in pairs)
        )
        return replace(plain, **parts)  # type: ignore[arg-type]

    return make


def _print(item: Item) -> Fingerprint:
    return Fingerprint(item.id, item.url, item.content_hash, b"\x01\x02", 2, "", item.published_at)
