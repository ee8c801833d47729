"""Live blogs: one address, many entries; all of them are kept."""

import re
from datetime import datetime, timedelta

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
GOES_ON = timedelta(days=1)
OPENING = 60  # characters by which an entry is recognised


def is_live(tree: HtmlElement, linked: LinkedArticle, title: str) -> bool:
    """By schema type, or by several entries in live-blog markup under a title that says so."""
    if linked.is_live:
        return True
    return bool(LIVE_TITLE.search(title)) and len(tree.xpath(LIVE_MARKUP)) >= ENTRIES


def goes_on(title: str, published: datetime | None, now: datetime) -> bool:
    """Whether a headline announces a live blog that is young enough to be still written, listed as new or not."""
    return published is not None and now - published < GOES_ON and bool(LIVE_TITLE.search(title))


def with_updates(text: str, updates: tuple[tuple[str, str], ...]) -> str:
    """The text as it is where the page shows its entries, else with those of the JSON-LD at its end, in order."""
    entries = [(head, entry) for head, body in updates if (entry := plain_text(body))]
    shown = sum(entry[:OPENING] in text for _, entry in entries)
    if shown >= min(ENTRIES, len(entries)):
        return text
    lines = (line for pair in entries if pair[1][:OPENING] not in text for line in pair if line)
    return "\n".join(filter(None, (text, *lines)))
