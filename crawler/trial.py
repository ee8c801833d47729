"""Trying one source now: what would be stored, where each field came from, and what a site offers."""

from collections.abc import Mapping
from dataclasses import replace
from urllib.parse import urljoin

from crawler.crawl import crawl, fetch_one
from crawler.discover import Offer, discover
from crawler.registry import connector_for
from crawler.robots import read_robots
from crawler.settings import CrawlSettings
from crawler.visit import CrawlJob
from domain.errors import ParseError
from domain.model import Checkpoint, Document, Fetched, Harvest, Lens, Source

PAGES = 5
FIELDS = ("title", "lead", "text", "authors", "published", "modified", "section", "tags", "language", "url")


def try_source(source: Source, settings: CrawlSettings, pages: int = PAGES) -> Harvest:
    """Visits the source as if for the first time, with few pages; nothing is kept. Runs its own event loop."""
    limited = replace(source, limits=replace(source.limits, pages=pages), enabled=True)
    harvests: list[Harvest] = []
    crawl([CrawlJob(limited, Checkpoint(source.id), lambda raw_ids: {})], settings, harvests.append)
    return harvests[0]


def discover_site(url: str, settings: CrawlSettings) -> list[Offer]:
    """What a site offers: of its homepage, its robots.txt, and the address itself if it is a listing already.

    Raises Forbidden or FetchError when the page cannot be had.
    """
    page = fetch_one(url, settings)
    if kind := kind_of(page):
        return [Offer(page.url, kind, "", "itself")]
    robots = fetch_one(urljoin(page.url, "/robots.txt"), settings)
    return discover(
        page.body, page.url, read_robots(robots.status, robots.body), page.headers.get("content-type")
    )


def kind_of(fetched: Fetched) -> str:
    """The kind of listing that an answer is; "" when it is none (a page, for instance)."""
    for kind in ("json_feed", "rss", "news_sitemap", "sitemap"):
        source = Source(
            id="probe", name="", kind=kind, url=fetched.url, language="", markets=("EU",), lens=Lens.MEDIA
        )
        try:
            found = list(connector_for(kind).parse(fetched, source))
        except ParseError:
            continue
        if found and (kind != "json_feed" or fetched.body.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"{")):
            return kind
    return ""


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
