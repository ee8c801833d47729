"""The latest backup on an empty machine gives the past days' issues, byte for byte."""

import shutil
from datetime import timedelta
from pathlib import Path

from digest.brief import brief
from digest.formats import html, json, markdown, text
from digest.gather import Order, gather
from digest.kept import keep, kept
from digest.period import period_of
from storage.sqlite import open_archive
from storage.sqlite.archive import SqliteArchive
from storage.sqlite.restore import restore
from tests.fixtures.digest_archive import LAST, filled

FORMS = (html, json, markdown, text)
DAYS = [LAST - timedelta(days=back) for back in range(3)]


def made_again(archive: SqliteArchive) -> dict[str, bytes]:
    """Issues gathered anew from the archive's rows, as of their cut-off."""
    issues = [brief(gather(archive, Order(market="DE", period=period_of("DE", day))), "de") for day in DAYS]
    return {f"{issue.id} {form.SUFFIX}": form.render(issue) for issue in issues for form in FORMS}


def as_kept(archive: SqliteArchive) -> dict[str, bytes]:
    """Issues as they were kept."""
    issues = [kept(archive, "DE", day, "daily", "de") for day in DAYS]
    return {f"{issue.id} {form.SUFFIX}": form.render(issue) for issue in issues for form in FORMS}


def test_a_restored_backup_gives_the_same_bytes(tmp_path: Path) -> None:
    archive = filled(days=6, archive=open_archive(tmp_path / "old" / "a.db"))
    for day in DAYS:
        keep(archive, brief(gather(archive, Order(market="DE", period=period_of("DE", day))), "de"))
    before = (made_again(archive), as_kept(archive))
    archive.backup(tmp_path / "latest.db")
    archive.close()
    shutil.rmtree(tmp_path / "old")
    target = tmp_path / "new" / "a.db"
    target.parent.mkdir()
    tried = restore(tmp_path / "latest.db", target, dry_run=True)
    assert tried.items > 0 and not target.exists()
    restore(tmp_path / "latest.db", target)
    restored = open_archive(target, create=False)
    assert (made_again(restored), as_kept(restored)) == before
    assert restored.verify() == []
    restored.close()
