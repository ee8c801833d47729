"""Live blogs: one address, many entries; all of them are kept."""

import re

from lxml.html import HtmlElement

from crawler.jsonld import LinkedArticle
from crawler.plain import plain_text

LIVE_TITLE = re.compile(
    r"(?:\b(?:live-?ticker|live-?blog|newsticker|news-ticker|ticker)\b|\bim ticker\b|^\W*\+\+\+|\blive:)",
    re.IGNORECASE,
)
LIVE_MARKUP = (
    "//*[contains(@class,'liveblog') or contains(@class,'live-blog') or contains(@class,'LiveBlog') or contains(@class,'liveticker')"
    " or contains(@itemtype,'LiveBlogPosting')]"
)
ENTRIES = 3


def is_live(tree: HtmlElement, linked: LinkedArticle, title: str) -> bool:
    """By schema type, or by several entries in live-blog markup under a title that says so."""
    if linked.is_live:
        return True
    return bool(LIVE_TITLE.search(title)) and len(tree.xpath(LIVE_MARKUP)) >= ENTRIES


def with_updates(text: str, updates: tuple[tuple[str, str], ...]) -> str:
    """The text with those entries of the JSON-LD that it lacks, in the page's order, at its end."""
    missing: list[str] = []
    for head, body in updates:
        entry = plain_text(body)
        if entry and entry[:60] not in text:
            missing.extend(line for line in (head, entry) if line)
    return "\n".join(filter(None, (text, *missing)))
