"""The archive in one SQLite file. Everything else is in `storage.sqlite.archive`."""

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from storage.sqlite.archive import SqliteArchive


def open_archive(path: Path, *, create: bool = True, copy_first: bool = True) -> "SqliteArchive":
    """See `storage.sqlite.archive.open_archive`; imported on call, so that commands without an archive start fast."""
    from storage.sqlite.archive import open_archive as opened

    return opened(path, create=create, copy_first=copy_first)
