"""Trying one source now: what would be stored, and where each field came from."""

from collections.abc import Mapping
from dataclasses import replace

from crawler.crawl import crawl
from crawler.settings import CrawlSettings
from crawler.visit import CrawlJob
from domain.model import Checkpoint, Document, Harvest, Source

PAGES = 5
FIELDS = ("title", "lead", "text", "authors", "published", "modified", "section", "tags", "language", "url")


def try_source(source: Source, settings: CrawlSettings, pages: int = PAGES) -> Harvest:
    """Visits the source as if for the first time, with few pages; nothing is kept. Runs its own event loop."""
    limited = replace(source, limits=replace(source.limits, pages=pages), enabled=True)
    harvests: list[Harvest] = []
    crawl([CrawlJob(limited, Checkpoint(source.id), lambda raw_ids: {})], settings, harvests.append)
    return harvests[0]


def field_origins(document: Document) -> Mapping[str, tuple[str, str]]:
    """For each field that has a value: (the value, where it came from).

    The origin is the page's own word (json-ld, meta, trafilatura, ...) or `feed`. The page wins over the feed.
    """
    entry, page = document.entry, document.page
    from_feed = {
        "title": entry.title,
        "lead": entry.summary,
        "text": entry.content,
        "authors": ", ".join(entry.authors),
        "published": entry.published.isoformat() if entry.published else "",
        "modified": entry.updated.isoformat() if entry.updated else "",
        "tags": ", ".join(entry.tags),
        "language": entry.language,
        "url": entry.url,
    }
    found: dict[str, tuple[str, str]] = {}
    for name in FIELDS:
        said = _on_page(document, name)
        if said and page is not None:
            found[name] = (said, page.origin.get(name, "page"))
        elif from_feed.get(name):
            found[name] = (from_feed[name], "feed")
    return found


def _on_page(document: Document, name: str) -> str:
    if document.page is None:
        return ""
    value = getattr(document.page, "canonical_url" if name == "url" else name)
    return ", ".join(value) if isinstance(value, tuple) else str(value or "")
