"""Bytes to one parsed tree, which every step of extraction shares and none changes."""

import re
from collections.abc import Iterable
from functools import lru_cache

from lxml import html as lxml_html
from lxml.etree import LxmlError
from lxml.html import HtmlElement, HTMLParser
from w3lib.encoding import html_to_unicode

from crawler.plain import one_line

MAX_BYTES = 10_000_000
HEAD_CHARACTERS = 4_096
NOT_HTML = bytes(code for code in range(32) if code not in b"\t\n\r")
EMPTY = "<html><head></head><body></body></html>"
# libxml2 leaves the document there and loses everything after it.
SELF_CLOSED_ROOT = re.compile(r"(<html[^>]*?)\s*/>", re.IGNORECASE)
BOMS = ((b"\xef\xbb\xbf", "utf-8-sig"), (b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16"))


def decoded(body: bytes, content_type: str = "") -> str:
    """The text of a page: byte order mark, valid UTF-8, the declared encoding, in this order; never raises."""
    body = body[:MAX_BYTES]
    for mark, encoding in BOMS:
        if body.startswith(mark):
            return body.decode(encoding, "replace")
    if (wide := _unmarked_utf16(body)) is not None:
        return wide
    try:
        return body.decode("utf-8")
    except UnicodeDecodeError:
        return str(html_to_unicode(content_type or None, body, default_encoding="cp1252")[1])


def _unmarked_utf16(body: bytes) -> str | None:
    """Latin text in UTF-16 without a mark has a NUL at every second place."""
    head = body[:400]
    if head.count(0) < len(head) // 3:
        return None
    return body.decode("utf-16-le" if head[1::2].count(0) > head[::2].count(0) else "utf-16-be", "replace")


@lru_cache(maxsize=1)
def parsed(page: str) -> HtmlElement:
    """The tree, without comments. The last page is remembered, so that publisher rules do not parse again."""
    head, rest = page[:HEAD_CHARACTERS], page[HEAD_CHARACTERS:]
    clean = (SELF_CLOSED_ROOT.sub(r"\1>", head, count=1) + rest).encode("utf-8", "replace")
    parser = HTMLParser(
        collect_ids=False, default_doctype=False, encoding="utf-8", remove_comments=True, remove_pis=True
    )
    try:
        return lxml_html.document_fromstring(clean.translate(None, NOT_HTML) or EMPTY.encode(), parser=parser)
    except (LxmlError, ValueError, AssertionError):
        return lxml_html.document_fromstring(EMPTY.encode())


def text_of(element: HtmlElement) -> str:
    """What is written in an element, on one line; `<br>` parts words, scripts and styles say nothing."""
    return one_line("".join(_pieces(element)))


def _pieces(element: HtmlElement) -> Iterable[str]:
    if not isinstance(element.tag, str) or element.tag in ("script", "style", "noscript", "template", "svg"):
        return
    yield element.text or ""
    for child in element:
        if child.tag in ("br", "p", "div", "li"):
            yield " "
        yield from _pieces(child)
        yield child.tail or ""


def first_text(tree: HtmlElement, xpath: str) -> str:
    """The first non-empty text that an XPath finds: elements are read, attributes taken; empty if none."""
    return next(iter(all_texts(tree, xpath)), "")


def all_texts(tree: HtmlElement, xpath: str) -> tuple[str, ...]:
    """Every non-empty text that an XPath finds, in document order, without repeats."""
    found = tree.xpath(xpath)
    if not isinstance(found, list):
        found = [str(found)]
    texts = (one_line(hit) if isinstance(hit, str) else text_of(hit) for hit in found)
    return tuple(dict.fromkeys(text for text in texts if text))
