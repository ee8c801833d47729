"""`<meta>`, `<link>` and `<html lang>`: the page's labels, and what they say about being read by machines."""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from lxml.html import HtmlElement

from crawler.permission import SHORTENED, WITHHELD, directives
from crawler.plain import one_line
from domain.model import Rights

NAME_ATTRIBUTES = ("property", "name", "itemprop", "http-equiv")
OUR_NAME = "lagebild"
ROBOTS = ("robots", OUR_NAME)
LANGUAGE = re.compile(r"^([a-zA-Z]{2,3})(?:[-_].*)?$")


@dataclass(frozen=True, slots=True)
class MetaTags:
    """First value by lower-case name; `tags` are all of `article:tag`, `authors` all author tags that are no address."""

    values: Mapping[str, str]
    tags: tuple[str, ...] = ()
    authors: tuple[str, ...] = ()
    canonical: str = ""
    amp: str = ""
    language: str = ""

    def first(self, *names: str) -> str:
        """The first of these that is given; empty if none."""
        return next((self.values[name] for name in names if self.values.get(name)), "")


def meta_tags(tree: HtmlElement) -> MetaTags:
    """Reads them all in one walk."""
    values: dict[str, str] = {}
    tags: list[str] = []
    authors: list[str] = []
    for meta in tree.iter("meta"):
        content = one_line(meta.get("content") or "")
        for name in {(meta.get(attribute) or "").strip().lower() for attribute in NAME_ATTRIBUTES} - {""}:
            if content:
                values.setdefault(name, content)
                if name == "article:tag":
                    tags.append(content)
                if name in AUTHOR_NAMES and not content.startswith(("http", "/", "@")):
                    authors.append(content)
    links = {
        link.get("rel", "").lower(): link.get("href", "") for link in tree.iter("link") if link.get("href")
    }
    return MetaTags(
        values=values,
        tags=tuple(dict.fromkeys(tags)),
        authors=tuple(dict.fromkeys(authors)),
        canonical=links.get("canonical", "").strip() or values.get("og:url", ""),
        amp=links.get("amphtml", ""),
        language=_language(tree.get("lang") or tree.get("{http://www.w3.org/XML/1998/namespace}lang") or "")
        or _language(values.get("og:locale", ""))
        or _language(values.get("content-language", "")),
    )


AUTHOR_NAMES = (
    "author", "article:author", "dc.creator", "dcterms.creator", "parsely-author", "sailthru.author",
    "byl", "article:author_name", "cxenseparse:author", "citation_author",
)  # fmt: skip


def _language(stated: str) -> str:
    found = LANGUAGE.match(stated.strip())
    return found[1].lower() if found else ""


def rights_of(meta: MetaTags) -> tuple[Rights, str]:
    """What the page's own tags allow, with the words that say so; evidence is empty when they say nothing.

    The words are weighed as in `crawler.permission`. A tag `tdm-reservation: 0` is evidence too, for it overrides
    what the host or a header said.
    """
    said = {name: directives(meta.first(name), OUR_NAME) for name in ROBOTS}
    for words, rights in ((WITHHELD, Rights.DENY), (SHORTENED, Rights.SNIPPET_ONLY)):
        for name, spoken in said.items():
            if found := [word for word in words if word in spoken]:
                return rights, f"meta {name}: {found[0]}"
    reservation = meta.first("tdm-reservation")
    if reservation == "1":
        return Rights.DENY, "meta tdm-reservation: 1"
    return Rights.ALLOW, f"meta tdm-reservation: {reservation}" if reservation else ""
