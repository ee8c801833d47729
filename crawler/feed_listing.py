"""What the feed connectors share: a parsed feed becomes entries in the domain's words."""

from collections.abc import Iterable

from crawler.connector import Listing
from crawler.feed import Feed, FeedEntry
from crawler.feeds import parse_feed
from domain.errors import ParseError
from domain.model import Entry, Fetched, Purpose, Request, Source, Tombstone

ARCHIVE_PAGES = 5
"""How far `options: {pages: N}` may follow `rel="next"` (RFC 5005)."""


class FeedListing(Listing):
    """Feeds of every kind that `parse_feed` knows; an empty body offers nothing."""

    def parse(self, fetched: Fetched, source: Source) -> Iterable[Entry | Tombstone | Request]:
        """Entries in the feed's order. Raises ParseError."""
        if not fetched.body.strip():
            return
        feed = feed_of(fetched, source)
        for entry in feed.entries:
            yield entry_of(entry, source, feed.language)
        page = int(fetched.request.context.get("page", "1"))
        wanted = min(ARCHIVE_PAGES, int(str(source.options.get("pages", 1))))
        if feed.next_url and page < wanted:
            yield Request(feed.next_url, Purpose.LISTING, context={"page": str(page + 1)})


def feed_of(fetched: Fetched, source: Source) -> Feed:
    """The parsed feed; a ParseError names the source."""
    try:
        return parse_feed(fetched.body, content_type=fetched.headers.get("content-type", ""), url=fetched.url)
    except ParseError as error:
        raise ParseError(error.message, source_id=source.id, remedy=error.remedy) from error


def entry_of(entry: FeedEntry, source: Source, language: str) -> Entry:
    """A feed's entry in the domain's words."""
    return Entry(
        source_id=source.id,
        raw_id=entry.guid or entry.url or entry.title,
        url=entry.url,
        title=entry.title,
        summary=entry.summary,
        content=entry.content,
        language=language.replace("_", "-").split("-")[0].lower(),
        published=entry.published,
        updated=entry.updated,
        authors=entry.authors,
        tags=entry.tags,
        comments=entry.comments,
    )
