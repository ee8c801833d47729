"""A disk that fills up at twenty places, one that is read-only, an archive that somebody else holds, a rotten page.

usage: python -m bench.faults.disk [--offsets 20]

The disk is a small one in memory (tmpfs; needs root, else a limit on the size of files stands in, which says "I/O error"),
full at offsets spread over all that a run of all belts writes. After each refusal the archive must verify and hold what was
committed, the refusal must name its remedy, and with room again the same run must come to its end. Prints one JSON object;
exit 1 when one of these fails.
"""

import argparse
import json
import os
import resource
import signal
import sqlite3
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path

from domain.errors import ArchiveLocked, LagebildError, StorageError
from domain.model import (
    Annotation,
    Batch,
    Checkpoint,
    Filed,
    Fingerprint,
    Item,
    ItemKind,
    Lens,
    New,
    Outcome,
    Reading,
    Visit,
)
from storage.sqlite import connection, open_archive

NOW = datetime(2026, 11, 28, 6, tzinfo=UTC)
BATCHES, ITEMS = 12, 20


@dataclass(frozen=True, slots=True)
class Ended:
    """How a run ended: "done", or the message and remedy it left with."""

    said: str
    remedy: str
    committed: int


def batch(number: int) -> Batch:
    filed = tuple(_filed(number, n) for n in range(ITEMS))
    at = NOW + timedelta(minutes=number)
    visit = Visit(
        source_id=f"s{number}", started_at=at, finished_at=at, outcome=Outcome.OK, entries=ITEMS, fresh=ITEMS
    )
    return Batch(visit, Checkpoint(f"s{number}", {"n": "1"}), filed)


def _filed(number: int, n: int) -> Filed:
    identity = f"{number}-{n}"
    text = " ".join(sha256(f"{identity}{k}".encode()).hexdigest() for k in range(40))
    item = Item(
        id=identity, source_id=f"s{number}", raw_id=identity, kind=ItemKind.ARTICLE, url=f"https://x.example/{identity}",
        title=f"Titel {identity}", lead="", text=text, language="de", markets=("DE",), lens=Lens.MEDIA,
        published_at=NOW + timedelta(seconds=number * 100 + n), fetched_at=NOW, content_hash=identity,
    )  # fmt: skip
    return Filed(item, Fingerprint(identity, item.url, identity), New())


def whole_run(path: Path, note: Callable[[int], None]) -> None:
    """Collects, reads and keeps an issue; `note` hears of each commit that returned."""
    archive = open_archive(path)
    for number in range(BATCHES):
        archive.commit(batch(number))
        note(number)
        items = archive.unread("one/1", 100)
        archive.keep_readings(
            [Reading(i.id, "one/1", (Annotation(item_id=i.id, layer="topic", label="x", annotator="one/1"),)) for i in items], NOW
        )  # fmt: skip
    archive.keep_digest("d", "DE", NOW.date(), "daily", "de", json.dumps({"x": "y" * 200_000}), [])
    archive.close()


def limited(path: Path, octets: int | None) -> Ended:
    """The run in a fork whose files may not grow beyond `octets`."""
    ours, theirs = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(ours)
        _in_child(path, octets, theirs)
    os.close(theirs)
    with os.fdopen(ours) as told:
        lines = told.read().splitlines()
    os.waitpid(child, 0)
    committed = sum(line.startswith("committed") for line in lines)
    said, _, remedy = (lines[-1] if lines else "died without a word").partition("\t")
    return Ended(said, remedy, committed)


def _in_child(path: Path, octets: int | None, theirs: int) -> None:
    try:
        if octets is not None:
            signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
            resource.setrlimit(resource.RLIMIT_FSIZE, (octets, octets))
        whole_run(path, lambda n: os.write(theirs, f"committed {n}\n".encode()) and None)
        os.write(theirs, b"done\n")
    except LagebildError as error:
        os.write(theirs, f"{error.message}\t{error.remedy}\n".encode())
    except BaseException as error:  # noqa: BLE001  # an unknown exception is what we look for
        os.write(theirs, f"uncaught {error!r}\n".encode())
    finally:
        os._exit(0)


@contextmanager
def small_disk(folder: Path, octets: int) -> Iterator[bool]:
    """A disk of that size mounted at the folder; False where this user may not mount."""
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", f"size={octets}", "none", str(folder)]
    is_mounted = subprocess.run(mount, check=False, capture_output=True).returncode == 0
    try:
        yield is_mounted
    finally:
        if is_mounted:
            subprocess.run(["umount", str(folder)], check=False, capture_output=True)


def full_disk(folder: Path, offsets: int) -> list[str]:
    """Faults over all offsets, one sentence each."""
    whole = folder / "whole.db"
    limited(whole, None)
    size, faults = written(whole), []
    for n in range(offsets):
        octets = size * (n + 1) // (offsets + 1)
        with small_disk(folder / f"full{n}", octets) as is_mounted:
            path = folder / f"full{n}" / "a.db"
            ended = limited(path, None if is_mounted else octets)
            if not is_told(ended):
                faults.append(f"{octets} octets: {ended.said} ({ended.remedy})")
            make_room(path.parent, is_mounted)
            faults += [f"{octets} octets: {fault}" for fault in after(path, ended.committed)]
            again = limited(path, None)
            if again.said != "done" or after(path, BATCHES):
                faults.append(f"{octets} octets: the next run: {again.said}")
    return faults


def written(path: Path) -> int:
    """What the run takes at most: the file, and its log before it is written back."""
    return path.stat().st_size + connection.PAGE_OCTETS * 4


def is_told(ended: Ended) -> bool:
    """Whether the refusal is one of ours and says that it may be the disk."""
    return ended.said != "done" and not ended.said.startswith(("uncaught", "died")) and "disk" in ended.remedy


def make_room(folder: Path, is_mounted: bool) -> None:
    if is_mounted:
        subprocess.run(["mount", "-o", "remount,size=64m", str(folder)], check=True, capture_output=True)


def after(path: Path, committed: int) -> list[str]:
    """What is wrong with the file, or missing of what was committed."""
    if not path.exists() and not committed:
        return []
    archive = open_archive(path)
    faults, items = list(archive.verify()), archive.counts()["item"]
    archive.close()
    if items < committed * ITEMS or items % ITEMS:
        faults.append(f"{items} items for {committed} committed batches")
    return faults


def read_only(folder: Path) -> list[str]:
    """A disk that became read-only: refused with the remedy, and whole afterwards."""
    with small_disk(folder / "readonly", 64_000_000) as is_mounted:
        path = folder / "readonly" / "a.db"
        limited(path, None)
        if is_mounted:
            subprocess.run(["mount", "-o", "remount,ro", str(path.parent)], check=True, capture_output=True)
        told = refused_write(path, query_only=not is_mounted)
        if is_mounted:
            subprocess.run(["mount", "-o", "remount,rw", str(path.parent)], check=True, capture_output=True)
        faults = [f"read-only: {fault}" for fault in after(path, BATCHES)]
    return faults if "write permission" in told else [*faults, f"read-only: {told}"]


def refused_write(path: Path, *, query_only: bool) -> str:
    """The remedy of a refused write; "accepted" when it was none."""
    try:
        archive = open_archive(path)
    except StorageError as error:
        return error.remedy
    with closing(archive):  # or its disk could not be taken away
        try:
            if query_only:  # what a read-only disk answers, where this user may not mount one
                archive.rows("PRAGMA query_only = ON")
            archive.commit(batch(99))
        except StorageError as error:
            return error.remedy
    return "accepted"


def locked(folder: Path) -> list[str]:
    """Another process holds the write lock: refused as locked after the wait, and writable once it is gone."""
    path, waited = folder / "locked.db", connection.BUSY_SECONDS
    limited(path, None)
    connection.BUSY_SECONDS = 0.5
    try:
        with closing(sqlite3.connect(path, isolation_level=None)) as other:
            other.execute("BEGIN IMMEDIATE")
            try:
                open_archive(path).commit(batch(99))
                return ["locked: the write was accepted"]
            except ArchiveLocked as error:
                told = error.remedy
            other.execute("ROLLBACK")
        open_archive(path).commit(batch(99))
    finally:
        connection.BUSY_SECONDS = waited
    return [] if "wait" in told else [f"locked: {told}"]


def rotten(folder: Path) -> list[str]:
    """Each page in turn is overwritten; verify must find it and name the remedy."""
    path = folder / "rotten.db"
    limited(path, None)
    whole, faults = path.read_bytes(), []
    pages = len(whole) // connection.PAGE_OCTETS
    for page in range(1, pages, max(1, pages // 20)):
        at = page * connection.PAGE_OCTETS
        if whole[at : at + 16] == bytes(16):
            continue  # an unused page holds nothing that could rot
        path.write_bytes(whole[:at] + b"\xaa" * connection.PAGE_OCTETS + whole[at + connection.PAGE_OCTETS :])
        for name in ("-wal", "-shm"):
            path.with_name(path.name + name).unlink(missing_ok=True)
        try:
            archive = open_archive(path)
            told = list(archive.verify())
            archive.close()
        except StorageError as error:
            told = [str(error)]
        if not any("db restore" in one or "db rebuild" in one for one in told):
            faults.append(f"page {page}: {told or 'not found'}")
    return faults


def judged(offsets: int) -> dict[str, list[str]]:
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        return {
            f"disk full at {offsets} offsets": full_disk(folder, offsets),
            "read-only": read_only(folder),
            "locked by another process": locked(folder),
            "rotten pages": rotten(folder),
        }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--offsets", type=int, default=20)
    found = judged(parser.parse_args().offsets)
    print(json.dumps({name: faults or "none" for name, faults in found.items()}, indent=2))
    sys.exit(1 if any(found.values()) else 0)


if __name__ == "__main__":
    main()
