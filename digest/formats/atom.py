"""Issues as an Atom feed (RFC 4287): one entry per issue, the page's bottom line as its summary."""

from collections.abc import Sequence
from xml.etree.ElementTree import Element, SubElement, tostring

from digest.plain import words_of
from domain.briefing import Digest, Paragraph

MEDIA_TYPE = "application/atom+xml; charset=utf-8"
SUFFIX = "atom"

ATOM = "http://www.w3.org/2005/Atom"


def render(digest: Digest) -> bytes:
    return feed([digest])


def feed(digests: Sequence[Digest], address: str = "") -> bytes:
    """A feed of issues of one market, newest first as given; `address` is the feed's own."""
    newest = digests[0]
    root = Element("feed", {"xmlns": ATOM, "xml:lang": newest.language})
    _child(root, "id", f"urn:lagebild:{newest.market.lower()}:{newest.language}")
    _child(root, "title", f"Lagebild {newest.market}")
    _child(root, "updated", max(digest.as_of for digest in digests).isoformat())
    if address:
        SubElement(root, "link", {"rel": "self", "href": address})
    for digest in digests:
        _entry(root, digest)
    made: bytes = tostring(root, encoding="utf-8", xml_declaration=True)
    return made + b"\n"


def _entry(root: Element, digest: Digest) -> None:
    entry = SubElement(root, "entry")
    _child(entry, "id", f"urn:lagebild:{digest.id}")
    _child(entry, "title", digest.subject)
    _child(entry, "updated", digest.as_of.isoformat())
    author = SubElement(entry, "author")
    _child(author, "name", "Lagebild")
    if digest.url:
        SubElement(entry, "link", {"rel": "alternate", "href": digest.url, "hreflang": digest.language})
    found = digest.section(1)
    lines = [block.line for block in found.blocks if isinstance(block, Paragraph)] if found else []
    _child(entry, "summary", " ".join(words_of(line, digest.words) for line in lines))


def _child(parent: Element, name: str, text: str) -> None:
    SubElement(parent, name).text = text
