"""Feeds to their entries.

Reads {"id", "file", "url"?, "content_type"?}; files are found beside the input.
"""

from pathlib import Path
from typing import Any

from crawler.feed import FeedEntry
from crawler.feeds import parse_feed
from lagebild.commands.lab.extract import read_file
from lagebild.jsonl import lab_command

command = lab_command(__name__, __doc__ + "\nExample: lagebild lab feed feeds.jsonl > entries.jsonl")


def answer(rows: list[dict[str, Any]], folder: Path) -> list[dict[str, Any]]:
    """One feed per row."""
    return [_feed(row, read_file(row, folder)) for row in rows]


def _feed(row: dict[str, Any], body: bytes) -> dict[str, Any]:
    feed = parse_feed(body, content_type=row.get("content_type") or "", url=row.get("url") or "")
    entries = [_entry(entry) for entry in feed.entries]
    return {
        "id": row.get("id"),
        "format": feed.format,
        "title": feed.title,
        "entries": entries,
        "parser": feed.parser,
    }


def _entry(entry: FeedEntry) -> dict[str, Any]:
    return {
        "guid": entry.guid,
        "url": entry.url,
        "title": entry.title,
        "summary": entry.summary,
        "published": entry.published.isoformat() if entry.published else None,
        "updated": entry.updated.isoformat() if entry.updated else None,
        "authors": list(entry.authors),
        "tags": list(entry.tags),
    }
