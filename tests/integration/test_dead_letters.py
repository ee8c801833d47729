"""Dead letters are read again by one command, and what makes sense is kept."""

from datetime import UTC, datetime
from pathlib import Path

from click.testing import CliRunner

from domain.model import Batch, Checkpoint, Letter, Outcome, Visit
from lagebild.cli import PARTIAL, root
from storage.sqlite import open_archive

AT = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)
SOURCES = """version: 1
sources:
  - id: bote
    name: Bote
    kind: rss
    url: https://bote.example/rss.xml
    language: de
    market: DE
    lens: media
"""
FEED = b"""<rss version="2.0"><channel><item><title>Die Aufsicht mahnt einen Marktplatz ab</title>
<link>https://bote.example/1</link><description>Es geht um Siegel, die keine sind.</description></item></channel></rss>"""


def test_a_letter_that_makes_sense_becomes_an_item_and_is_dropped(tmp_path: Path) -> None:
    (tmp_path / "sources.yaml").write_text(SOURCES, encoding="utf-8")
    archive = open_archive(tmp_path / "a.db")
    visit = Visit(source_id="bote", started_at=AT, finished_at=AT, outcome=Outcome.UNPARSEABLE)
    letters = tuple(
        Letter("bote", f"https://bote.example/{n}.xml", "feed", "unlesbar", body, AT)
        for n, body in enumerate((FEED, b"<html>immer noch nicht</html>"))
    )
    archive.commit(Batch(visit, Checkpoint("bote"), letters=letters))
    archive.close()
    given = ["--archive", str(tmp_path / "a.db"), "--sources", str(tmp_path / "sources.yaml")]
    run = CliRunner().invoke(root, [*given, "sources", "retry"], standalone_mode=False)
    assert run.return_value == PARTIAL, run.output
    assert "1 of 2 letters read, 1 new items" in run.output
    again = open_archive(tmp_path / "a.db")
    assert [letter.body for letter in again.letters()] == [b"<html>immer noch nicht</html>"]
    again.close()
