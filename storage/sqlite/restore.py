"""Bringing a backup back, without bringing back what was removed since it was made."""

import sqlite3
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from domain.errors import StorageError
from storage.sqlite.archive import open_archive
from storage.sqlite.connection import translated
from storage.sqlite.erasure import Memory


@dataclass(frozen=True, slots=True)
class Restored:
    """What a restore did, or would do: items in the backup, and how many of them were removed again."""

    items: int
    removed_again: int
    dry_run: bool


def restore(backup: Path, target: Path, *, dry_run: bool = False) -> Restored:
    """Puts a copy of `backup` in the place of `target`; the archive that was there stays beside it as `.before`.

    Nobody else may have the archive open. Raises StorageError when the backup is damaged; then nothing was changed.
    """
    if not backup.exists():
        raise StorageError(f"there is no backup at {backup}", remedy="see where `lagebild db backup` writes")
    _check(backup)
    memory = memory_of(target)
    draft = target.with_name(target.name + ".restoring")
    _copy(backup, draft)
    try:
        archive = open_archive(draft, copy_first=False)
        removed = archive.take_over(memory)
        if removed:
            archive.purge()
        items = archive.counts()["item"]
        faults = archive.verify()
        archive.close()
        if faults:
            raise StorageError(f"{backup}: {faults[0]}", remedy="try an older backup")
        if not dry_run:
            _swap(draft, target)
    finally:
        for name in (draft, *_companions(draft)):
            name.unlink(missing_ok=True)
    return Restored(items, removed, dry_run)


def _check(backup: Path) -> None:
    with translated(backup), closing(sqlite3.connect(f"file:{backup}?mode=ro", uri=True)) as db:
        found = [row[0] for row in db.execute("PRAGMA integrity_check(1)")]
    if found != ["ok"]:
        raise StorageError(f"{backup} is damaged: {found[0]}", remedy="try an older backup")


def check_backup(backup: Path) -> None:
    """Verifies a copy by all means, and leaves no companion files. Raises StorageError."""
    archive = open_archive(backup, create=False, copy_first=False)
    faults = archive.verify()
    archive.rows("PRAGMA journal_mode = DELETE")
    archive.close()
    if faults:
        raise StorageError(
            f"{backup}: {faults[0]}", remedy="run `lagebild db verify` on the archive; keep the older backups"
        )


def cleanse(backup: Path, memory: Memory | None) -> int:
    """Takes what was removed since out of a backup, to the last octet. Returns how many items were."""
    archive = open_archive(backup, create=False, copy_first=False)
    removed = archive.take_over(memory)
    if removed:
        archive.purge()
    archive.rows("PRAGMA journal_mode = DELETE")
    archive.close()
    return removed


def memory_of(target: Path) -> Memory | None:
    """What the present archive remembers of removals; None when it is too damaged to say."""
    if not target.exists():
        return None
    try:
        present = open_archive(target, create=False)
        memory = present.memory()
        present.close()
    except (StorageError, sqlite3.DatabaseError):
        return None
    return memory


def erase_in_copy(
    copy: Path, now: datetime, author_refs: Sequence[str], urls: Sequence[str], reason: str
) -> int:
    """Erases in a backup as in the archive itself; returns the number of items. Raises StorageError."""
    with translated(copy):
        archive = open_archive(copy, create=False)
        try:
            erased = archive.erase(now, author_refs=author_refs, urls=urls, reason=reason)
            archive.rows("PRAGMA journal_mode = DELETE")
        finally:
            archive.close()
    return erased


def _copy(backup: Path, draft: Path) -> None:
    draft.unlink(missing_ok=True)
    with (
        translated(draft),
        closing(sqlite3.connect(f"file:{backup}?mode=ro", uri=True)) as source,
        closing(sqlite3.connect(draft)) as copy,
    ):
        source.backup(copy)


def _swap(draft: Path, target: Path) -> None:
    before = target.with_name(target.name + ".before")
    if target.exists():
        for name in _companions(before):
            name.unlink(missing_ok=True)
        for old, new in zip((target, *_companions(target)), (before, *_companions(before)), strict=True):
            if old.exists():
                old.replace(new)
    draft.replace(target)


def _companions(path: Path) -> tuple[Path, Path]:
    return path.with_name(path.name + "-wal"), path.with_name(path.name + "-shm")
