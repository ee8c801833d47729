"""News sitemaps: the last two days with titles, in Google's news namespace."""

from collections.abc import Iterable, Sequence
from datetime import datetime

from crawler.connector import Listing
from crawler.sitemaps import entry_of, read_sitemap, wanted_urls
from domain.model import Checkpoint, Entry, Fetched, Purpose, Request, Source, Tombstone


class NewsSitemap(Listing):
    """A news sitemap or an index of them; `options`: `include` and `exclude` as for sitemaps."""

    kind = "news_sitemap"

    def plan(self, source: Source, checkpoint: Checkpoint, now: datetime) -> Iterable[Request]:
        """The file; by its own rules it holds two days, so no watermark is needed."""
        yield Request(source.url)

    def parse(self, fetched: Fetched, source: Source) -> Iterable[Entry | Tombstone | Request]:
        """Newest first; URLs without news fields are left to `kind: sitemap`. Raises ParseError."""
        sitemap = read_sitemap(fetched.body, source.id)
        for child in sitemap.sitemaps:
            yield Request(child.url, Purpose.LISTING)
        for url in wanted_urls(sitemap.urls, None, source.options):
            if url.title:
                yield entry_of(url, source)

    def advance(self, source: Source, checkpoint: Checkpoint, entries: Sequence[Entry]) -> Checkpoint:
        """Remembers titles, so that a changed headline is noticed."""
        return super().advance(source, checkpoint, entries)


CONNECTOR = NewsSitemap()
