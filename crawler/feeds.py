"""Feeds in, entries out: a fast parser for clean feeds, feedparser as the judge of all others.

The fast road is taken only where both are known to agree: UTF-8 or a single-byte encoding, well-formed XML,
RSS, Atom or RDF, plain titles, one kind of everything. Whatever is unusual makes it step aside (`_Unsure`) and
feedparser decides. DOCTYPE and ENTITY are refused before any parser sees the body.
"""

import json
import re
from calendar import timegm
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from html import unescape
from io import BytesIO
from typing import Any
from urllib.parse import urljoin

import feedparser
from feedparser.encodings import convert_to_utf8
from lxml import etree

from crawler.dates import parse_date
from domain.errors import ParseError

# feedparser reads malformed bytes at about 0.2 MB a second; a larger broken feed would hold a worker for long.
LENIENT_OCTETS = 4 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class FeedEntry:
    """One entry in the feed's words. `summary` and `content` may be HTML; `url` is absolute where a base is known."""

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


class _Unsure(Exception):
    """The fast parser met something that it leaves to the judge."""


def parse_feed(body: bytes, *, content_type: str = "", url: str = "") -> Feed:
    """Reads a feed of any kind. `url` is the base of relative links.

    Raises ParseError (with an empty source id) for what is no feed, for HTML, and for DOCTYPE or ENTITY.
    """
    start = body[:1024].lstrip(b"\xef\xbb\xbf \t\r\n")
    if not start:
        raise _refusal("the body is empty", "check the address in a browser")
    if start[:1] in (b"{", b"["):
        return parse_json_feed(body, url)
    refuse_declarations(body)
    try:
        return _fast(body, content_type, url)
    except _Unsure:
        return _judged(body, content_type, url)


def _refusal(message: str, remedy: str) -> ParseError:
    return ParseError(message, source_id="", remedy=remedy)


_PROLOG = re.compile(rb"(?:\s+|<\?.*?\?>|<!--.*?-->)*", re.S)
_HTML = re.compile(rb"<(?:!doctype\s+html|html|head|body)\b", re.I)


def refuse_declarations(body: bytes) -> None:
    """Refuses DOCTYPE and ENTITY in the prolog, and HTML, in any encoding that shows its ASCII. Raises ParseError."""
    if b"<!" not in body[:512] and b"\0" not in body[:64] and b"<html" not in body[:512].lower():
        return
    seen = body.replace(b"\0", b"") if b"\0" in body[:64] else body
    seen = seen.removeprefix(b"\xef\xbb\xbf").removeprefix(b"\xff\xfe").removeprefix(b"\xfe\xff")
    prolog = _PROLOG.match(seen)
    rest = seen[prolog.end() if prolog else 0 :][:200]
    if _HTML.match(rest):
        raise _refusal(
            "an HTML page came instead of a feed", "find the feed with `lagebild sources discover`"
        )
    if rest[:9].upper().startswith((b"<!DOCTYPE", b"<!ENTITY")):
        raise _refusal("the feed declares a DOCTYPE", "declarations are refused, since they can hide bombs")


# --- the fast road -------------------------------------------------------------------------------

ATOM = "{http://www.w3.org/2005/Atom}"
RSS1 = "{http://purl.org/rss/1.0/}"
RDF = "{http://www.w3.org/1999/02/22-rdf-syntax-ns#}RDF"
DC = "{http://purl.org/dc/elements/1.1/}"
CONTENT = "{http://purl.org/rss/1.0/modules/content/}encoded"
SLASH = "{http://purl.org/rss/1.0/modules/slash/}comments"
SY = "{http://purl.org/rss/1.0/modules/syndication/}"

_DECLARED = re.compile(rb"""^<\?xml[^>]*?encoding\s*=\s*["']([A-Za-z0-9._-]+)["']""")
_CHARSET = re.compile(r"charset\s*=\s*[\"']?([\w.-]+)", re.I)
_BASE = re.compile(rb"\s(?:xml:)?base\s*=", re.I)
_ITEM = re.compile(rb"<(?:item|entry)[\s>/]")
_MARKUP = re.compile(r"</\w|&#?\w+;|[\x80-\x9f]|[\xc2-\xf4][\x80-\xbf]")
_QUERY_ENTITY = re.compile(r"&([A-Za-z0-9_]+);")
SINGLE_BYTE = {b"iso-8859-1", b"iso-8859-15", b"windows-1252"}
RSS_VERSIONS = {"0.91": "rss091u", "0.92": "rss092", "0.93": "rss093", "0.94": "rss094"}
HTML_TYPES = ("text/html", "application/xhtml+xml", "html", "xhtml")


def _fast(body: bytes, content_type: str, url: str) -> Feed:
    body = _as_utf8(body, content_type)
    if b"base" in body and _BASE.search(body):
        raise _Unsure
    parser = etree.XMLParser(resolve_entities=False, no_network=True, remove_comments=True, remove_pis=True)
    try:
        root = etree.fromstring(body, parser)
    except (etree.XMLSyntaxError, ValueError):
        raise _Unsure from None
    reader = _READERS.get(root.tag)
    if reader is None:
        raise _Unsure
    feed, items = reader(root, url)
    if len(items) != len(_ITEM.findall(body)):
        raise _Unsure
    return feed


def _as_utf8(body: bytes, content_type: str) -> bytes:
    """The body in UTF-8 without a byte order mark. Raises _Unsure for encodings whose choice takes judgement."""
    charset = _CHARSET.search(content_type)
    if charset and charset[1].lower() not in ("utf-8", "utf8"):
        raise _Unsure
    body = body.removeprefix(b"\xef\xbb\xbf").lstrip()
    declared = _DECLARED.match(body[:200])
    encoding = declared[1].lower() if declared else b"utf-8"
    if encoding in (b"utf-8", b"utf8"):
        return body
    if charset or encoding not in SINGLE_BYTE or declared is None:
        raise _Unsure
    try:
        text = body.decode(encoding.decode("ascii"))
    except UnicodeDecodeError:
        raise _Unsure from None
    return text[text.index("?>") + 2 :].lstrip().encode("utf-8")


def _read_rss(root: etree._Element, url: str) -> tuple[Feed, list[etree._Element]]:
    channels = [child for child in root if child.tag == "channel"]
    if len(channels) != 1 or len(root) != 1:
        raise _Unsure
    version = root.get("version", "")
    known = RSS_VERSIONS.get(version) or ("rss20" if version.startswith("2.") else "rss")
    return _read_channel(channels[0], channels[0], "", known, url)


def _read_rdf(root: etree._Element, url: str) -> tuple[Feed, list[etree._Element]]:
    channel = root.find(RSS1 + "channel")
    if channel is None:
        raise _Unsure
    return _read_channel(channel, root, RSS1, "rss10", url)


def _read_channel(
    channel: etree._Element, holder: etree._Element, space: str, version: str, url: str
) -> tuple[Feed, list[etree._Element]]:
    items = [child for child in holder if child.tag == space + "item"]
    entries = tuple(_rss_entry(item, space, url) for item in items)
    feed = Feed(
        version,
        _plain(channel.find(space + "title")),
        entries,
        "fast",
        language=channel.findtext("language", "") or channel.findtext(DC + "language", ""),
        url=(channel.findtext(space + "link") or "").strip(),
        every=_rhythm(channel),
    )
    return feed, items


def _rss_entry(item: etree._Element, space: str, url: str) -> FeedEntry:
    said: dict[str, Any] = {}
    about = item.get("{http://www.w3.org/1999/02/22-rdf-syntax-ns#}about")
    if about:
        said["guid"] = about
    cut = len(space)
    for child in item:
        tag = str(child.tag)
        take = _TAKE.get(tag[cut:] if cut and tag.startswith(space) else tag)
        if take is not None:
            take(said, child, url)
    return _entry(said, item)


def _read_atom(root: etree._Element, url: str) -> tuple[Feed, list[etree._Element]]:
    said: dict[str, Any] = {}
    items = []
    for child in root:
        if child.tag == ATOM + "entry":
            items.append(child)
        elif child.tag == ATOM + "link":
            _take_atom_link(said, child, url)
    feed = Feed(
        "atom10",
        _plain(root.find(ATOM + "title")),
        tuple(_atom_entry(item, url) for item in items),
        "fast",
        language=root.get("{http://www.w3.org/XML/1998/namespace}lang", ""),
        url=said.get("url", ""),
        every=_rhythm(root),
        next_url=said.get("next", ""),
    )
    return feed, items


def _atom_entry(item: etree._Element, url: str) -> FeedEntry:
    said: dict[str, Any] = {}
    for child in item:
        take = _TAKE_ATOM.get(str(child.tag))
        if take is not None:
            take(said, child, url)
    return _entry(said, item)


def _entry(said: Mapping[str, Any], item: etree._Element) -> FeedEntry:
    if not said.get("title") and any(str(part.tag).lower().endswith("title") for part in item.iter()):
        raise _Unsure  # media:title and nested titles may stand in
    link = said.get("url", "")
    return FeedEntry(
        said.get("guid") or link,
        link,
        said.get("title", ""),
        said.get("summary", ""),
        said.get("content", ""),
        said.get("published"),
        said.get("updated"),
        tuple(dict.fromkeys(said.get("authors", ()))),
        tuple(dict.fromkeys(said.get("tags", ()))),
        said.get("comments"),
    )


Take = Callable[[dict[str, Any], etree._Element, str], None]


def _plain(element: etree._Element | None) -> str:
    """Text of a title, where both parsers agree on it. Raises _Unsure for markup and for mended encodings."""
    if element is None:
        return ""
    if len(element):
        raise _Unsure
    text = (element.text or "").strip()
    if _MARKUP.search(text):
        raise _Unsure
    return text


def _take_title(said: dict[str, Any], element: etree._Element, url: str) -> None:
    if not said.get("title"):
        said["title"] = _plain(element)


def _take_link(said: dict[str, Any], element: etree._Element, url: str) -> None:
    if element.get("href") or element.get("url") or element.get("uri") or len(element):
        raise _Unsure
    said["url"] = _absolute((element.text or "").strip(), url)


def _absolute(link: str, url: str) -> str:
    if "&" in link:
        link = _QUERY_ENTITY.sub(r"&\g<1>", link.replace("&amp;", "&"))
    if url and not link.startswith(("https://", "http://")):
        return urljoin(url, link)
    if link.startswith(("https:///", "http:///")):
        raise _Unsure
    return link


def _take_guid(said: dict[str, Any], element: etree._Element, url: str) -> None:
    attributes = element.attrib
    permalink = attributes.get("isPermaLink", attributes.get("ispermalink", "true")) if attributes else "true"
    value = (element.text or "").strip()
    if len(attributes) > 1 or len(element) or "&" in value:
        raise _Unsure
    if permalink == "true":
        value = _absolute(value, url)
        said.setdefault("url", value)
    said["guid"] = value


def _take_text(name: str) -> Take:
    def take(said: dict[str, Any], element: etree._Element, url: str) -> None:
        if name not in said:
            said[name] = _inner(element)

    return take


def _inner(element: etree._Element) -> str:
    """All text of an element; markup that is not escaped is kept as such."""
    text = element.text or ""
    if len(element):
        text += "".join(etree.tostring(child, encoding="unicode") for child in element)
    return text.strip()


def _take_moment(name: str) -> Take:
    def take(said: dict[str, Any], element: etree._Element, url: str) -> None:
        moment = parse_date(element.text or "")
        if moment is not None:
            said[name] = moment

    return take


def _take_date_if_none(said: dict[str, Any], element: etree._Element, url: str) -> None:
    said.setdefault("published", parse_date(element.text or ""))


def _take_author(said: dict[str, Any], element: etree._Element, url: str) -> None:
    if name := author_name(element.text or ""):
        said.setdefault("authors", []).append(name)


def _take_tag(said: dict[str, Any], element: etree._Element, url: str) -> None:
    if tag := (element.text or "").strip():
        said.setdefault("tags", []).append(tag)


def _take_comments(said: dict[str, Any], element: etree._Element, url: str) -> None:
    text = (element.text or "").strip()
    if text.isdigit():
        said["comments"] = int(text[:9])


def _step_aside(said: dict[str, Any], element: etree._Element, url: str) -> None:
    raise _Unsure


def _take_atom_link(said: dict[str, Any], element: etree._Element, url: str) -> None:
    href = element.get("href")
    if href is None:
        raise _Unsure
    rel = (element.get("rel") or "alternate").lower()
    if rel == "alternate" and (element.get("type") or "text/html").lower() in HTML_TYPES:
        said["url"] = _absolute(href, url)
    elif rel == "next":
        said["next"] = urljoin(url, href)


def _take_atom_title(said: dict[str, Any], element: etree._Element, url: str) -> None:
    if element.get("type", "text") not in ("text", "html", "text/plain", "text/html"):
        raise _Unsure
    if "html" in element.get("type", "") and "&" in (element.text or ""):
        raise _Unsure
    _take_title(said, element, url)


def _take_atom_id(said: dict[str, Any], element: etree._Element, url: str) -> None:
    # feedparser takes an id that comes before any link for the link until one follows.
    if "url" not in said:
        said["url"] = _absolute((element.text or "").strip(), url)
    said["guid"] = (element.text or "").strip()


def _take_atom_author(said: dict[str, Any], element: etree._Element, url: str) -> None:
    if name := (element.findtext(ATOM + "name") or "").strip():
        said.setdefault("authors", []).append(name)


def _take_atom_tag(said: dict[str, Any], element: etree._Element, url: str) -> None:
    if tag := (element.get("label") or element.get("term") or "").strip():
        said.setdefault("tags", []).append(tag)


_TAKE: Mapping[str, Take] = {
    "title": _take_title,
    "link": _take_link,
    "guid": _take_guid,
    "description": _take_text("summary"),
    CONTENT: _take_text("content"),
    "pubDate": _take_moment("published"),
    DC + "date": _take_date_if_none,
    ATOM + "updated": _take_moment("updated"),
    ATOM + "published": _take_moment("published"),
    "{http://purl.org/dc/terms/}modified": _take_moment("updated"),
    "author": _take_author,
    DC + "creator": _take_author,
    "category": _take_tag,
    DC + "subject": _take_tag,
    SLASH: _take_comments,
    ATOM + "link": _take_atom_link,
    # Nested or renamed things whose effect on title and link is feedparser's to say.
    "image": _step_aside,
    "textInput": _step_aside,
    "textinput": _step_aside,
    "item": _step_aside,
    "Title": _step_aside,
    "Link": _step_aside,
    "url": _step_aside,
    "id": _step_aside,
    ATOM + "id": _step_aside,
    ATOM + "title": _step_aside,
    ATOM + "source": _step_aside,
    DC + "title": _step_aside,
}
_TAKE_ATOM: Mapping[str, Take] = {
    ATOM + "title": _take_atom_title,
    ATOM + "link": _take_atom_link,
    ATOM + "id": _take_atom_id,
    ATOM + "summary": _take_text("summary"),
    ATOM + "content": _take_text("content"),
    ATOM + "published": _take_moment("published"),
    ATOM + "updated": _take_moment("updated"),
    ATOM + "author": _take_atom_author,
    ATOM + "category": _take_atom_tag,
    SLASH: _take_comments,
    ATOM + "source": _step_aside,
    ATOM + "image": _step_aside,
    DC + "title": _step_aside,
    "title": _step_aside,
    "link": _step_aside,
}
_READERS: Mapping[Any, Callable[[etree._Element, str], tuple[Feed, list[etree._Element]]]] = {
    "rss": _read_rss,
    RDF: _read_rdf,
    ATOM + "feed": _read_atom,
}

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


def _rhythm(channel: etree._Element) -> timedelta | None:
    return rhythm_of(
        channel.findtext("ttl") or "",
        channel.findtext(SY + "updatePeriod") or "",
        channel.findtext(SY + "updateFrequency") or "",
    )


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


# --- the judge -----------------------------------------------------------------------------------


def _judged(body: bytes, content_type: str, url: str) -> Feed:
    if len(body) > LENIENT_OCTETS:
        raise _refusal("the feed is malformed and too large to be read leniently", "tell the publisher")
    headers = {
        name: value for name, value in (("content-type", content_type), ("content-location", url)) if value
    }
    _refuse_hidden_entities(headers, body)
    try:
        # BytesIO, since feedparser opens a file whose path the bytes happen to spell.
        found = feedparser.parse(BytesIO(body), response_headers=headers)
        return _from_feedparser(found, url)
    except ParseError:
        raise
    except Exception as error:
        # feedparser raises whatever its depths raise (1 of 250 mutated feeds: UnicodeDecodeError).
        raise _refusal(
            f"feedparser gave up: {error!r}"[:300], "the bytes are kept as a dead letter"
        ) from error


def _refuse_hidden_entities(headers: Mapping[str, str], body: bytes) -> None:
    """Declarations can hide in UTF-16, UTF-7 or EBCDIC; so look at the bytes as feedparser will see them."""
    try:
        seen = convert_to_utf8(dict(headers), body, {})
    except Exception as error:
        raise _refusal(f"the encoding cannot be told: {error!r}"[:300], "tell the publisher") from error
    seen = seen if isinstance(seen, bytes) else str(seen).encode("utf-8", "replace")
    refuse_declarations(seen)
    if re.search(rb"<!ENTITY", seen, re.I):
        raise _refusal("the feed declares an ENTITY", "declarations are refused, since they can hide bombs")


def _from_feedparser(found: Any, url: str) -> Feed:
    entries = tuple(_judged_entry(entry) for entry in found.entries)
    if not found.version and not entries and not found.feed:
        raise _refusal("neither RSS, Atom, RDF nor JSON Feed", "check the address in a browser")
    about = found.feed
    links = about.get("links", ())
    return Feed(
        found.version or "unknown",
        about.get("title", ""),
        entries,
        "feedparser",
        language=about.get("language", ""),
        url=about.get("link", ""),
        every=rhythm_of(
            str(about.get("ttl", "")),
            str(about.get("sy_updateperiod", "")),
            str(about.get("sy_updatefrequency", "")),
        ),
        next_url=next((urljoin(url, k["href"]) for k in links if k.get("rel") == "next" and "href" in k), ""),
    )


def _judged_entry(entry: Any) -> FeedEntry:
    link = entry.get("link", "") or ""
    contents = entry.get("content") or ()
    names = [a.get("name", "") for a in entry.get("authors", ()) if a] or [entry.get("author", "")]
    comments = str(entry.get("slash_comments", ""))
    return FeedEntry(
        guid=entry.get("id", "") or link,
        url=link,
        title=entry.get("title", "") or "",
        summary=entry.get("summary", "") or "",
        content=contents[0].get("value", "") if contents else "",
        published=parse_date(dict.get(entry, "published", "") or "") or _struct(entry, "published_parsed"),
        updated=parse_date(dict.get(entry, "updated", "") or "") or _struct(entry, "updated_parsed"),
        authors=tuple(dict.fromkeys(name for name in map(author_name, names) if name)),
        tags=tuple(dict.fromkeys(t for t in map(_term, entry.get("tags", ())) if t)),
        comments=int(comments) if comments.isdigit() else None,
    )


def _term(tag: Any) -> str:
    return str(tag.get("label") or tag.get("term") or "")


def _struct(entry: Any, key: str) -> datetime | None:
    found = dict.get(entry, key)
    return datetime.fromtimestamp(timegm(found), UTC) if found else None


# --- JSON Feed -----------------------------------------------------------------------------------


def parse_json_feed(body: bytes, url: str = "") -> Feed:
    """Reads JSON Feed 1.0 or 1.1. Raises ParseError."""
    try:
        found = json.loads(body.decode("utf-8-sig"))
    except (ValueError, RecursionError) as error:
        raise _refusal(f"not JSON: {error}"[:200], "check the address in a browser") from error
    if not isinstance(found, dict) or not isinstance(found.get("items"), list):
        raise _refusal("JSON without a list of items is no JSON Feed", "check the address in a browser")
    version = str(found.get("version", ""))
    return Feed(
        "json10" if version.endswith("/1") else "json11",
        _text(found, "title"),
        tuple(_json_entry(item, url) for item in found["items"] if isinstance(item, dict)),
        "json",
        language=_text(found, "language"),
        url=_text(found, "home_page_url"),
        next_url=urljoin(url, _text(found, "next_url")) if found.get("next_url") else "",
    )


def _json_entry(item: Mapping[str, Any], url: str) -> FeedEntry:
    link = _text(item, "url") or _text(item, "external_url")
    authors = item.get("authors") if isinstance(item.get("authors"), list) else [item.get("author")]
    tags = item.get("tags")
    return FeedEntry(
        guid=_text(item, "id") or link,
        url=urljoin(url, link) if url else link,
        title=unescape(_text(item, "title")).strip(),
        summary=_text(item, "summary"),
        content=_text(item, "content_html") or _text(item, "content_text"),
        published=parse_date(_text(item, "date_published")),
        updated=parse_date(_text(item, "date_modified")),
        authors=tuple(n for n in (_text(a, "name") for a in authors or () if isinstance(a, dict)) if n),
        tags=tuple(str(t) for t in tags if isinstance(t, str)) if isinstance(tags, list) else (),
    )


def _text(item: Mapping[str, Any], key: str) -> str:
    value = item.get(key)
    return "" if value is None or isinstance(value, (dict, list)) else str(value)
