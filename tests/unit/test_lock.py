"""One writer per archive."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from domain.errors import ArchiveLocked
from lagebild.lock import writing


def test_a_second_writer_is_told_who_holds_the_archive(tmp_path: Path) -> None:
    archive = tmp_path / "a.db"
    with writing(archive), pytest.raises(ArchiveLocked, match=str(os.getpid())), writing(archive):
        pass


def test_the_lock_is_free_after_the_writer_left(tmp_path: Path) -> None:
    archive = tmp_path / "a.db"
    with writing(archive):
        pass
    with writing(archive):
        pass


def test_a_killed_writer_leaves_no_lock(tmp_path: Path) -> None:
    archive = tmp_path / "a.db"
    code = f"import os\nfrom pathlib import Path\nfrom lagebild.lock import writing\nwith writing(Path({str(archive)!r})): os._exit(9)"
    subprocess.run([sys.executable, "-c", code], check=False)
    with writing(archive):
        pass
