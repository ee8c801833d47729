"""The fast road: clean RSS, Atom and RDF by expat, only where feedparser is known to say the same.

UTF-8 or a single-byte encoding, well-formed XML, plain titles, one kind of everything. Whatever is unusual
raises `Unsure`, and the judge decides.
"""

import re
from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any
from urllib.parse import urljoin
from xml.etree import ElementTree
from xml.etree.ElementTree import Element

from crawler.dates import parse_date
from crawler.feed import Feed, FeedEntry, author_name, rhythm_of


class Unsure(Exception):
    """The fast parser met something that it leaves to the judge."""


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
_MARKUP = re.compile(r"</\w|&#?\w+;")
# What feedparser mends: C1 controls from Windows-1252, and UTF-8 read as Latin-1.
_MENDED = re.compile(r"[\x80-\x9f]|[\xc2-\xf4][\x80-\xbf]")
_QUERY_ENTITY = re.compile(r"&([A-Za-z0-9_]+);")
SINGLE_BYTE = {b"iso-8859-1", b"iso-8859-15", b"windows-1252"}
ABSOLUTE = ("https://", "http://")
PERMALINK, NO_PERMALINK = {"isPermaLink": "true"}, {"isPermaLink": "false"}
RSS_VERSIONS = {"0.91": "rss091u", "0.92": "rss092", "0.93": "rss093", "0.94": "rss094"}
HTML_TYPES = ("text/html", "application/xhtml+xml", "html", "xhtml")


def read_clean(body: bytes, content_type: str, url: str) -> Feed:
    """The feed. Raises Unsure."""
    body = _as_utf8(body, content_type)
    if b"base" in body and _BASE.search(body):
        raise Unsure
    try:
        root = ElementTree.fromstring(body)
    except (ElementTree.ParseError, ValueError):
        raise Unsure from None
    reader = _READERS.get(root.tag)
    if reader is None:
        raise Unsure
    feed, items = reader(root, url)
    if len(items) != len(_ITEM.findall(body)):
        raise Unsure
    return feed


def _as_utf8(body: bytes, content_type: str) -> bytes:
    """The body in UTF-8 without a byte order mark. Raises Unsure for encodings whose choice takes judgement."""
    charset = _CHARSET.search(content_type)
    if charset and charset[1].lower() not in ("utf-8", "utf8"):
        raise Unsure
    body = body.removeprefix(b"\xef\xbb\xbf").lstrip()
    declared = _DECLARED.match(body[:200])
    encoding = declared[1].lower() if declared else b"utf-8"
    if encoding in (b"utf-8", b"utf8"):
        return body
    if charset or encoding not in SINGLE_BYTE or declared is None:
        raise Unsure
    try:
        text = body.decode(encoding.decode("ascii"))
    except UnicodeDecodeError:
        raise Unsure from None
    return text[text.index("?>") + 2 :].lstrip().encode("utf-8")


def _read_rss(root: Element, url: str) -> tuple[Feed, list[Element]]:
    channels = [child for child in root if child.tag == "channel"]
    if len(channels) != 1 or len(root) != 1:
        raise Unsure
    version = root.get("version", "")
    known = RSS_VERSIONS.get(version) or ("rss20" if version.startswith("2.") else "rss")
    return _read_channel(channels[0], channels[0], "", known, url)


def _read_rdf(root: Element, url: str) -> tuple[Feed, list[Element]]:
    channel = root.find(RSS1 + "channel")
    if channel is None:
        raise Unsure
    return _read_channel(channel, root, RSS1, "rss10", url)


def _read_channel(
    channel: Element, holder: Element, space: str, version: str, url: str
) -> tuple[Feed, list[Element]]:
    name = space + "item"
    items = [child for child in holder if child.tag == name]
    head = {child.tag: child for child in reversed(channel) if child.tag != name}
    entries = tuple([_rss_entry(item, space, url) for item in items])
    feed = Feed(
        version,
        _plain(head.get(space + "title")),
        entries,
        "fast",
        language=_said(head, "language") or _said(head, DC + "language"),
        url=_said(head, space + "link"),
        every=_rhythm(head),
    )
    return feed, items


def _said(head: Mapping[str, Element], tag: str) -> str:
    element = head.get(tag)
    return "" if element is None else (element.text or "").strip()


def _rss_entry(item: Element, space: str, url: str) -> FeedEntry:
    said: dict[str, Any] = {}
    about = item.get("{http://www.w3.org/1999/02/22-rdf-syntax-ns#}about")
    if about:
        said["guid"] = about
    table = _TAKE_RDF if space else _TAKE
    for child in item:
        take = table.get(child.tag)
        if take is not None:
            take(said, child, url)
    return _entry(said, item)


def _read_atom(root: Element, url: str) -> tuple[Feed, list[Element]]:
    said: dict[str, Any] = {}
    items = [child for child in root if child.tag == ATOM + "entry"]
    head = {child.tag: child for child in reversed(root) if child.tag != ATOM + "entry"}
    for link in root.findall(ATOM + "link"):
        _take_atom_link(said, link, url)
    feed = Feed(
        "atom10",
        _plain(head.get(ATOM + "title")),
        tuple([_atom_entry(item, url) for item in items]),
        "fast",
        language=root.get("{http://www.w3.org/XML/1998/namespace}lang", ""),
        url=said.get("url", ""),
        every=_rhythm(head),
        next_url=said.get("next", ""),
    )
    return feed, items


def _atom_entry(item: Element, url: str) -> FeedEntry:
    said: dict[str, Any] = {}
    for child in item:
        take = _TAKE_ATOM.get(child.tag)
        if take is not None:
            take(said, child, url)
    return _entry(said, item)


def _entry(said: dict[str, Any], item: Element) -> FeedEntry:
    get = said.get
    title, link = get("title", ""), get("url", "")
    if not title and any(part.tag.lower().endswith("title") for part in item.iter()):
        raise Unsure  # media:title and nested titles may stand in
    return FeedEntry(
        get("guid") or link,
        link,
        title,
        get("summary", ""),
        get("content", ""),
        get("published"),
        get("updated"),
        _unique(said["authors"]) if "authors" in said else (),
        _unique(said["tags"]) if "tags" in said else (),
        get("comments"),
    )


def _unique(words: list[str]) -> tuple[str, ...]:
    return (words[0],) if len(words) == 1 else tuple(dict.fromkeys(words))


Take = Callable[[dict[str, Any], Element, str], None]


def _plain(element: Element | None) -> str:
    """Text of a title, where both parsers agree on it. Raises Unsure for markup and for mended encodings."""
    if element is None:
        return ""
    if len(element):
        raise Unsure
    text = (element.text or "").strip()
    if ("&" in text or "<" in text) and _MARKUP.search(text):
        raise Unsure
    if not text.isascii() and _MENDED.search(text):
        raise Unsure
    return text


def _take_title(said: dict[str, Any], element: Element, url: str) -> None:
    if not said.get("title"):
        said["title"] = _plain(element)


def _take_link(said: dict[str, Any], element: Element, url: str) -> None:
    if element.attrib or len(element):
        raise Unsure
    said["url"] = _absolute((element.text or "").strip(), url)


def _absolute(link: str, url: str) -> str:
    if "&" in link:
        link = _QUERY_ENTITY.sub(r"&\g<1>", link.replace("&amp;", "&"))
    if link.startswith(ABSOLUTE):
        if "///" in link:
            raise Unsure
        return link
    return urljoin(url, link) if url and link else link


def _take_guid(said: dict[str, Any], element: Element, url: str) -> None:
    attributes = element.attrib
    value = (element.text or "").strip()
    if len(element) or "&" in value:
        raise Unsure
    if not attributes or attributes == PERMALINK:
        value = _absolute(value, url)
        said.setdefault("url", value)
    elif attributes != NO_PERMALINK:
        raise Unsure
    said["guid"] = value


def _take_text(name: str) -> Take:
    def take(said: dict[str, Any], element: Element, url: str) -> None:
        if len(element):
            raise Unsure
        if name not in said:
            said[name] = (element.text or "").strip()

    return take


def _take_moment(name: str) -> Take:
    def take(said: dict[str, Any], element: Element, url: str) -> None:
        moment = parse_date(element.text or "")
        if moment is not None:
            said[name] = moment

    return take


def _take_date_if_none(said: dict[str, Any], element: Element, url: str) -> None:
    said.setdefault("published", parse_date(element.text or ""))


def _take_author(said: dict[str, Any], element: Element, url: str) -> None:
    if name := author_name(element.text or ""):
        said.setdefault("authors", []).append(name)


def _take_tag(said: dict[str, Any], element: Element, url: str) -> None:
    if tag := (element.text or "").strip():
        said.setdefault("tags", []).append(tag)


def _take_comments(said: dict[str, Any], element: Element, url: str) -> None:
    text = (element.text or "").strip()
    if text.isdigit():
        said["comments"] = int(text[:9])


def _step_aside(said: dict[str, Any], element: Element, url: str) -> None:
    raise Unsure


def _take_atom_link(said: dict[str, Any], element: Element, url: str) -> None:
    href = element.get("href")
    if href is None:
        raise Unsure
    rel = (element.get("rel") or "alternate").lower()
    if rel == "alternate" and (element.get("type") or "text/html").lower() in HTML_TYPES:
        said["url"] = _absolute(href, url)
    elif rel == "next":
        said["next"] = urljoin(url, href)


def _take_atom_title(said: dict[str, Any], element: Element, url: str) -> None:
    if element.get("type", "text") not in ("text", "html", "text/plain", "text/html"):
        raise Unsure
    if "html" in element.get("type", "") and "&" in (element.text or ""):
        raise Unsure
    _take_title(said, element, url)


def _take_atom_id(said: dict[str, Any], element: Element, url: str) -> None:
    # feedparser takes an id that comes before any link for the link until one follows.
    if "url" not in said:
        said["url"] = _absolute((element.text or "").strip(), url)
    said["guid"] = (element.text or "").strip()


def _take_atom_author(said: dict[str, Any], element: Element, url: str) -> None:
    if name := (element.findtext(ATOM + "name") or "").strip():
        said.setdefault("authors", []).append(name)


def _take_atom_tag(said: dict[str, Any], element: Element, url: str) -> None:
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
_TAKE_RDF: Mapping[str, Take] = {(RSS1 + tag if tag[0] != "{" else tag): take for tag, take in _TAKE.items()}
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
_READERS: Mapping[str, Callable[[Element, str], tuple[Feed, list[Element]]]] = {
    "rss": _read_rss,
    RDF: _read_rdf,
    ATOM + "feed": _read_atom,
}


def _rhythm(head: Mapping[str, Element]) -> timedelta | None:
    return rhythm_of(
        _said(head, "ttl"), _said(head, SY + "updatePeriod"), _said(head, SY + "updateFrequency")
    )
