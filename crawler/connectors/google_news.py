"""Google News: what its search lists of the last day. For discovery only: title, outlet and link are kept.

The links lead through news.google.com and are not decoded; no page is fetched. Off until somebody signs that it may be
read: the feed is undocumented, and the terms leave commercial use in doubt.
"""

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime
from urllib.parse import urlencode

from crawler.feed_listing import FeedListing
from crawler.queries import queries
from crawler.shapes import server
from domain.errors import ConfigError
from domain.model import Checkpoint, Entry, Fetched, Request, Source, Tombstone


class GoogleNews(FeedListing):
    """`url` is https://news.google.com/. `options`: `queries`; `span` (as the search knows it, default 1d). Language
    and country are the source's."""

    kind = "google_news"
    needs_sign_off = True
    leaves_pages_alone = True

    def plan(self, source: Source, checkpoint: Checkpoint, now: datetime) -> Iterable[Request]:
        """One feed per query. Raises ConfigError when there is none."""
        asked = queries(source)
        if not asked:
            raise ConfigError(f"source {source.id!r} asks nothing", remedy="give options: queries")
        language, country = source.language, "GB" if source.market == "UK" else source.market
        for query in asked:
            words = f"{query.words} when:{source.options.get('span', '1d')}"
            place = {"hl": language, "gl": country, "ceid": f"{country}:{language}"}
            yield Request(
                f"{server(source)}/rss/search?{urlencode({'q': words, **place})}", purse=query.purse
            )

    def parse(self, fetched: Fetched, source: Source) -> Iterable[Entry | Tombstone | Request]:
        """Titles and links; what stands below them is a list of other outlets' titles. Raises ParseError."""
        for part in super().parse(fetched, source):
            if isinstance(part, Entry):
                yield replace(part, summary="", content="", language=part.language or source.language)


CONNECTOR = GoogleNews()
