"""Reading sitemaps, plain or packed."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from lxml import etree

from crawler.dates import parse_date
from crawler.feed import refuse_declarations
from crawler.guard import BadBody, gunzip, is_gzip
from domain.errors import ParseError
from domain.model import Entry, Source

# The protocol's own limit for an unpacked file is 50 MB; ours is what fits the body limit many times over.
UNPACKED_OCTETS = 50 * 1024 * 1024
# URLs without any date cannot be told old from new; this many from both ends are looked at.
UNDATED = 100


@dataclass(frozen=True, slots=True)
class SitemapUrl:
    """One URL of a sitemap; the news fields are empty in an ordinary one."""

    url: str
    lastmod: datetime | None = None
    title: str = ""
    published: datetime | None = None
    language: str = ""
    tags: tuple[str, ...] = ()

    @property
    def moment(self) -> datetime | None:
        """When it changed last, as far as told."""
        return self.lastmod or self.published


@dataclass(frozen=True, slots=True)
class Sitemap:
    """A file's URLs and, in an index, its children."""

    urls: tuple[SitemapUrl, ...] = ()
    sitemaps: tuple[SitemapUrl, ...] = ()


def read_sitemap(body: bytes, source_id: str) -> Sitemap:
    """Reads a sitemap or index, XML or plain text, gzip or not. Raises ParseError."""
    try:
        body = gunzip(body, UNPACKED_OCTETS) if is_gzip(body) else body
        refuse_declarations(body)
        return _read_text(body) if _is_text(body) else _read_xml(body)
    except (BadBody, etree.XMLSyntaxError, ValueError) as error:
        raise _no_sitemap(source_id, str(error)) from error
    except ParseError as error:
        raise ParseError(error.message, source_id=source_id, remedy=error.remedy) from error


def _no_sitemap(source_id: str, why: str) -> ParseError:
    return ParseError(
        f"no sitemap: {why}"[:300], source_id=source_id, remedy="check the address in a browser"
    )


def _is_text(body: bytes) -> bool:
    return body[:300].lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"http")


def _read_text(body: bytes) -> Sitemap:
    lines = body.decode("utf-8-sig", "replace").split()
    return Sitemap(tuple(SitemapUrl(line) for line in lines if line.startswith("http")))


def _read_xml(body: bytes) -> Sitemap:
    parser = etree.XMLParser(resolve_entities=False, no_network=True, remove_comments=True, recover=False)
    root = etree.fromstring(body.lstrip(), parser)
    name = etree.QName(root).localname
    if name not in ("urlset", "sitemapindex"):
        raise ValueError(f"the root element is <{name}>")
    found = tuple(url for element in root if (url := _url(element)) is not None)
    return Sitemap(sitemaps=found) if name == "sitemapindex" else Sitemap(urls=found)


def _url(element: etree._Element) -> SitemapUrl | None:
    said: dict[str, str] = {}
    for part in element.iter():
        # Image and video extensions repeat loc and title; only the sitemap's own and the news fields count.
        name = etree.QName(part)
        if name.namespace is None or ("image" not in name.namespace and "video" not in name.namespace):
            said.setdefault(name.localname, (part.text or "").strip())
    if not said.get("loc"):
        return None
    return SitemapUrl(
        said["loc"],
        parse_date(said.get("lastmod", "")),
        said.get("title", ""),
        parse_date(said.get("publication_date", "")),
        said.get("language", "")[:2].lower(),
        tuple(word.strip() for word in said.get("keywords", "").split(",") if word.strip()),
    )


def wanted_urls(
    urls: Sequence[SitemapUrl], since: datetime | None, options: Mapping[str, object]
) -> list[SitemapUrl]:
    """URLs changed after `since`, newest first, then undated ones from both ends; by `include` and `exclude`."""
    chosen = [url for url in urls if _passes(url.url, options)]
    dated = [(m, url) for url in chosen if (m := url.moment) is not None and (since is None or m > since)]
    dated.sort(key=lambda pair: pair[0], reverse=True)
    undated = [url for url in chosen if url.moment is None]
    if len(undated) > 2 * UNDATED:
        undated = undated[:UNDATED] + undated[-UNDATED:]
    return [url for _, url in dated] + undated


def _passes(url: str, options: Mapping[str, object]) -> bool:
    include, exclude = (str(options.get(key, "")) for key in ("include", "exclude"))
    return (not include or bool(re.search(include, url))) and not (exclude and re.search(exclude, url))


def entry_of(url: SitemapUrl, source: Source) -> Entry:
    """A URL in the domain's words; what it lacks, its page tells."""
    return Entry(
        source_id=source.id,
        raw_id=url.url,
        url=url.url,
        title=url.title,
        language=url.language,
        published=url.published,
        updated=url.lastmod,
        tags=url.tags,
    )
