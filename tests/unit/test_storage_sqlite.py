"""What only the file can show: other processes, crashes, damaged pages, raw octets."""

import json
import os
import random
import signal
import sqlite3
import subprocess
import sys
import threading
import time
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from domain.errors import ArchiveLocked, StorageError
from domain.model import (
    Annotation,
    Batch,
    Checkpoint,
    Copy,
    Filed,
    Fingerprint,
    Incident,
    IncidentState,
    Item,
    ItemKind,
    Lens,
    Membership,
    New,
    Outcome,
    Reading,
    Remark,
    RemarkKind,
    Rights,
    Search,
    Story,
    Tombstone,
    TriageEvent,
    Visit,
)
from storage.sqlite import connection
from storage.sqlite.archive import SqliteArchive, open_archive
from storage.sqlite.restore import restore
from storage.sqlite.schema import PUBLIC_VIEWS

NOW = datetime(2026, 11, 22, 6, 30, tzinfo=UTC)


def item(item_id: str, **changed: object) -> Item:
    plain = Item(
        id=item_id, source_id="s", raw_id=f"raw-{item_id}", kind=ItemKind.ARTICLE, url=f"https://s.example/{item_id}",
        title=f"Titel {item_id}", lead="", text="Ein Absatz.", language="de", markets=("DE",), lens=Lens.MEDIA,
        published_at=NOW, fetched_at=NOW, content_hash=f"h{item_id}", publisher="S", outlet="S",
    )  # fmt: skip
    return replace(plain, **changed)  # type: ignore[arg-type]


def batch(*items: Item | tuple[Item, Copy], at: datetime = NOW, **parts: object) -> Batch:
    visit = Visit(source_id="s", started_at=at, finished_at=at, outcome=Outcome.OK)
    filed = tuple(
        Filed(x, Fingerprint(x.id, x.url, x.content_hash), verdict)
        for x, verdict in (pair if isinstance(pair, tuple) else (pair, New()) for pair in items)
    )
    return replace(Batch(visit, Checkpoint("s"), filed), **parts)  # type: ignore[arg-type]


@pytest.fixture
def archive(tmp_path):
    opened = open_archive(tmp_path / "archive.db")
    yield opened
    opened.close()


def test_an_erased_author_leaves_no_octet_in_file_or_log(archive, tmp_path):
    secret = "Zwetschgenkuchenfreundin"
    posts = [
        item(
            f"p{n}",
            author_ref="ref-9f3a77",
            title=f"{secret} meint {n}",
            text=f"{secret} schreibt {n} Worte.",
            platform="mastodon",
        )
        for n in range(40)
    ]
    archive.commit(batch(*posts, *(item(f"x{n}") for n in range(40))))
    archive.keep_readings(
        [
            Reading(
                "p1",
                "names/1",
                (Annotation(item_id="p1", layer="entity", label="PER", annotator="names/1", text=secret),),
            )
        ],
        NOW,
    )
    archive.commit(
        batch(
            item("p1", author_ref="ref-9f3a77", title=f"{secret} neu", text="Anders.", content_hash="h2"),
            at=NOW + timedelta(hours=1),
        )
    )
    archive.keep_digest(
        "d", "DE", NOW.date(), "daily", "de", json.dumps({"item_id": "p3", "t": f"{secret} meint 3"}), []
    )
    assert archive.erase(NOW, author_refs=["ref-9f3a77"], reason="Art. 17") == 40
    octets = b"".join(path.read_bytes() for path in tmp_path.iterdir())
    assert secret.encode() not in octets
    assert secret.lower().encode() not in octets
    assert b"ref-9f3a77" not in octets
    assert archive.verify() == []


def test_deleting_in_numbers_keeps_index_and_texts_together(archive):
    archive.commit(batch(*(item(f"a{n}") for n in range(300))))
    graves = tuple(Tombstone("s", f"raw-a{n}", "deleted", "410") for n in range(0, 300, 2))
    assert archive.commit(batch(at=NOW + timedelta(hours=1), tombstones=graves)).removed == 150
    assert archive.verify() == []


def test_two_processes_may_create_the_file_at_once(tmp_path):
    path = tmp_path / "archive.db"
    code = f"from pathlib import Path; from storage.sqlite.archive import open_archive; print(open_archive(Path({str(path)!r})).verify())"
    both = [
        subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True) for _ in range(3)
    ]
    assert [process.communicate()[0].strip() for process in both] == ["[]"] * 3


def test_writers_wait_for_each_other(archive):
    def write(worker: int) -> None:
        try:
            for n in range(25):
                archive.commit(batch(item(f"w{worker}-{n}"), at=NOW + timedelta(seconds=100 * worker + n)))
        except StorageError as error:
            failed.append(error)

    failed: list[StorageError] = []
    threads = [threading.Thread(target=write, args=(n,)) for n in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failed == []
    assert archive.counts()["item"] == 150


def test_readers_never_fail_while_a_belt_writes(archive):
    archive.commit(batch(*(item(f"a{n}") for n in range(50))))
    stop, failed = threading.Event(), []

    def read() -> None:
        try:
            while not stop.is_set():
                assert len(archive.search(Search(text="titel")).hits) == 20
        except (StorageError, AssertionError) as error:
            failed.append(error)

    readers = [threading.Thread(target=read) for _ in range(2)]
    for reader in readers:
        reader.start()
    for n in range(12):
        archive.commit(batch(*(item(f"w{n}-{k}") for k in range(5)), at=NOW + timedelta(seconds=n + 1)))
    stop.set()
    for reader in readers:
        reader.join()
    assert failed == []


def test_a_file_held_by_another_is_told(archive, monkeypatch):
    monkeypatch.setattr(connection, "BUSY_SECONDS", 0.05)
    other = sqlite3.connect(archive.path)
    other.execute("BEGIN IMMEDIATE")
    hurried = open_archive(archive.path)
    with pytest.raises(ArchiveLocked, match="locked"):
        hurried.commit(batch(item("a")))
    other.rollback()
    other.close()
    hurried.close()


WRITER = """
import sys
from datetime import timedelta
from pathlib import Path
sys.path.insert(0, {tests!r})
from test_storage_sqlite import NOW, batch, item
from storage.sqlite.archive import open_archive
archive = open_archive(Path(sys.argv[1]))
n = archive.counts()["item"]
print("ready", flush=True)
while True:
    archive.commit(batch(*(item(f"k{{n + k}}") for k in range(5)), at=NOW + timedelta(seconds=n)))
    n += 5
    print(n, flush=True)
"""


@pytest.mark.slow
def test_kill_9_loses_no_committed_row_and_tears_none(tmp_path):
    path, rng = tmp_path / "archive.db", random.Random(9)
    code = WRITER.format(tests=str(Path(__file__).parent))
    committed = 0
    for _ in range(int(os.environ.get("LAGEBILD_KILLS", "8"))):
        writer = subprocess.Popen([sys.executable, "-c", code, str(path)], stdout=subprocess.PIPE, text=True)
        assert writer.stdout
        assert writer.stdout.readline().strip() == "ready"
        time.sleep(rng.uniform(0.0, 0.15))
        writer.send_signal(signal.SIGKILL)
        told = [int(line) for line in writer.stdout.read().split()]
        writer.wait()
        committed = max([committed, *told])
        archive = open_archive(path)
        counts = archive.counts()
        assert archive.verify() == []
        assert counts["item"] == counts["item_text"] == counts["fingerprint"]
        assert counts["item"] >= committed
        assert counts["item"] % 5 == 0
        archive.close()


def test_a_full_disk_is_told_and_nothing_half_written(archive):
    archive.commit(batch(item("a")))
    pages = archive.value("PRAGMA page_count")
    archive.rows(f"PRAGMA max_page_count = {pages + 2}")
    with pytest.raises(StorageError, match="full") as told:
        archive.commit(
            batch(*(item(f"b{n}", text="Wort " * 900) for n in range(200)), at=NOW + timedelta(hours=1))
        )
    assert "free some disk space" in told.value.remedy
    assert archive.counts()["item"] == 1
    archive.rows("PRAGMA max_page_count = 1000000")
    assert archive.verify() == []


def test_a_damaged_page_is_found_with_the_remedy(archive):
    archive.commit(batch(*(item(f"a{n}", text=f"Wort{n} " * 400) for n in range(60))))
    archive.rows("PRAGMA wal_checkpoint(TRUNCATE)")
    path = archive.path
    archive.close()
    octets = bytearray(path.read_bytes())
    size = 16_384
    for page in range(len(octets) // size // 2, len(octets) // size // 2 + 3):
        octets[page * size : page * size + 400] = b"\xaa" * 400
    path.write_bytes(octets)
    damaged = SqliteArchive(path)
    faults = damaged.verify()
    damaged.close()
    assert faults
    assert any("restore" in fault or "integrity" in fault for fault in faults)


def test_an_index_that_lost_a_text_is_found_and_mended(archive):
    archive.commit(batch(item("a"), item("b")))
    archive.run("DELETE FROM item_text WHERE id = (SELECT min(id) FROM item_text)")
    assert len(archive.verify()) >= 2
    archive.rebuild_index()
    assert archive.verify() == ["rows: 1 live items have lost their text"]


@pytest.mark.parametrize("table", ["triage_event", "audit", "remark"])
def test_logs_refuse_to_be_rewritten(archive, table):
    opened = Incident(id="i", title="x", market="DE", severity=4, state=IncidentState.NEW, opened_at=NOW)
    archive.open_incident(opened, TriageEvent(incident_id="i", at=NOW, by="anna", action="open"))
    archive.note("anna", "erase", "h", {}, NOW)
    archive.keep_remark(
        Remark(market="DE", day=NOW.date(), kind=RemarkKind.NOTE, text="Eins.", by="anna", at=NOW)
    )
    for sql in (f"UPDATE {table} SET by = 'ben'", f"DELETE FROM {table}"):
        with pytest.raises(StorageError, match="append-only"):
            archive.run(sql)


def test_a_changed_line_of_the_audit_log_is_found(archive):
    for n in range(5):
        archive.note("anna", "export", f"h{n}", {"rows": n}, NOW)
    archive.run("DROP TRIGGER audit_is_final")
    archive.run("UPDATE audit SET facts = '{\"rows\":99}' WHERE id = 3")
    assert archive.broken_audit_lines() == [3]
    assert archive.verify() == ["audit log: line 3 does not follow from the one before"]


def test_a_backup_is_whole_while_others_write_and_comes_back(archive, tmp_path):
    archive.commit(batch(*(item(f"a{n}") for n in range(50))))
    stop = threading.Event()

    def write() -> None:
        n = 0
        while not stop.is_set():
            archive.commit(batch(item(f"late{n}"), at=NOW + timedelta(seconds=n + 1)))
            n += 1

    writer = threading.Thread(target=write)
    writer.start()
    archive.backup(tmp_path / "backup.db")
    stop.set()
    writer.join()
    copy = open_archive(tmp_path / "backup.db")
    assert copy.verify() == []
    assert copy.counts()["item"] >= 50
    copy.close()


def test_a_restore_does_not_bring_back_what_was_removed_since(archive, tmp_path):
    archive.commit(batch(item("a", title="Bleibt hier"), item("b", title="Geht jetzt fort")))
    archive.backup(tmp_path / "backup.db")
    archive.commit(
        batch(at=NOW + timedelta(hours=1), tombstones=(Tombstone("s", "raw-b", "deleted", "410"),))
    )
    archive.close()
    tried = restore(tmp_path / "backup.db", archive.path, dry_run=True)
    assert (tried.items, tried.removed_again, tried.dry_run) == (2, 1, True)
    restore(tmp_path / "backup.db", archive.path)
    back = open_archive(archive.path)
    assert [hit.item.id for hit in back.search(Search()).hits] == ["a"]
    assert b"Geht jetzt fort" not in archive.path.read_bytes()
    back.close()


def test_a_missing_archive_is_told(tmp_path):
    with pytest.raises(StorageError, match="no archive"):
        open_archive(tmp_path / "none.db", create=False)


def test_views_show_no_person_and_no_unfolded_harm(archive):
    archive.commit(
        batch(
            item("post", lens=Lens.USER, author_ref="ref", title="Privat gesagt", platform="mastodon"),
            item("hard", title="Schlimme Zeile"),
            (item("copy", title="Schlimme Zeile, nachgedruckt"), Copy("hard", 0.9)),
            item("mild", title="Milde Zeile"),
            item("denied", title="Verwehrte Zeile", rights=Rights.DENY),
            item("unread", title="Noch ungelesen"),
        )
    )
    said = Annotation(item_id="hard", layer="severity", label="5", annotator="risk/1")
    mild = Annotation(item_id="mild", layer="severity", label="1", annotator="risk/1")
    person = Annotation(item_id="mild", layer="entity", label="PER", annotator="risk/1", text="Mia Muster")
    archive.keep_readings(
        [Reading("hard", "risk/1", (said,)), Reading("mild", "risk/1", (mild, person))], NOW
    )
    posts = Story(id="s1", title="Privat gesagt", language="de", opened_at=NOW, changed_at=NOW)
    archive.keep_stories([posts], [Membership("s1", "post", NOW)], NOW)
    shown = json.dumps([archive.rows(f"SELECT * FROM {view}") for view in PUBLIC_VIEWS], ensure_ascii=False)
    for secret in ("Privat", "Schlimme", "Mia Muster", '"ref"', "Verwehrte", "ungelesen"):
        assert secret not in shown
    assert "Milde Zeile" in shown


def test_an_unchanged_replay_does_not_grow_the_file(archive):
    one = batch(*(item(f"a{n}", text=f"Wort{n} " * 300) for n in range(200)))
    archive.commit(one)
    archive.rows("PRAGMA wal_checkpoint(TRUNCATE)")
    before = archive.path.stat().st_size
    archive.commit(one)
    archive.rows("PRAGMA wal_checkpoint(TRUNCATE)")
    assert archive.path.stat().st_size == before
