"""Links of a page: by selectors, by their looks, and the feeds it names."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import urldefrag, urljoin, urlsplit

import tldextract
from lxml import etree
from parsel import Selector, SelectorList
from w3lib.encoding import html_to_unicode

from crawler.dates import parse_date
from domain.errors import ParseError
from domain.model import Fetched, Source

# Headlines are longer than menu entries; four words is the shortest seen on front pages.
TITLE_WORDS = 4
TITLE_CHARACTERS = 22
# A link in a longer paragraph is part of a sentence.
SENTENCE_FACTOR = 1.6
# A name of the site without its subdomains, from the bundled list, never from the network.
_registrable = tldextract.TLDExtract(suffix_list_urls=(), cache_dir=None)

_ASIDE = ("nav", "footer", "form")
_DATE_PATH = re.compile(r"/(?:19|20)\d\d[/-](?:0?[1-9]|1[0-2])(?:[/-]|$)")
_NUMBER = re.compile(r"\d{5,}")
_NOT_ARTICLES = re.compile(
    r"/(?:tag|tags|thema|themen|topic|topics|author|autor|autoren|auteur|category|kategorie|search|suche|login|"
    r"abo|newsletter|impressum|datenschutz|privacy|terms|agb|kontakt|contact|jobs|shop|podcasts?|video[s]?/?$|"
    r"wetter|horoskop|raetsel|spiele|kalender|calendar)(?:/|$|\.)",
    re.I,
)
_FILES = re.compile(r"\.(?:pdf|jpe?g|png|gif|svg|webp|mp[34]|zip|css|js|xml|rss|ics|docx?|xlsx?)$", re.I)


@dataclass(frozen=True, slots=True)
class Link:
    """A link to what may be an article; `url` is absolute, without a fragment."""

    url: str
    title: str
    summary: str = ""
    published: datetime | None = None


@dataclass(frozen=True, slots=True)
class Links:
    """Links of one page in its order; `next_url` is "" when there is no further page."""

    links: tuple[Link, ...]
    next_url: str = ""


def registered_domain(url: str) -> str:
    """`example.co.uk` of `https://news.example.co.uk/feed`; "" for an address without one."""
    found = _registrable(url)
    return f"{found.domain}.{found.suffix}" if found.domain and found.suffix else ""


def page_of(fetched: Fetched) -> tuple[Selector, str]:
    """The page as a tree, and the base of its links."""
    _, text = html_to_unicode(fetched.headers.get("content-type"), fetched.body)
    tree = Selector(text=text.replace("\0", "") or "<html/>", type="html")
    return tree, urljoin(fetched.url, tree.css("base::attr(href)").get("") or "")


# --- by selectors --------------------------------------------------------------------------------


def selected_links(fetched: Fetched, source: Source) -> Links:
    """What the source's selectors find. Raises ParseError for a selector that is wrong."""
    tree, base = page_of(fetched)

    def select(node: Selector, name: str, default: str = "") -> SelectorList[Selector]:
        rule = str(source.options.get(name, default))
        try:
            return _select(node, rule)
        except (ValueError, etree.XPathError, SyntaxError) as error:
            raise ParseError(
                f"the selector {name}: {rule!r} is wrong: {error}"[:300],
                source_id=source.id,
                remedy="write CSS, or XPath after `xpath:`",
            ) from error

    found = []
    for item in select(tree, "item"):
        url = _first(select(item, "link", "a::attr(href), ::attr(href)"))
        title = _first(select(item, "title", "h1, h2, h3, h4")) or _words(item)
        if url and title:
            found.append(
                Link(
                    urldefrag(urljoin(base, url))[0],
                    title,
                    _first(select(item, "summary")),
                    _moment(select(item, "date", "time::attr(datetime)")),
                )
            )
    following = _first(select(tree, "next", "link[rel=next]::attr(href)"))
    return Links(_unique(found), urljoin(base, following) if following else "")


def _select(node: Selector, rule: str) -> SelectorList[Selector]:
    if not rule:
        return node.css("no-such-element")
    return node.xpath(rule.removeprefix("xpath:")) if rule.startswith("xpath:") else node.css(rule)


def _first(found: SelectorList[Selector]) -> str:
    return next((words for node in found if (words := _words(node))), "")


def _words(node: Selector) -> str:
    """The text of an element, or the value of an attribute, with single spaces."""
    inside = ".//text()[not(ancestor::style or ancestor::script or ancestor::svg)]"
    parts = node.xpath(inside).getall() if isinstance(node.root, etree._Element) else [node.get() or ""]
    return " ".join(" ".join(parts).split())


def _moment(found: SelectorList[Selector]) -> datetime | None:
    return parse_date(_first(found))


def _unique(links: list[Link]) -> tuple[Link, ...]:
    """One link per URL, the one with the longest title, at the place of the first."""
    best: dict[str, Link] = {}
    for link in links:
        if link.url not in best or len(link.title) > len(best[link.url].title):
            best[link.url] = link
    return tuple(best.values())


# --- by looks ------------------------------------------------------------------------------------


def article_links(fetched: Fetched, source: Source) -> Links:
    """Links that look like articles of the same site, by address and by the length of their words."""
    tree, base = page_of(fetched)
    home = site_of(base)
    links = [
        link
        for link in _anchors(tree, base, fetched.url.partition("?")[0])
        if _looks_like_article(link, home, source)
    ]
    following = tree.css("link[rel=next]::attr(href), a[rel=next]::attr(href)").get("")
    return Links(_unique(links), urljoin(base, following) if following else "")


def site_of(url: str) -> str:
    """The registrable name of a URL's host (`blatt.de` of `www.blatt.de`), or the host where there is none."""
    host = urlsplit(url).hostname or ""
    return _registrable(url).top_domain_under_public_suffix or host.removeprefix("www.")


def _anchors(tree: Selector, base: str, own: str) -> Iterator[Link]:
    """Links outside navigation, forms and running text, and not to the page itself."""
    aside = " or ".join(f"ancestor::{name}" for name in _ASIDE)
    for anchor in tree.xpath(f"//a[@href][not({aside})]"):
        try:
            url = urldefrag(urljoin(base, (anchor.attrib["href"] or "").strip()))[0]
        except ValueError:
            continue
        paragraph = _first(anchor.xpath("ancestor::p[1]"))
        if url.partition("?")[0] == own or len(paragraph) > SENTENCE_FACTOR * len(_words(anchor)):
            continue
        heading = _first(anchor.css("h1, h2, h3, h4"))
        title = heading or _words(anchor) or anchor.attrib.get("title", "").strip()
        holder = anchor.xpath("ancestor::article[1]//time/@datetime").get("")
        yield Link(url, title, published=parse_date(holder))


def _looks_like_article(link: Link, home: str, source: Source) -> bool:
    parts = urlsplit(link.url)
    include, exclude = (str(source.options.get(key, "")) for key in ("include", "exclude"))
    if (
        parts.scheme not in ("http", "https")
        or site_of(link.url) != home
        or (exclude and re.search(exclude, link.url))
    ):
        return False
    if include:
        return bool(re.search(include, link.url)) and bool(link.title)
    if _FILES.search(parts.path) or _NOT_ARTICLES.search(parts.path) or parts.path.count("/") < 1:
        return False
    long_enough = len(link.title) >= TITLE_CHARACTERS and len(link.title.split()) >= TITLE_WORDS
    return long_enough and article_address(parts.path + (f"?{parts.query}" if parts.query else ""))


def article_address(path: str) -> bool:
    """Whether a path reads like one article: a date, a long number, or a slug of four words."""
    last = path.rstrip("/").rsplit("/", 1)[-1]
    return bool(
        _DATE_PATH.search(path) or _NUMBER.search(path) or len([w for w in re.split(r"[-_]", last) if w]) >= 4
    )
