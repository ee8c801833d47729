"""A feed as a value, and the few words that all its parsers share."""

import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import NamedTuple

from domain.errors import ParseError


class FeedEntry(NamedTuple):
    """One entry in the feed's words; a tuple, since it is made by the million.

    `summary` and `content` may be HTML; `url` is absolute where a base is known.
    """

    guid: str
    url: str
    title: str
    summary: str = ""
    content: str = ""
    published: datetime | None = None
    updated: datetime | None = None
    authors: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    comments: int | None = None


@dataclass(frozen=True, slots=True)
class Feed:
    """A parsed feed. `format` is feedparser's word (rss20, atom10, ...), json10 or json11; `parser` who read it.

    `every` is how often the feed says it changes (ttl, syndication module), None when it does not say.
    """

    format: str
    title: str
    entries: tuple[FeedEntry, ...]
    parser: str
    language: str = ""
    url: str = ""
    every: timedelta | None = None
    next_url: str = ""


def refusal(message: str, remedy: str) -> ParseError:
    return ParseError(message, source_id="", remedy=remedy)


_PROLOG = re.compile(rb"(?:\s+|<\?.*?\?>|<!--.*?-->)*", re.S)
_HTML = re.compile(rb"<(?:!doctype\s+html|html|head|body)\b", re.I)


def refuse_declarations(body: bytes) -> None:
    """Refuses DOCTYPE and ENTITY in the prolog, and HTML, in any encoding that shows its ASCII. Raises ParseError."""
    seen = body.replace(b"\0", b"") if b"\0" in body[:64] else body
    seen = seen.removeprefix(b"\xef\xbb\xbf").removeprefix(b"\xff\xfe").removeprefix(b"\xfe\xff")
    prolog = _PROLOG.match(seen)
    rest = seen[prolog.end() if prolog else 0 :][:200]
    if _HTML.match(rest):
        raise refusal("an HTML page came instead of a feed", "find the feed with `lagebild sources discover`")
    if rest[:9].upper().startswith((b"<!DOCTYPE", b"<!ENTITY")):
        raise refusal("the feed declares a DOCTYPE", "declarations are refused, since they can hide bombs")


_MAIL_AND_NAME = re.compile(r"^\s*\S+@\S+\s*\(([^)]+)\)\s*$|^\s*([^<]+?)\s*<\S+@\S+>\s*$")


def author_name(text: str) -> str:
    """The name in `desk@example.org (A. Name)` or `A. Name <a@example.org>`; a bare address is no name."""
    if "@" not in text:
        return " ".join(text.split())
    found = _MAIL_AND_NAME.match(text)
    if found:
        return " ".join((found[1] or found[2]).split())
    return "" if re.fullmatch(r"\s*\S+@\S+\s*", text) else " ".join(text.split())


PERIODS = {"hourly": 1, "daily": 24, "weekly": 168, "monthly": 720, "yearly": 8760}


def rhythm_of(ttl: str, period: str, frequency: str) -> timedelta | None:
    """The longest of what ttl (minutes) and the syndication module say; None when neither speaks."""
    said = []
    if ttl.strip().isdigit() and int(ttl.strip()[:7]):
        said.append(timedelta(minutes=int(ttl.strip()[:7])))
    hours = PERIODS.get(period.strip().lower())
    if hours:
        times = int(frequency.strip()[:4]) if frequency.strip().isdigit() else 1
        said.append(timedelta(hours=hours) / max(1, times))
    return max(said, default=None)
