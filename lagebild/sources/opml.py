"""OPML 2.0, the form in which feed readers exchange their lists."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from lxml import etree

from domain.errors import ConfigError
from domain.model import Source

FEEDS = ("rss", "json_feed")


@dataclass(frozen=True, slots=True)
class Outline:
    """One feed of a list."""

    title: str
    url: str


def outlines(content: bytes) -> Iterator[Outline]:
    """The feeds of a list, folders flattened. Raises ConfigError for what is not OPML."""
    parser = etree.XMLParser(resolve_entities=False, no_network=True, huge_tree=False)
    try:
        tree = etree.fromstring(content, parser)
    except etree.XMLSyntaxError as error:
        raise ConfigError(f"not OPML: {error}", remedy="export the list from your reader again") from error
    if tree.tag != "opml" or tree.getroottree().docinfo.doctype:
        raise ConfigError("not OPML", remedy="give a file whose root is <opml>, without a DOCTYPE")
    for node in tree.iter("outline"):
        if url := node.get("xmlUrl"):
            yield Outline(node.get("title") or node.get("text") or "", url)


def document(sources: Iterable[Source]) -> bytes:
    """The feeds among the sources, one folder a market."""
    root = etree.Element("opml", version="2.0")
    etree.SubElement(etree.SubElement(root, "head"), "title").text = "Lagebild"
    body = etree.SubElement(root, "body")
    folders: dict[str, etree._Element] = {}
    for source in sources:
        if source.kind in FEEDS:
            folder = folders.get(source.market)
            if folder is None:
                folder = folders[source.market] = etree.SubElement(body, "outline", text=source.market)
            etree.SubElement(
                folder, "outline", type="rss", text=source.name, title=source.name, xmlUrl=source.url
            )
    return bytes(etree.tostring(root, xml_declaration=True, encoding="utf-8", pretty_print=True))
