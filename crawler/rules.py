"""What a publisher's file in `crawler/pages/` is made of, and which file reads which address."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import cache

from lxml.html import HtmlElement

from crawler.body import paragraph_of
from crawler.boilerplate import kept
from crawler.bylines import split_authors
from crawler.canonical import host_of
from crawler.dom import all_texts, decoded, first_text, parsed
from crawler.jsonld import LinkedArticle, linked_article
from crawler.stamps import iso_time
from domain.model import Page, PageKind
from domain.registry import names_in, plug

PACKAGE = "crawler.pages"
TITLES = {"shared": "string(//meta[@property='og:title']/@content)", "shown": "//h1"}


@dataclass(frozen=True, slots=True, kw_only=True)
class SiteRules:
    """One publisher's markup during one age. XPaths find elements or attributes; "" leaves the field to the cascade.

    `title`: `headline` (JSON-LD), `shared` (og:title), `shown` (the h1), or an XPath. `body` finds the blocks of
    the text in order, headings included; `drop` those among them that are not of it. `live` is true where the
    page is a live blog. `no_authors` are names that stand for nobody. `valid_until` is the last day of this markup,
    None while it is in use. `tidy` is applied to the page read, for what an XPath cannot say.
    """

    hosts: tuple[str, ...]
    valid_until: date | None = None
    title: str = ""
    lead: str = ""
    body: str = ""
    drop: str = ""
    authors: str = ""
    no_authors: tuple[str, ...] = ()
    published: str = ""
    modified: str = ""
    section: str = ""
    paywall: str = ""
    comments: str = ""
    live: str = ""
    tidy: Callable[[Page], Page] = field(default=lambda page: page)

    def read(self, html: bytes, url: str) -> Page:
        """What the page says; empty fields are left to the next step of the cascade."""
        tree = parsed(decoded(html))
        return self.read_tree(tree, url, linked_article(tree, url) or LinkedArticle())

    def read_tree(self, tree: HtmlElement, url: str, linked: LinkedArticle) -> Page:
        """The same from what is parsed already; does not change it."""
        return self.tidy(
            Page(
                url=url,
                kind=PageKind.LIVEBLOG if self.live and _found(tree, self.live) else PageKind.ARTICLE,
                title=self._title(tree, linked),
                lead=first_text(tree, self.lead) if self.lead else "",
                text="\n".join(self._blocks(tree)),
                authors=split_authors(all_texts(tree, self.authors)) if self.authors else (),
                published=iso_time(first_text(tree, self.published)) if self.published else "",
                modified=iso_time(first_text(tree, self.modified)) if self.modified else "",
                section=first_text(tree, self.section) if self.section else "",
                paywalled=True if self.paywall and _found(tree, self.paywall) else None,
                comments=_number(first_text(tree, self.comments)) if self.comments else None,
            )
        )

    def _title(self, tree: HtmlElement, linked: LinkedArticle) -> str:
        if self.title == "headline":
            return linked.headline
        return first_text(tree, TITLES.get(self.title, self.title)) if self.title else ""

    def _blocks(self, tree: HtmlElement) -> list[str]:
        if not self.body:
            return []
        dropped = set(tree.xpath(self.drop)) if self.drop else set()
        found = tree.xpath(self.body)
        own = [element for element in found if not _within(element, dropped)]
        return [paragraph.text for paragraph in kept([paragraph_of(element) for element in own])]


def _within(element: HtmlElement, dropped: set[HtmlElement]) -> bool:
    return bool(dropped) and any(one in dropped for one in (element, *element.iterancestors()))


def _found(tree: HtmlElement, xpath: str) -> bool:
    return bool(tree.xpath(xpath))


def _number(text: str) -> int | None:
    digits = "".join(letter for letter in text if letter.isdigit())
    return int(digits[:9]) if digits else None


@cache
def _by_host() -> Mapping[str, tuple[SiteRules, ...]]:
    """All ages of a publisher's rules by host, as the files give them: newest first."""
    found: dict[str, tuple[SiteRules, ...]] = {}
    for name in names_in(PACKAGE):
        for rules in plug(PACKAGE, name).AGES:
            for host in rules.hosts:
                found[host] = (*found.get(host, ()), rules)
    return found


def rules_for(url: str) -> tuple[SiteRules, ...]:
    """The ages to try for this address, newest first; empty for a publisher without a file."""
    labels = host_of(url).split(".")
    by_host = _by_host()
    tails = (".".join(labels[start:]) for start in range(len(labels)))
    return next((by_host[tail] for tail in tails if tail in by_host), ())
