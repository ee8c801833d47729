"""Editing sources.yaml: what is added checks, what was written stays, lists of feed readers come in and go out."""

from pathlib import Path

import pytest
from click.testing import CliRunner

from domain.errors import ConfigError
from lagebild.cli import root
from lagebild.sources.edit import appended, entry_in, moved, slug, with_entry
from lagebild.sources.load import load
from lagebild.sources.opml import document, outlines

FILE = """# our sources
version: 1
sources:
  - id: bote # the oldest
    name: Der Bote
    kind: rss
    url: https://bote.example/feed
    language: de
    market: DE
    lens: media
"""
KURIER = {
    "id": "kurier",
    "name": "NO",
    "kind": "rss",
    "url": "https://kurier.example/rss?x=1&y=#2",
    "language": "de",
    "market": "AT",
    "lens": "media",
}


@pytest.fixture
def path(tmp_path: Path) -> Path:
    (tmp_path / "sources.yaml").write_text(FILE)
    return tmp_path / "sources.yaml"


def test_an_added_source_checks_and_every_line_before_it_stays(path: Path) -> None:
    appended(path, [KURIER])
    assert path.read_text().startswith(FILE)
    assert [(source.id, source.name) for source in load(path)] == [("bote", "Der Bote"), ("kurier", "NO")]


def test_what_would_not_check_changes_nothing(path: Path) -> None:
    with pytest.raises(ConfigError, match="repeated_id"):
        appended(path, [{**KURIER, "id": "bote"}])
    assert path.read_text() == FILE


def test_a_moved_source_keeps_its_comments(path: Path) -> None:
    moved(path, "bote", "https://bote.example/feed/v2")
    assert path.read_text() == FILE.replace("/feed", "/feed/v2")


def test_a_list_goes_out_and_comes_in_again(path: Path) -> None:
    told = list(outlines(document(load(path))))
    assert [(one.title, one.url) for one in told] == [("Der Bote", "https://bote.example/feed")]


@pytest.mark.parametrize("content", [b"<html/>", b"<opml", b'<!DOCTYPE opml [<!ENTITY a "b">]><opml/>'])
def test_what_is_no_list_is_refused(content: bytes) -> None:
    with pytest.raises(ConfigError, match="not OPML"):
        list(outlines(content))


def test_importing_twice_adds_once(path: Path, tmp_path: Path) -> None:
    (tmp_path / "list.opml").write_text(
        '<opml><body><outline text="x"><outline title="Zürcher Blatt" xmlUrl="https://z.example/f"/></outline></body></opml>'
    )
    for _ in range(2):
        words = [
            "--sources",
            str(path),
            "sources",
            "import-opml",
            str(tmp_path / "list.opml"),
            "--market",
            "CH",
            "--language",
            "de",
        ]
        assert CliRunner().invoke(root, words).exit_code == 0
    assert [source.id for source in load(path)] == ["bote", "zuercher-blatt"]


@pytest.mark.parametrize(
    ("name", "expected"), [("Österreich heute!", "oesterreich-heute"), ("L’Écho", "lecho"), ("…", "source")]
)
def test_an_id_is_made_of_the_name(name: str, expected: str) -> None:
    assert slug(name) == expected


TWO = """# head
version: 1
sources:
  # the first
  - id: one
    name: One
    kind: rss

  # the second
  - id: two
    name: Two
    kind: rss
"""


def test_an_entry_is_its_own_lines_and_the_comment_before_the_next_stays_with_that_one() -> None:
    assert entry_in(TWO, "one") == "  - id: one\n    name: One\n    kind: rss\n"
    assert entry_in(TWO, "none") == ""
    assert entry_in("", "one") == "", "there may be no file yet"


def test_only_the_entrys_lines_are_replaced() -> None:
    changed = with_entry(TWO, "one", "  - id: one\r\n    name: Eins")
    assert changed == TWO.replace("    name: One\n    kind: rss\n", "    name: Eins\n", 1)


def test_a_new_entry_goes_to_the_end() -> None:
    assert with_entry(TWO, "", "  - id: three\n").endswith("kind: rss\n  - id: three\n")
