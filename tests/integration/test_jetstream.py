"""Bluesky's event stream: what is kept, what is honoured, and nothing lost or doubled over crashes."""

import json
import os
import random
import sqlite3
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from crawler.connectors.bluesky_jetstream import CONNECTOR, PLACE, is_about
from crawler.crawl import crawl
from crawler.dedupe import NearIndex
from crawler.settings import CrawlSettings
from domain.model import Checkpoint, Entry, Fetched, Lens, Limits, Outcome, Source, Tombstone, Visit
from lagebild.belts.collect import CollectRun, Desk
from lagebild.pseudonyms import pseudonym_of, references_of
from storage.memory import MemoryArchive
from tests.fixtures.reader_process import has_caught_up, reading
from tests.integration.jetstream import Network, account, deletion, post, serving, uri

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
START = int((NOW - timedelta(minutes=30)).timestamp() * 1_000_000)
SECOND = 1_000_000
ANNA, BERT = "did:plc:anna", "did:plc:bert"
FIXTURE = Path(__file__).parents[1] / "fixtures" / "connectors" / "bluesky_jetstream" / "events.jsonl"


@pytest.fixture
def network() -> Iterator[Network]:
    with serving(Network()) as running:
        yield running


@pytest.fixture
def archive() -> Iterator[MemoryArchive]:
    opened = MemoryArchive()
    yield opened
    opened.close()


class Reader:
    """Visits the stream and keeps what it brings, at a moment of its own."""

    def __init__(self, network: Network, archive: MemoryArchive, folder: Path, **options: Any) -> None:
        self.network, self.archive, self.folder, self.options = network, archive, folder, options

    def source(self) -> Source:
        options = {
            "appview": self.network.appview,
            "quiet_seconds": 0.3,
            "queries": ["rückruf"],
            **self.options,
        }
        return Source(
            id="s", name="S", kind="bluesky_jetstream", url=self.network.stream, language="de", markets=("DE",),
            lens=Lens.USER, options=options, limits=Limits(megabytes=None),
        )  # fmt: skip

    def visit(self, now: datetime = NOW) -> Visit:
        keys = self.folder / "keys"
        desk = Desk(self.archive, NearIndex(), lambda: now, pseudonym_of(keys, now), references_of(keys))
        visits: list[Visit] = []
        settings = CrawlSettings(
            user_agent="Test/1.0",
            per_host_delay_seconds=0.0,
            private_hosts=frozenset({"127.*"}),
            clock=lambda: now,
        )
        run = CollectRun(desk, [self.source()], visits.append)
        crawl(run.jobs, settings, run.deliver)
        return visits[0]

    def held(self) -> set[str]:
        rows = self.archive.rows("SELECT raw_id FROM item WHERE state = 'live'")
        return {row[0] for row in rows}


@pytest.fixture
def reader(network: Network, archive: MemoryArchive, tmp_path: Path) -> Reader:
    return Reader(network, archive, tmp_path)


def test_wanted_posts_are_kept_and_others_are_not(reader: Reader) -> None:
    reader.network.events = [
        post(ANNA, 1, START, "Ein Rückruf"), post(BERT, 2, START + 1, "Kaffee"), post(BERT, 3, START + 2, "PRODUKTRÜCKRUFE"),
    ]  # fmt: skip
    assert reader.visit().outcome is Outcome.OK
    assert reader.held() == {uri(ANNA, 1), uri(BERT, 3)}


def test_a_second_visit_asks_from_five_seconds_before_and_keeps_nothing_twice(reader: Reader) -> None:
    reader.network.events = [post(ANNA, 1, START), post(ANNA, 2, START + SECOND)]
    reader.visit()
    reader.network.events.append(post(ANNA, 3, START + 2 * SECOND))
    visit = reader.visit(NOW + timedelta(minutes=1))
    assert reader.network.cursors[1] == START + SECOND - 5 * SECOND
    assert (visit.fresh, visit.outcome) == (1, Outcome.OK)
    assert len(reader.held()) == 3


def test_authors_who_want_no_outside_readers_are_dropped_though_the_stream_does_not_say(
    reader: Reader,
) -> None:
    reader.network.events = [post(ANNA, 1, START), post(BERT, 2, START + 1)]
    reader.network.declined = {BERT}
    reader.visit()
    assert reader.held() == {uri(ANNA, 1)}


def test_a_deletion_takes_out_what_was_kept_before_and_in_the_same_visit(reader: Reader) -> None:
    reader.network.events = [post(ANNA, 1, START), post(ANNA, 2, START + 1), deletion(ANNA, 2, START + 2)]
    reader.visit()
    assert reader.held() == {uri(ANNA, 1)}
    reader.network.events.append(deletion(ANNA, 1, START + 3))
    reader.visit(NOW + timedelta(minutes=1))
    assert reader.held() == set()
    assert reader.archive.value("SELECT count(*) FROM item_text") == 0


@pytest.mark.parametrize(
    ("status", "state"), [("deleted", "deleted"), ("takendown", "deleted"), ("deactivated", "withdrawn")]
)
def test_an_account_that_is_gone_takes_all_its_posts_along(reader: Reader, status: str, state: str) -> None:
    reader.network.events = [post(ANNA, n, START + n) for n in range(3)] + [post(BERT, 9, START + 5)]
    reader.visit()
    # Pseudonyms of an earlier epoch are found too.
    reader.network.events.append(account(ANNA, START + 10, status))
    reader.visit(NOW + timedelta(days=1))
    assert reader.held() == {uri(BERT, 9)}
    states = reader.archive.rows("SELECT DISTINCT state FROM item WHERE state <> 'live'")
    assert states == [(state,)]


def test_who_declines_later_is_taken_out(reader: Reader) -> None:
    reader.network.events = [post(ANNA, 1, START)]
    reader.visit()
    record = {"labels": {"values": [{"val": "!no-unauthenticated"}]}}
    profile = {
        "operation": "update",
        "collection": "app.bsky.actor.profile",
        "rkey": "self",
        "record": record,
    }
    reader.network.events.append({"did": ANNA, "time_us": START + 9, "kind": "commit", "commit": profile})
    reader.visit(NOW + timedelta(minutes=1))
    assert reader.held() == set()


def test_a_cursor_that_was_clamped_is_told_as_a_gap_and_the_stream_goes_on(reader: Reader) -> None:
    reader.network.events = [post(ANNA, n, START + n * SECOND) for n in range(100)]
    reader.visit()
    reader.network.events += [post(ANNA, n, START + n * SECOND) for n in range(100, 200)]
    reader.network.forgotten = START + 150 * SECOND
    visit = reader.visit(NOW + timedelta(hours=40))
    assert visit.outcome is Outcome.BELOW_USUAL
    assert (
        visit.reason
        == "gap: the stream begins at 2026-03-02 08:32:30Z and was read up to 2026-03-02 08:31:39Z"
    )
    assert len(reader.held()) == 150
    assert reader.visit(NOW + timedelta(hours=41)).outcome is Outcome.OK


def test_a_visit_is_bounded_and_the_next_one_goes_on(
    network: Network, archive: MemoryArchive, tmp_path: Path
) -> None:
    reader = Reader(network, archive, tmp_path, events=100)
    network.events = [post(ANNA, n, START + n * 6 * SECOND) for n in range(250)]
    for minute in range(3):
        reader.visit(NOW + timedelta(minutes=minute))
    assert len(reader.held()) == 250


def test_a_burst_longer_than_a_visit_does_not_hold_the_stream(
    network: Network, archive: MemoryArchive, tmp_path: Path
) -> None:
    reader = Reader(network, archive, tmp_path, events=10)
    network.events = [post(ANNA, n, START + n) for n in range(35)]
    for minute in range(4):
        reader.visit(NOW + timedelta(minutes=minute))
    assert len(reader.held()) == 35


def test_more_authors_than_a_visit_can_ask_for_wait_for_the_next(reader: Reader) -> None:
    reader.network.events = [post(f"did:plc:{n:05d}", n, START + n * SECOND) for n in range(1400)]
    reader.visit()
    assert len(reader.held()) == 900
    reader.visit(NOW + timedelta(minutes=1))
    assert len(reader.held()) == 1400


def test_profiles_that_do_not_come_hold_the_place(reader: Reader) -> None:
    reader.network.events = [post(f"did:plc:{n:04d}", n, START + n * SECOND) for n in range(60)]
    reader.network.profile_faults = 1
    assert reader.visit().outcome is Outcome.UNREACHABLE
    assert reader.held() == set()
    reader.visit(NOW + timedelta(hours=1))
    assert len(reader.held()) == 60


def test_posts_asked_for_again_come_from_the_server_that_tells_profiles(reader: Reader) -> None:
    (request,) = CONNECTOR.recheck(reader.source(), [uri(ANNA, 1), uri(ANNA, 2)])
    assert request.url.startswith(f"{reader.network.appview}/xrpc/app.bsky.feed.getPosts?uris=")
    view = {"uri": uri(ANNA, 1), "author": {"did": ANNA}, "record": {"text": "T"}}
    body = json.dumps({"posts": [view]}).encode()
    found = list(CONNECTOR.parse(Fetched("s", request, request.url, 200, {}, body, NOW), reader.source()))
    assert [(type(part).__name__, part.raw_id) for part in found if isinstance(part, Entry | Tombstone)] == [
        ("Entry", uri(ANNA, 1)), ("Tombstone", uri(ANNA, 2)),
    ]  # fmt: skip


def test_a_connection_that_breaks_keeps_what_it_brought(reader: Reader) -> None:
    reader.network.events = [post(ANNA, n, START + n * 6 * SECOND) for n in range(30)]
    reader.network.breaks_after = 10
    visit = reader.visit()
    assert visit.outcome is Outcome.OK
    assert visit.reason.startswith("in part: the stream broke off")
    for minute in range(1, 4):
        reader.visit(NOW + timedelta(minutes=minute))
    assert len(reader.held()) == 30


def test_a_stream_that_is_not_there_is_told(reader: Reader) -> None:
    reader.network.stream = "http://127.0.0.1:9/"
    assert reader.visit().outcome is Outcome.UNREACHABLE


def test_the_fixture_is_read_as_the_platform_sends_it() -> None:
    site = Source(
        id="s", name="S", kind="bluesky_jetstream", url="https://jetstream.example/", language="de", markets=("DE",),
        lens=Lens.USER, options={"languages": ["de"]},
    )  # fmt: skip
    url, heard = CONNECTOR.subscription(site, Checkpoint("s", {PLACE + "jetstream.example": str(START)}), NOW)
    for line in FIXTURE.read_text(encoding="utf-8").splitlines():
        heard.take(line)
    assert url.startswith("wss://jetstream.example/subscribe?wantedCollections=app.bsky.feed.post&")
    assert list(heard.waiting) == ["at://did:plc:anna/app.bsky.feed.post/1"]
    assert {(one.raw_id, one.author) for one in heard.gone.values()} == {
        ("at://did:plc:bert/app.bsky.feed.post/0", ""), ("", "bluesky||did:plc:carl"),
    }  # fmt: skip
    heard.take("no json")
    heard.take("[]")
    assert heard.events == 5


@pytest.mark.parametrize(
    ("words", "text", "holds"),
    [
        ("rückruf", "Produktrückrufe häufen sich", True), ("app", "die App der Bahn", True), ("app", "kein Schnappschuss", False),
        ("product recall", "a recall of this product", True), ("product recall", "a recall", False), ("", "alles", True),
    ],
)  # fmt: skip
def test_a_post_is_about_all_words_of_a_query(words: str, text: str, holds: bool) -> None:
    assert is_about(text.casefold(), words) is holds


# --- kill -9 -------------------------------------------------------------------------------------


def killed_while_it_listens(folder: Path, network: Network, after_seconds: float) -> None:
    before = len(network.cursors)
    with reading(folder) as running:
        while len(network.cursors) == before and running.poll() is None:
            time.sleep(0.02)
        time.sleep(after_seconds)


CONFIG = '[collect]\nallow_hosts = ["127.*"]\nper_host_delay_seconds = 0\nfetch_pages = false\n'


def configured(folder: Path, network: Network) -> None:
    entry = {
        "id": "s", "name": "S", "kind": "bluesky_jetstream", "url": network.stream, "language": "de", "market": "DE",
        "lens": "user", "options": {"appview": network.appview, "quiet_seconds": 0.5, "events": 300, "hours": 1},
    }  # fmt: skip
    (folder / "sources.yaml").write_text(json.dumps({"version": 1, "sources": [entry]}), encoding="utf-8")
    (folder / "lagebild.toml").write_text(CONFIG, encoding="utf-8")


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_a_reader_killed_at_any_moment_loses_nothing_and_doubles_nothing(
    network: Network, tmp_path: Path
) -> None:
    now = int(time.time() * 1_000_000)
    authors = [f"did:plc:{n:04d}" for n in range(40)]
    first = now - 1500 * SECOND
    network.events = [
        post(authors[n % 40], n, first + n * SECOND, f"Rückruf Nummer {n}") for n in range(1000)
    ]
    network.events += [deletion(authors[n % 40], n, first + (1000 + n) * SECOND) for n in range(0, 100, 10)]
    configured(tmp_path, network)
    moments = random.Random(5)
    for _ in range(int(os.environ.get("LAGEBILD_KILLS", "3"))):
        killed_while_it_listens(tmp_path, network, moments.uniform(0.0, 1.0))
    with reading(tmp_path):
        while not has_caught_up(tmp_path / "lagebild.db", first + 1090 * SECOND):
            time.sleep(0.2)
    with sqlite3.connect(tmp_path / "lagebild.db") as archive:
        live = [row[0] for row in archive.execute("SELECT raw_id FROM item WHERE state = 'live'")]
        total = archive.execute("SELECT count(*) FROM item").fetchone()[0]
    wanted = {uri(authors[n % 40], n) for n in range(1000) if n % 10 or n >= 100}
    assert len(live) == len(set(live)) == 990
    assert set(live) == wanted
    assert total <= 1000
