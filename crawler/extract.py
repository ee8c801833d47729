"""HTML bytes -> Page: what an article page says, field by field, with where each field came from."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date

from htmldate import find_date
from lxml.etree import LxmlError
from lxml.html import HtmlElement

from crawler.body import article_paragraphs, seen_text
from crawler.bylines import split_authors
from crawler.canonical import canonical_url, host_of
from crawler.consent import is_consent_wall, is_error_page
from crawler.dom import all_texts, decoded, first_text, parsed, text_of
from crawler.jsonld import LinkedArticle, linked_article
from crawler.liveblog import is_live, with_updates
from crawler.metatags import MetaTags, meta_tags, rights_of
from crawler.plain import one_line
from crawler.rules import SiteRules, rules_for
from crawler.stamps import day_of, iso_time
from domain.model import Page, PageKind

ENOUGH_TEXT = 350  # characters from publisher rules that make the general reading unnecessary
HALF = 0.5
PAID = {"locked": True, "metered": True, "paid": True, "premium": True, "plus": True, "free": False}
KICKER = re.compile(r"[:|–—-]\s*$")
SITE_NAME_JOINT = re.compile(r"\s+[|–—\-·•»]\s+")
SAYS_VON = " or ".join(
    f"starts-with(normalize-space(.),'{word} ')" for word in ("Von", "von", "By", "Par", "Di")
)
IN_ARTICLE = "ancestor::article or ancestor::main or ancestor::header"
# Asked of each element found, since libxml2 joins the descendants of several elements in quadratic time.
BYLINES = (
    "//*[@itemprop='author']//*[@itemprop='name'] | //*[@itemprop='author'][not(.//*[@itemprop='name'])]",
    "//a[@rel='author'] | //*[@class='author-name' or @class='byline__name' or @class='author__name']",
    f"//*[contains(@class,'author') or contains(@class,'byline') or contains(@class,'Author')][{IN_ARTICLE}]"
    "[not(ancestor::footer) and not(ancestor::aside)][string-length(normalize-space(.)) < 90]",
    f"//*[self::p or self::div or self::span][{SAYS_VON}][{IN_ARTICLE}][string-length(normalize-space(.)) < 80]",
)
TIMES = (
    f"//time[@itemprop='datePublished' or @pubdate]/@datetime | //time[{IN_ARTICLE}]/@datetime",
    "//*[self::span or self::div or self::p or self::time][contains(@class,'date') or contains(@class,'datum') or contains(@class,'Date')"
    " or contains(@class,'time') or contains(@class,'published')][string-length(normalize-space(.)) < 60]",
)


@dataclass(frozen=True, slots=True)
class _Labels:
    """What the page says of itself, read once."""

    linked: LinkedArticle
    meta: MetaTags
    shown: str  # the h1

    @property
    def name_an_article(self) -> bool:
        dated = self.linked.published or self.meta.first("article:published_time", "date", "datepublished")
        return bool(dated and (self.linked.type or self.meta.first("og:type").endswith("article")))

    def without(self, nobody: tuple[str, ...]) -> "_Labels":
        """The same without these author names."""
        linked = replace(
            self.linked, authors=tuple(name for name in self.linked.authors if name not in nobody)
        )
        meta = replace(self.meta, authors=tuple(name for name in self.meta.authors if name not in nobody))
        return replace(self, linked=linked, meta=meta)


def extract(html: bytes, url: str = "", *, content_type: str = "") -> Page:
    """What the page says. Never raises on what a server may send.

    The cascade, each step filling what the one before left empty:

    1. decode and parse, once; every step shares the tree
    2. publisher rules (`crawler/pages/`), the age that fits the page's day first
    3. JSON-LD metadata
    4. meta tags, then bylines and times in the page, then htmldate
    5. the text: trafilatura, precise first and wider where that is weak, its paragraphs held against a
       plausible JSON-LD articleBody; without one, the line rules of `crawler/boilerplate.py`; all `<p>` of the
       article part; as the last resort the articleBody itself. The feed's text steps in at `normalise`
    6. live blogs keep their entries
    7. the kind: a consent wall or an error page keeps title and address, and no text

    `origin` names the step by field. Rights are read from the page's own tags and obeyed later, by `normalise`.
    """
    tree = parsed(decoded(html, content_type))  # 1
    labels = _Labels(linked_article(tree, url) or LinkedArticle(), meta_tags(tree), first_text(tree, "//h1"))
    page, labels = _by_publisher(tree, url, labels)  # 2
    page = _filled(page, _from_linked(labels, page.url), "json-ld")  # 3
    page = _filled(page, _from_meta(labels.meta), "meta")  # 4
    page = _filled(page, _from_markup(tree, page, labels), "page")
    page = _filled(page, _dated_by_guess(tree, url, page), "htmldate")
    page = _with_text(tree, url, page, labels)  # 5
    page = _as_live_blog(tree, page, labels)  # 6
    return _judged(tree, url, page, labels)  # 7


# --- filling -------------------------------------------------------------------------------------


def _filled(page: Page, found: Mapping[str, object], step: str) -> Page:
    """The page with the fields that were empty and are now known."""
    new = {
        name: value for name, value in found.items() if value not in ("", (), None) and _is_open(page, name)
    }
    if not new:
        return page
    return replace(page, **new, origin={**page.origin, **dict.fromkeys(new, step)})  # type: ignore[arg-type]


def _is_open(page: Page, name: str) -> bool:
    return getattr(page, name) in ("", (), None)


def _by_publisher(tree: HtmlElement, url: str, labels: _Labels) -> tuple[Page, _Labels]:
    """The page by its publisher's rules, and the labels without the names that these say stand for nobody."""
    rights, evidence = rights_of(labels.meta)
    bare = Page(
        url=url, rights=rights, rights_evidence=evidence, origin={"rights": "meta"} if evidence else {}
    )
    day = day_of(iso_time(labels.linked.published or labels.meta.first("article:published_time")))
    read: Page | None = None
    nobody: tuple[str, ...] = ()
    for rules in _by_age(rules_for(url or labels.meta.canonical), day):
        read, nobody = rules.read_tree(tree, url, labels.linked), rules.no_authors
        if len(read.text) >= ENOUGH_TEXT or not rules.body:
            break
    if read is None:
        return bare, labels
    fields = ("title", "lead", "text", "authors", "published", "modified", "section", "paywalled", "comments")
    page = _filled(bare, {name: getattr(read, name) for name in fields}, "publisher rules")
    return replace(page, kind=read.kind), labels.without(nobody)


def _by_age(ages: tuple[SiteRules, ...], day: str) -> Iterator[SiteRules]:
    """Those that were in use on the page's day first, oldest first among them; then the others."""
    on = date.fromisoformat(day) if day else date.max
    fits = [rules for rules in ages if (rules.valid_until or date.max) >= on]
    yield from sorted(fits, key=lambda rules: rules.valid_until or date.max)
    yield from (rules for rules in ages if rules not in fits)


def _from_linked(labels: _Labels, url: str) -> Mapping[str, object]:
    linked = labels.linked
    return {
        "title": _headline(labels),
        "lead": linked.description,
        "authors": _persons_first(labels),
        "published": iso_time(linked.published),
        "modified": iso_time(linked.modified),
        "section": linked.section,
        "tags": linked.tags,
        "language": linked.language[:2].lower(),
        "paywalled": None if linked.free is None else not linked.free,
        "comments": linked.comments,
    }


def _persons_first(labels: _Labels) -> tuple[str, ...]:
    """The JSON-LD's authors, unless they are the house alone and a meta tag names a person."""
    linked, tagged = split_authors(labels.linked.authors), split_authors(labels.meta.authors)
    house = _own_names(labels)
    if linked and all(_bare(name) in house for name in linked) and tagged and _bare(tagged[0]) not in house:
        return tagged
    return linked


def _headline(labels: _Labels) -> str:
    """The headline without kicker or section where the shared title shows that it has one.

    Where the shared title is the one shown, it is the headline, and `headline` is a line written for search.
    English newsrooms set a short headline as og:title and a search line as `headline`: there the former wins.
    """
    headline = _without_site(labels.linked.headline, labels)
    shared = _without_site(labels.meta.first("og:title"), labels)
    if shared and headline.endswith(shared) and KICKER.search(headline.removesuffix(shared)):
        return shared
    if shared and headline.startswith(shared) and SITE_NAME_JOINT.match(headline.removeprefix(shared)):
        return shared
    is_shown = _bare(shared) == _bare(labels.shown)
    return shared if shared and (is_shown or labels.meta.language == "en") else headline


def _without_site(title: str, labels: _Labels) -> str:
    """`Headline | Site` without the site."""
    parts = SITE_NAME_JOINT.split(title)
    if len(parts) < 2:
        return title
    if _bare(parts[-1]) not in _own_names(labels):
        return title
    return title[: title.rindex(parts[-1])].rstrip(" |–—-·•»")


def _own_names(labels: _Labels) -> frozenset[str]:
    """What the outlet calls itself, letters only."""
    host = host_of(labels.meta.canonical)
    names = (
        labels.meta.first("og:site_name"),
        labels.meta.first("application-name"),
        labels.linked.publisher,
        host,
        host.rpartition(".")[0],
    )
    return frozenset(map(_bare, names)) - {""}


def _bare(name: str) -> str:
    return re.sub(r"[\W_]", "", name).casefold()


def _from_meta(meta: MetaTags) -> Mapping[str, object]:
    tier = meta.first("article:content_tier", "content_tier").lower()
    return {
        "lead": meta.first("og:description", "description", "twitter:description"),
        "authors": split_authors(meta.authors),
        "published": iso_time(meta.first("article:published_time", "article:published", "datepublished", "date", "dc.date.issued", "dcterms.created", "dc.date", "publish-date", "parsely-pub-date", "citation_online_date", "citation_publication_date", "pubdate", "last-modified-date")),
        "modified": iso_time(meta.first("article:modified_time", "datemodified", "og:updated_time", "last-modified", "dcterms.modified")),
        "section": meta.first("article:section"),
        "tags": meta.tags or tuple(filter(None, map(one_line, meta.first("news_keywords", "keywords").split(",")))),
        "language": meta.language,
        "paywalled": PAID.get(tier),
        "canonical_url": meta.canonical,
    }  # fmt: skip


def _from_markup(tree: HtmlElement, page: Page, labels: _Labels) -> Mapping[str, object]:
    shared = _without_site(labels.meta.first("og:title", "twitter:title"), labels)
    return {
        "title": shared or labels.shown or _without_site(first_text(tree, "//title"), labels),
        "authors": _bylines(tree) if not page.authors else (),
        "published": _first_time(tree) if not page.published else "",
    }


def _bylines(tree: HtmlElement) -> tuple[str, ...]:
    return next(filter(None, (split_authors(_together(tree, xpath)) for xpath in BYLINES)), ())


def _together(tree: HtmlElement, xpath: str) -> tuple[str, ...]:
    """The first text found and those that stand in the same element; further ones belong to other articles."""
    found = [element for element in tree.xpath(xpath) if text_of(element)]
    return tuple(text_of(element) for element in found if element.getparent() is found[0].getparent())


def _first_time(tree: HtmlElement) -> str:
    return next(filter(None, (iso_time(text) for xpath in TIMES for text in all_texts(tree, xpath)[:8])), "")


def _dated_by_guess(tree: HtmlElement, url: str, page: Page) -> Mapping[str, object]:
    if page.published:
        return {}
    try:
        return {
            "published": find_date(tree, original_date=True, extensive_search=False, url=url or None) or ""
        }
    except (ValueError, TypeError, AttributeError, LxmlError, OverflowError):
        return {}


# --- text and kind -------------------------------------------------------------------------------


def _with_text(tree: HtmlElement, url: str, page: Page, labels: _Labels) -> Page:
    if len(page.text) >= max(ENOUGH_TEXT, HALF * len(labels.linked.body)):
        return page
    paragraphs, step = article_paragraphs(tree, url, labels.linked.body)
    titles = {_bare(page.title), _bare(labels.shown)}
    text = "\n".join(_without_titles([paragraph.text for paragraph in paragraphs], titles))
    if len(text) <= len(page.text):
        return page
    return replace(page, text=text, origin={**page.origin, "text": step})


def _without_titles(lines: list[str], titles: set[str]) -> list[str]:
    """The lines without those at the head that only repeat the title."""
    while lines and _bare(lines[0]) in titles:
        lines = lines[1:]
    return lines


def _as_live_blog(tree: HtmlElement, page: Page, labels: _Labels) -> Page:
    if page.kind is not PageKind.LIVEBLOG and not is_live(tree, labels.linked, page.title):
        return page
    text = with_updates(page.text, labels.linked.updates)
    return replace(page, kind=PageKind.LIVEBLOG, text=text)


def _judged(tree: HtmlElement, url: str, page: Page, labels: _Labels) -> Page:
    labelled = labels.name_an_article
    seen = page.text if labelled else seen_text(tree)
    title = page.title or first_text(tree, "//title")
    kind = page.kind
    if is_consent_wall(title, seen, url, labelled):
        kind = PageKind.CONSENT
    elif is_error_page(title, seen, labelled):
        kind = PageKind.ERROR
    address = (
        canonical_url(page.canonical_url) if page.canonical_url.startswith("http") else canonical_url(url)
    )
    page = replace(page, kind=kind, canonical_url=address)
    if kind in (PageKind.CONSENT, PageKind.ERROR):
        return Page(url=url, kind=kind, title=title, canonical_url=canonical_url(url), language=page.language,
                    rights=page.rights, rights_evidence=page.rights_evidence, origin=page.origin)  # fmt: skip
    return page
