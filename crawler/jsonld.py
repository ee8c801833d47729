"""schema.org in JSON-LD: what a page tells search engines of its article."""

import html
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from lxml.html import HtmlElement

from crawler.plain import one_line

ARTICLE_TYPES = re.compile(
    r"(?:Article|BlogPosting|LiveBlogPosting|Report|Review|SocialMediaPosting|DiscussionForumPosting|Recipe)$"
)
STRONG_TYPES = re.compile(
    r"(?:NewsArticle|LiveBlogPosting|ReportageNewsArticle|AnalysisNewsArticle|OpinionNewsArticle)$"
)
COMMENT_EDGES = re.compile(
    r"^\s*(?:<!--|/\*\s*<!\[CDATA\[\s*\*/|//\s*<!\[CDATA\[|<!\[CDATA\[)|(?:-->|/\*\s*\]\]>\s*\*/|//\s*\]\]>|\]\]>)\s*;?\s*$"
)
TRAILING_COMMA = re.compile(r",(?=\s*[}\]])")
BAD_ESCAPE = re.compile(r'\\(?!["\\/bfnrtu])')
FREE = {"true": True, "false": False, "1": True, "0": False, "yes": True, "no": False}
NESTED = ("@graph", "mainEntity", "mainEntityOfPage", "hasPart", "itemListElement", "item")
MAX_NODES = 2_000

Node = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class LinkedArticle:
    """The article node, field by field, in the page's own words; empty where it says nothing."""

    type: str = ""
    headline: str = ""
    description: str = ""
    body: str = ""
    authors: tuple[str, ...] = ()
    published: str = ""
    modified: str = ""
    section: str = ""
    tags: tuple[str, ...] = ()
    language: str = ""
    url: str = ""
    publisher: str = ""
    free: bool | None = None
    comments: int | None = None
    updates: tuple[tuple[str, str], ...] = ()

    @property
    def is_live(self) -> bool:
        return self.type == "LiveBlogPosting"


def linked_article(tree: HtmlElement, url: str = "") -> LinkedArticle | None:
    """The best article node of the page, None if there is none. Broken JSON is mended where that is safe."""
    nodes = [node for block in _blocks(tree) for node in _nodes(block)]
    articles = [node for node in nodes if ARTICLE_TYPES.search(_type(node))]
    if not articles:
        return None
    by_id = {str(node["@id"]): node for node in nodes if "@id" in node and len(node) > 2}
    return _read(max(articles, key=lambda node: _weight(node, url)), by_id)


def _blocks(tree: HtmlElement) -> Iterator[Any]:
    for script in tree.iter("script"):
        if "ld+json" in (script.get("type") or "") and script.text:
            block = _loaded(script.text)
            if block is not None:
                yield block


def _loaded(text: str) -> Any | None:
    bare = COMMENT_EDGES.sub("", text).strip().rstrip(";")
    for attempt in (bare, BAD_ESCAPE.sub(r"\\\\", TRAILING_COMMA.sub("", bare))):
        try:
            return json.loads(attempt, strict=False)
        except (ValueError, RecursionError):
            continue
    return None


def _nodes(block: Any) -> Iterator[Node]:
    queue, seen = [block], 0
    while queue and seen < MAX_NODES:
        seen += 1
        node = queue.pop(0)
        if isinstance(node, list):
            queue[:0] = node
        elif isinstance(node, dict):
            yield node
            queue.extend(node[key] for key in NESTED if isinstance(node.get(key), dict | list))


def _type(node: Node) -> str:
    kind = node.get("@type")
    kinds = [str(one) for one in kind] if isinstance(kind, list) else [str(kind or "")]
    return next((one for one in kinds if ARTICLE_TYPES.search(one)), kinds[0] if kinds else "")


def _weight(node: Node, url: str) -> tuple[int, ...]:
    """A node that names this address, then a news type, then the one that says most."""
    address = _text(node.get("url")) or _reference(node.get("mainEntityOfPage"))
    told = sum(1 for key in ("headline", "datePublished", "author", "articleBody") if node.get(key))
    return (int(bool(url) and _same_path(address, url)), int(bool(STRONG_TYPES.search(_type(node)))), told)


def _same_path(first: str, second: str) -> bool:
    def bare(address: str) -> str:
        return re.sub(r"^https?://|[?#].*$|/$", "", address)

    return bare(first) == bare(second)


def _reference(value: Any) -> str:
    if isinstance(value, dict):
        return _text(value.get("@id")) or _text(value.get("url"))
    return _text(value)


def _read(node: Node, by_id: Mapping[str, Node]) -> LinkedArticle:
    return LinkedArticle(
        type=_type(node).rsplit("/", 1)[-1],
        headline=_text(node.get("headline")) or _text(node.get("name")),
        description=_text(node.get("description")),
        body=_body(node.get("articleBody")),
        authors=_names(node.get("author"), by_id) or _names(node.get("creator"), by_id),
        published=_text(node.get("datePublished")) or _text(node.get("dateCreated")),
        modified=_text(node.get("dateModified")),
        section=_first(_texts(node.get("articleSection"))),
        tags=_tags(node.get("keywords")),
        language=_first(_names(node.get("inLanguage"), by_id)),
        url=_text(node.get("url")) or _reference(node.get("mainEntityOfPage")),
        publisher=_first(_names(node.get("publisher"), by_id)),
        free=_free(node),
        comments=_comments(node),
        updates=_updates(node.get("liveBlogUpdate")),
    )


def _text(value: Any) -> str:
    """Strings only, entities opened (some publishers escape twice)."""
    if isinstance(value, list):
        return next((found for found in map(_text, value) if found), "")
    if isinstance(value, dict):
        return _text(value.get("@value"))
    return one_line(html.unescape(html.unescape(value))) if isinstance(value, str) else ""


def _texts(value: Any) -> tuple[str, ...]:
    values = value if isinstance(value, list) else [value]
    return tuple(filter(None, map(_text, values)))


def _first(values: tuple[str, ...]) -> str:
    return values[0] if values else ""


def _body(value: Any) -> str:
    if isinstance(value, list):
        return "\n".join(filter(None, map(_body, value)))
    return html.unescape(value) if isinstance(value, str) else ""


def _names(value: Any, by_id: Mapping[str, Node]) -> tuple[str, ...]:
    values = value if isinstance(value, list) else [value]
    return tuple(filter(None, (_name(one, by_id) for one in values)))


def _name(value: Any, by_id: Mapping[str, Node]) -> str:
    if not isinstance(value, dict):
        return _text(value)
    known = value if value.get("name") else by_id.get(str(value.get("@id")), value)
    return _text(known.get("name")) or " ".join(
        filter(None, (_text(known.get("givenName")), _text(known.get("familyName"))))
    )


def _tags(value: Any) -> tuple[str, ...]:
    words = [part for text in _texts(value) for part in text.split(",")] if value else []
    kept = (one_line(word.split(":", 1)[-1] if word.startswith(("Tag:", "tag:")) else word) for word in words)
    return tuple(dict.fromkeys(word for word in kept if 0 < len(word) <= 80))


def _free(node: Node) -> bool | None:
    """`isAccessibleForFree` in its many spellings."""
    stated = node.get("isAccessibleForFree")
    if isinstance(stated, bool):
        return stated
    return FREE.get(str(stated).rsplit("/", 1)[-1].lower()) if stated is not None else None


def _comments(node: Node) -> int | None:
    if (count := _count(node.get("commentCount"))) is not None:
        return count
    statistics = node.get("interactionStatistic")
    for one in statistics if isinstance(statistics, list) else [statistics]:
        if isinstance(one, dict) and "Comment" in str(one.get("interactionType")):
            return _count(one.get("userInteractionCount"))
    return None


def _count(value: Any) -> int | None:
    try:
        return int(str(value))
    except ValueError:
        return None


def _updates(value: Any) -> tuple[tuple[str, str], ...]:
    """Entries of a live blog as (headline, text), in the page's order."""
    entries = value if isinstance(value, list) else []
    pairs = (
        (_text(one.get("headline")), _body(one.get("articleBody")))
        for one in entries
        if isinstance(one, dict)
    )
    return tuple((head, text) for head, text in pairs if head or text)
