"""What a site offers, looked at now."""

from urllib.parse import urljoin

from crawler.crawl import fetch_one
from crawler.discover import Offer, discover
from crawler.registry import connector_for
from crawler.robots import read_robots
from crawler.settings import CrawlSettings
from domain.errors import ParseError
from domain.model import Fetched, Lens, Source


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
