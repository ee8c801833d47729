"""One writer per archive, held by the operating system: a killed process leaves no lock behind."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from domain.errors import ArchiveLocked


@contextmanager
def writing(archive: Path) -> Iterator[None]:
    """Holds the archive for writing belts. Raises ArchiveLocked at once when another process has it."""
    archive.parent.mkdir(parents=True, exist_ok=True)
    place = archive.with_name(archive.name + ".lock")
    descriptor = os.open(place, os.O_RDWR | os.O_CREAT, 0o644)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        holder = os.pread(descriptor, 32, 0).decode("ascii", "replace").strip() or "unknown"
        os.close(descriptor)
        remedy = "wait for it to end, or stop it, and try again"
        raise ArchiveLocked(f"{archive} is being written by process {holder}", remedy=remedy) from error
    try:
        os.ftruncate(descriptor, 0)
        os.pwrite(descriptor, str(os.getpid()).encode(), 0)
        yield
    finally:
        os.close(descriptor)
