"""feedparser's own test feeds, where the shared data folder is at hand: read as feedparser reads, or refused."""

import os
from io import BytesIO
from pathlib import Path

import feedparser
import pytest

from crawler.feeds import parse_feed
from domain.errors import ParseError

SHARED = Path(os.environ.get("LAGEBILD_SHARED", Path(__file__).parents[3] / "shared"))
FEEDS = SHARED / "data" / "feeds"

pytestmark = [
    pytest.mark.shared,
    pytest.mark.slow,
    pytest.mark.skipif(not FEEDS.is_dir(), reason="needs the shared data folder (LAGEBILD_SHARED)"),
]


def agrees(path: Path) -> bool | None:
    """Whether entry count, titles and links are feedparser's; None when we refuse the file."""
    body = path.read_bytes()
    judge = feedparser.parse(BytesIO(body))
    try:
        ours = parse_feed(body)
    except ParseError:
        return None
    theirs = [(e.get("title", "") or "", e.get("link", "") or "") for e in judge.entries]
    return [(e.title, e.url) for e in ours.entries] == theirs


@pytest.mark.parametrize(
    ("folder", "share"), [("wellformed", 0.99), ("encoding", 1.0), ("illformed", 0.85), ("entities", 1.0)]
)
def test_titles_and_links_are_feedparsers(folder: str, share: float) -> None:
    found = [agrees(path) for path in sorted((FEEDS / folder).rglob("*.xml"))]
    assert found.count(True) / len(found) >= share
    assert False not in found
