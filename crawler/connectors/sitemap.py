"""Sitemaps: index files, gzip, and a watermark over lastmod."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from crawler.connector import Listing
from crawler.dates import parse_date
from crawler.sitemaps import Sitemap, entry_of, read_sitemap, wanted_urls
from domain.model import Checkpoint, Entry, Fetched, Purpose, Request, Source, Tombstone

WATERMARK = "lastmod"
# What a visit leaves behind its page cap is still in reach of the next visits; what we hold is not fetched again.
OVERLAP = timedelta(days=2)
CHILDREN_PER_VISIT = 12


class SitemapListing(Listing):
    """A sitemap or an index of them. `options`: `days` (first visit reaches back so far, default 2), `include`
    and `exclude` (regular expressions over the URL)."""

    kind = "sitemap"

    def plan(self, source: Source, checkpoint: Checkpoint, now: datetime) -> Iterable[Request]:
        """The sitemap, with the moment from which on we want to know."""
        mark = parse_date(checkpoint.cursor.get(WATERMARK, ""))
        days = float(str(source.options.get("days", 2)))
        since = mark - OVERLAP if mark else now - timedelta(days=days)
        yield Request(source.url, context={"since": since.isoformat()})

    def parse(self, fetched: Fetched, source: Source) -> Iterable[Entry | Tombstone | Request]:
        """Newest URLs first; an index asks for its youngest children. Raises ParseError."""
        since = parse_date(fetched.request.context.get("since", ""))
        sitemap = read_sitemap(fetched.body, source.id)
        yield from _children(sitemap, since, fetched)
        for url in wanted_urls(sitemap.urls, since, source.options):
            yield entry_of(url, source)

    def advance(self, source: Source, checkpoint: Checkpoint, entries: Sequence[Entry]) -> Checkpoint:
        """Moves the watermark to the youngest lastmod seen."""
        moments = [m.isoformat() for e in entries if (m := e.updated or e.published) is not None]
        newest = max([checkpoint.cursor.get(WATERMARK, ""), *moments])
        return replace(checkpoint, cursor={**checkpoint.cursor, WATERMARK: newest}) if newest else checkpoint


def _children(sitemap: Sitemap, since: datetime | None, fetched: Fetched) -> Iterable[Request]:
    young = [s for s in sitemap.sitemaps if since is None or s.lastmod is None or s.lastmod >= since]
    young.sort(key=lambda s: s.lastmod.timestamp() if s.lastmod else 0.0, reverse=True)
    for child in young[:CHILDREN_PER_VISIT]:
        yield Request(child.url, Purpose.LISTING, context=fetched.request.context)


CONNECTOR = SitemapListing()
