"""What an outlet has out, as RSS 2.0, Atom, RDF, JSON Feed, sitemaps and WordPress's REST answers."""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import format_datetime
from typing import Any
from xml.sax.saxutils import escape, quoteattr

from lagebild.demo.clock import LOCAL
from lagebild.demo.markup import description, iso
from lagebild.demo.outlets import Outlet
from lagebild.demo.world import Article, Version


@dataclass(frozen=True, slots=True)
class Listed:
    """One line of a feed: the article, its wording now, and the address the outlet gives out for it."""

    article: Article
    version: Version
    link: str

    @property
    def paragraphs(self) -> str:
        return "".join(f"<p>{escape(paragraph)}</p>" for paragraph in self.version.paragraphs)

    @property
    def summary(self) -> str:
        return description(self.version)


def rss(outlet: Outlet, base: str, lines: Sequence[Listed], built: datetime) -> str:
    items = "".join(_rss_item(outlet, line) for line in lines)
    return (
        '<?xml version="1.0" encoding="utf-8"?>\n<rss version="2.0" xmlns:dc="http://purl.org/dc/elements/1.1/" '
        'xmlns:atom="http://www.w3.org/2005/Atom" xmlns:content="http://purl.org/rss/1.0/modules/content/"><channel>'
        f"<title>{escape(outlet.name)}</title><link>{base}/</link><language>{outlet.language}</language>"
        f"<lastBuildDate>{format_datetime(built)}</lastBuildDate><ttl>15</ttl>{items}</channel></rss>"
    )


def _rss_item(outlet: Outlet, line: Listed) -> str:
    article = line.article
    date = (
        ""
        if "no_dates" in outlet.quirks
        else f"<pubDate>{format_datetime(article.published.astimezone(LOCAL))}</pubDate>"
    )
    if "says_updated" in outlet.quirks:
        date += f"<atom:updated>{iso(line.version.since)}</atom:updated>"
    author = "".join(f"<dc:creator>{escape(name)}</dc:creator>" for name in article.authors)
    section = f"<category>{escape(article.section)}</category>" if article.section else ""
    return (
        f"\n<item><title>{escape(line.version.title)}</title><link>{escape(line.link)}</link>"
        f'<guid isPermaLink="false">{outlet.id}-{article.number}</guid>{date}{author}{section}'
        f"<description>{escape(line.summary)}</description></item>"
    )


def atom(outlet: Outlet, base: str, lines: Sequence[Listed], built: datetime) -> str:
    entries = "".join(_atom_entry(outlet, line) for line in lines)
    return (
        '<?xml version="1.0" encoding="utf-8"?>\n'
        f'<feed xmlns="http://www.w3.org/2005/Atom" xml:lang="{outlet.language}"><title>{escape(outlet.name)}</title>'
        f'<id>tag:{outlet.id},2026:feed</id><link href="{base}/"/><link rel="self" href="{base}/feed.xml"/>'
        f"<updated>{built.isoformat(timespec='seconds')}</updated>{entries}</feed>"
    )


def _atom_entry(outlet: Outlet, line: Listed) -> str:
    article = line.article
    authors = "".join(f"<author><name>{escape(name)}</name></author>" for name in article.authors)
    full = f'<content type="html">{escape(line.paragraphs)}</content>' if "full_feed" in outlet.quirks else ""
    return (
        f"\n<entry><title>{escape(line.version.title)}</title><link href={quoteattr(line.link)}/>"
        f"<id>tag:{outlet.id},2026:{article.number}</id><published>{iso(article.published)}</published>"
        f"<updated>{iso(line.version.since)}</updated>{authors}<summary>{escape(line.summary)}</summary>{full}</entry>"
    )


def rdf(outlet: Outlet, base: str, lines: Sequence[Listed], built: datetime) -> str:
    items = "".join(
        f"\n<item rdf:about={quoteattr(line.link)}><title>{escape(line.version.title)}</title>"
        f"<link>{escape(line.link)}</link><description>{escape(line.summary)}</description>"
        f"<dc:date>{iso(line.article.published)}</dc:date></item>"
        for line in lines
    )
    encoding = "windows-1252" if "windows_1252" in outlet.quirks else "utf-8"
    return (
        f'<?xml version="1.0" encoding="{encoding}"?>\n<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" '
        'xmlns="http://purl.org/rss/1.0/" xmlns:dc="http://purl.org/dc/elements/1.1/">'
        f'<channel rdf:about="{base}/feed.xml"><title>{escape(outlet.name)}</title><link>{base}/</link>'
        f"<description>{escape(outlet.name)}</description><dc:date>{iso(built)}</dc:date></channel>{items}</rdf:RDF>"
    )


def json_feed(outlet: Outlet, base: str, lines: Sequence[Listed], built: datetime) -> str:
    items = [
        {
            "id": f"{outlet.id}-{line.article.number}",
            "url": line.link,
            "title": line.version.title,
            "summary": line.summary,
            "date_published": iso(line.article.published),
            "date_modified": iso(line.version.since),
            "authors": [{"name": name} for name in line.article.authors],
            "language": line.article.language,
        }
        for line in lines
    ]
    head = {"version": "https://jsonfeed.org/version/1.1", "title": outlet.name, "home_page_url": f"{base}/"}
    return json.dumps(head | {"language": outlet.language, "items": items}, ensure_ascii=False, indent=1)


Form = Callable[[Outlet, str, Sequence[Listed], datetime], str]
FEEDS: Mapping[str, Form] = {"rss": rss, "atom": atom, "rdf": rdf}


def sitemap(lines: Sequence[Listed]) -> str:
    rows = "".join(
        f"\n<url><loc>{escape(line.link)}</loc><lastmod>{iso(line.version.since)}</lastmod></url>"
        for line in lines
    )
    return f'<?xml version="1.0" encoding="UTF-8"?>\n<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">{rows}\n</urlset>'


def sitemap_index(locations: Sequence[str], built: datetime) -> str:
    rows = "".join(
        f"\n<sitemap><loc>{loc}</loc><lastmod>{iso(built)}</lastmod></sitemap>" for loc in locations
    )
    return f'<?xml version="1.0" encoding="UTF-8"?>\n<sitemapindex xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">{rows}\n</sitemapindex>'


def news_sitemap(outlet: Outlet, lines: Sequence[Listed]) -> str:
    rows = "".join(
        f"\n<url><loc>{escape(line.link)}</loc><lastmod>{iso(line.version.since)}</lastmod><news:news><news:publication>"
        f"<news:name>{escape(outlet.name)}</news:name><news:language>{outlet.language}</news:language></news:publication>"
        f"<news:publication_date>{iso(line.article.published)}</news:publication_date>"
        f"<news:title>{escape(line.version.title)}</news:title></news:news></url>"
        for line in lines
    )
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9" '
        f'xmlns:news="http://www.google.com/schemas/sitemap-news/0.9">{rows}\n</urlset>'
    )


def wordpress_post(line: Listed) -> dict[str, Any]:
    """One element of /wp-json/wp/v2/posts."""
    article, version = line.article, line.version
    return {
        "id": article.number,
        "date": _naive(article.published.astimezone(LOCAL)),
        "date_gmt": _naive(article.published.astimezone(UTC)),
        "modified": _naive(version.since.astimezone(LOCAL)),
        "modified_gmt": _naive(version.since.astimezone(UTC)),
        "slug": article.path.strip("/").rsplit("/", 1)[-1],
        "guid": {
            "rendered": f"{line.link.split('/', 3)[0]}//{line.link.split('/', 3)[2]}/?p={article.number}"
        },
        "status": "publish",
        "type": "post",
        "link": line.link,
        "title": {"rendered": escape(version.title)},
        "content": {"rendered": line.paragraphs, "protected": False},
        "excerpt": {"rendered": f"<p>{escape(line.summary)}</p>", "protected": False},
        "author": 1,
        "categories": [1],
        "tags": [],
        "_embedded": {"author": [{"name": name} for name in article.authors]},
    }


def _naive(moment: datetime) -> str:
    return moment.replace(tzinfo=None).isoformat(timespec="seconds")
