"""The text of an article: trafilatura's paragraphs, measured against what the page says of itself."""

import itertools
import logging
import re
from collections.abc import Callable, Iterable

from lxml.etree import LxmlError, _Element
from lxml.html import HtmlElement
from trafilatura import bare_extraction
from trafilatura.settings import Extractor

from crawler.boilerplate import Paragraph, kept
from crawler.dom import text_of
from crawler.plain import one_line, plain_text
from crawler.standing import own_paragraphs

# trafilatura logs every page it cannot read; we say so ourselves, once, with the address.
logging.getLogger("trafilatura").setLevel(logging.CRITICAL)
logging.getLogger("htmldate").setLevel(logging.CRITICAL)

WEAK = 350  # characters; below, the stricter reading probably missed the article
PLAUSIBLE_BODY = 300
BODY_AGREEMENT = 0.6
HALF = 0.5
LINK_OF_A_ROW = 15  # shorter ones (names, numbers) are found in any text
MOST_OF_A_ROW = 0.6
ADDITION = 300  # characters
SEEN = ".//text()[not(ancestor::script or ancestor::style or ancestor::noscript or ancestor::template or ancestor::svg)]"
WORDS = re.compile(r"\w+")
ELEMENT_KINDS = {
    "li": "item",
    "blockquote": "quote",
    "tr": "row",
    "h1": "head",
    "h2": "head",
    "h3": "head",
    "h4": "head",
    "h5": "head",
}
KINDS = {"head": "head", "item": "item", "quote": "quote", "row": "row", "p": "p"}


def article_paragraphs(tree: HtmlElement, url: str, stated_body: str) -> tuple[tuple[Paragraph, ...], str]:
    """The paragraphs and the name of the step that found them; empty when no step found any.

    `stated_body` is the JSON-LD articleBody, "" if none: a yardstick first, a text only when all else fails.
    """
    stated = _stated(stated_body)
    best: tuple[Paragraph, ...] = ()
    origin = ""
    for name, reading in READINGS:
        found = kept(own_paragraphs(reading(tree, url), tree))
        if _worth(found, stated) > 1.2 * _worth(best, stated):
            best, origin = found, name
        if _is_enough(best, stated):
            return _agreeing(best, stated), origin
    if _length(stated) > WEAK and _worth(best, stated) < HALF * _length(stated):
        return kept(stated), "json-ld articleBody"
    return (_agreeing(best, stated), origin) if best else ((), "")


def _is_enough(found: tuple[Paragraph, ...], stated: tuple[Paragraph, ...]) -> bool:
    return _worth(found, stated) >= max(WEAK, HALF * _length(stated))


def _worth(found: tuple[Paragraph, ...], stated: tuple[Paragraph, ...]) -> int:
    """Characters that count: all of them, or those the stated body holds too where there is a plausible one."""
    return _length(found) if _length(stated) < PLAUSIBLE_BODY else _length(_in_both(found, stated))


def _length(paragraphs: Iterable[Paragraph]) -> int:
    return sum(len(paragraph.text) for paragraph in paragraphs)


# --- readings, strictest first -------------------------------------------------------------------


def _trafilatura(
    *, fast: bool, precision: bool = False
) -> Callable[[HtmlElement, str], tuple[Paragraph, ...]]:
    def read(tree: HtmlElement, url: str) -> tuple[Paragraph, ...]:
        options = Extractor(
            output_format="python",
            comments=False,
            tables=True,
            fast=fast,
            precision=precision,
            url=url or None,
        )
        try:
            document = bare_extraction(tree, url=url or None, options=options)  # works on a copy
        except (LxmlError, ValueError, TypeError, AttributeError, IndexError, KeyError, RecursionError):
            return ()  # a page it stumbles over is read by the next step
        body = getattr(document, "body", None)
        if body is None:
            return ()
        has_lists = next(body.iter("item", "row"), None) is not None
        return tuple(_blocks(body, _link_texts(tree) if has_lists else frozenset()))

    return read


def _link_texts(tree: HtmlElement) -> frozenset[str]:
    """What links to other pages say: a list item that says the same is a link and no text."""
    return frozenset(text_of(link) for link in tree.iter("a") if "#" not in (link.get("href") or "#"))


def _blocks(body: _Element, links: frozenset[str]) -> Iterable[Paragraph]:
    for block in body:
        if not isinstance(block.tag, str):
            continue
        inner = list(block.iter("item", "row")) if block.tag in ("list", "table") else [block]
        for element in inner:
            yield from _lines(element, links)


def _lines(element: _Element, links: frozenset[str]) -> Iterable[Paragraph]:
    """A block as one paragraph, or several where line breaks part it."""
    for line in map(one_line, _written(element).split("\n")):
        kind = KINDS.get(str(element.tag), "p")
        yield Paragraph(kind, line, _listed_links(kind, line, links))


def _listed_links(kind: str, line: str, links: frozenset[str]) -> float:
    """1 for a list item that is a link and for a table row that mostly consists of them, else 0."""
    if kind == "row":
        told = sum(len(link) for link in links if len(link) >= LINK_OF_A_ROW and link in line)
        return float(told >= MOST_OF_A_ROW * max(1, len(line)))
    return float(kind == "item" and line in links)


def _written(element: _Element) -> str:
    pieces = [" ".join((element.text or "").split("\n"))]
    for child in element:
        pieces.append("\n" if child.tag == "lb" else " " if child.tag in ("cell", "p") else "")
        pieces.append(_written(child))
        pieces.append(" ".join((child.tail or "").split("\n")))
    return "".join(pieces)


def paragraph_of(element: HtmlElement) -> Paragraph:
    """An element of the page itself as a paragraph."""
    text = text_of(element)
    linked = sum(len(text_of(link)) for link in element.iter("a"))
    return Paragraph(ELEMENT_KINDS.get(str(element.tag), "p"), text, linked / max(1, len(text)))


def _all_paragraphs(tree: HtmlElement, url: str) -> tuple[Paragraph, ...]:
    """Every `<p>` of some length in the part of the page that calls itself the article."""
    part = next(
        iter(tree.xpath("//*[@itemprop='articleBody']") or tree.xpath("//article") or tree.xpath("//main")),
        tree,
    )
    texts = (text_of(element) for element in part.iter("p"))
    return tuple(Paragraph("p", text) for text in texts if len(text) >= 60)


READINGS = (
    ("trafilatura, precise", _trafilatura(fast=True, precision=True)),
    ("trafilatura", _trafilatura(fast=True)),
    ("trafilatura with fallbacks", _trafilatura(fast=False)),
    ("paragraphs", _all_paragraphs),
)


# --- the page's own word -------------------------------------------------------------------------


def _stated(body: str) -> tuple[Paragraph, ...]:
    text = plain_text(body) if body else ""
    return tuple(Paragraph("p", line) for line in text.split("\n") if line)


def _agreeing(found: tuple[Paragraph, ...], stated: tuple[Paragraph, ...]) -> tuple[Paragraph, ...]:
    """Only the paragraphs that the stated body holds too, where that body is plausible for this text."""
    if _length(stated) < PLAUSIBLE_BODY:
        return found
    both = _in_both(found, stated)
    # A body that the text does not fill is another article's; one that leaves half of it out is a teaser.
    plausible = _length(both) >= max(0.8 * _length(stated), 0.6 * _length(found))
    return _with_late_additions(found, both) if plausible else found


def _with_late_additions(found: tuple[Paragraph, ...], both: tuple[Paragraph, ...]) -> tuple[Paragraph, ...]:
    """Long paragraphs between two that are in both were written after the body was stated; furniture is short."""
    first, last = found.index(both[0]), len(found) - 1 - found[::-1].index(both[-1])
    return tuple(
        paragraph
        for place, paragraph in enumerate(found)
        if paragraph in both or (first < place < last and len(paragraph.text) >= ADDITION)
    )


def _in_both(found: tuple[Paragraph, ...], stated: tuple[Paragraph, ...]) -> tuple[Paragraph, ...]:
    known = set(_pairs(" ".join(paragraph.text for paragraph in stated)))
    return tuple(paragraph for paragraph in found if _share(paragraph.text, known) >= BODY_AGREEMENT)


def _pairs(text: str) -> list[tuple[str, str]]:
    words = WORDS.findall(text.casefold())
    return list(itertools.pairwise(words)) or [(word, "") for word in words]


def _share(text: str, known: set[tuple[str, str]]) -> float:
    pairs = _pairs(text)
    return sum(pair in known for pair in pairs) / len(pairs) if pairs else 0.0


def seen_text(tree: HtmlElement) -> str:
    """All text blocks of the page, furniture included: what a reader who is not let in sees."""
    body = tree.find("body")
    if body is None:
        return ""
    texts = (one_line(text) for text in body.xpath(SEEN))
    return "\n".join(text for text in texts if text)
