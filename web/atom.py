"""Hits -> an Atom feed (RFC 4287) for feed readers."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from xml.sax.saxutils import escape, quoteattr

MEDIA_TYPE = "application/atom+xml; charset=utf-8"


@dataclass(frozen=True, slots=True)
class Entry:
    id: str
    title: str
    url: str
    updated: datetime
    summary: str
    author: str


def feed(feed_id: str, title: str, url: str, updated: datetime, entries: Iterable[Entry]) -> str:
    """The feed; everything said in it is escaped, and characters that XML forbids are left out."""
    lines = [
        '<?xml version="1.0" encoding="utf-8"?>',
        '<feed xmlns="http://www.w3.org/2005/Atom">',
        f"<id>{_text(feed_id)}</id><title>{_text(title)}</title><updated>{updated.isoformat()}</updated>",
        f'<link rel="self" href={quoteattr(url)}/>',
        *map(_entry, entries),
        "</feed>",
    ]
    return "\n".join(lines) + "\n"


def _entry(entry: Entry) -> str:
    return (
        f"<entry><id>{_text(entry.id)}</id><title>{_text(entry.title)}</title>"
        f"<link href={quoteattr(entry.url)}/><updated>{entry.updated.isoformat()}</updated>"
        f"<author><name>{_text(entry.author)}</name></author><summary>{_text(entry.summary)}</summary></entry>"
    )


def _text(said: str) -> str:
    return escape("".join(letter for letter in said if letter >= " " or letter in "\t\n"))
