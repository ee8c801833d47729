"""Which feeds a homepage offers."""

import re
from dataclasses import dataclass
from urllib.parse import urljoin, urlsplit

from parsel import Selector
from w3lib.encoding import html_to_unicode

from crawler.robots import Robots

MEDIA_TYPES = {
    "application/rss+xml": "rss",
    "application/atom+xml": "rss",
    "application/rdf+xml": "rss",
    "application/feed+json": "json_feed",
}
# Tried when the page names none, commonest first.
USUAL_PATHS = ("/feed/", "/rss", "/rss.xml", "/feed.xml", "/atom.xml", "/index.xml", "/feed.json")
_LOOKS_LIKE_FEED = re.compile(r"(?:^|[/._-])(?:rss|feed|feeds|atom)(?:$|[/._?-])", re.I)


@dataclass(frozen=True, slots=True)
class Offer:
    """A source that a site offers. `how`: declared, linked, robots, or guess (not known to exist)."""

    url: str
    kind: str
    title: str
    how: str


def discover(
    homepage_html: bytes, url: str, robots: Robots | None = None, content_type: str | None = None
) -> list[Offer]:
    """Feeds a page declares, then those it links to, then sitemaps of robots.txt, else the usual addresses.

    `url` is the page's own; the offers are absolute and each URL is named once. Comment feeds come last.
    """
    _, text = html_to_unicode(content_type, homepage_html)
    tree = Selector(text=text.replace("\0", "") or "<html/>", type="html")
    base = urljoin(url, tree.css("base::attr(href)").get("") or "")
    offers = [*_declared(tree, base), *_linked(tree, base), *_in_robots(robots)]
    if not any(offer.kind in ("rss", "json_feed") for offer in offers):
        offers += [Offer(urljoin(base, path), _kind(path), "", "guess") for path in USUAL_PATHS]
    offers.sort(key=lambda offer: "comment" in (offer.url + offer.title).lower())
    first: dict[str, Offer] = {}
    for offer in offers:
        first.setdefault(offer.url, offer)
    return list(first.values())


def _declared(tree: Selector, base: str) -> list[Offer]:
    found = []
    for link in tree.xpath(
        "//link[@href and contains(concat(' ', normalize-space(@rel), ' '), ' alternate ')]"
    ):
        media_type = link.attrib.get("type", "").partition(";")[0].strip().lower()
        if media_type in MEDIA_TYPES:
            kind = MEDIA_TYPES[media_type]
            title = " ".join(link.attrib.get("title", "").split())
            found.append(Offer(urljoin(base, link.attrib["href"].strip()), kind, title, "declared"))
        elif media_type == "application/json" and "/wp-json/wp/v2/" in link.attrib["href"]:
            posts = urljoin(base, link.attrib["href"]).split("/wp-json/")[0] + "/wp-json/wp/v2/posts"
            found.append(Offer(posts, "wordpress_rest", "", "declared"))
    return found


def _linked(tree: Selector, base: str) -> list[Offer]:
    found = []
    for anchor in tree.css("a[href]"):
        href = anchor.attrib["href"].strip()
        if href.startswith(("#", "mailto:", "javascript:")) or not _LOOKS_LIKE_FEED.search(
            urlsplit(href).path
        ):
            continue
        words = " ".join(" ".join(anchor.css("::text").getall()).split())
        found.append(Offer(urljoin(base, href), _kind(href), words, "linked"))
    return found


def _in_robots(robots: Robots | None) -> list[Offer]:
    named = robots.sitemaps() if robots else ()
    return [Offer(u, "news_sitemap" if "news" in u.lower() else "sitemap", "", "robots") for u in named]


def _kind(address: str) -> str:
    return "json_feed" if address.endswith(".json") else "rss"
