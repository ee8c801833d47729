"""JSON Feed 1.0 and 1.1."""

from crawler.feed_listing import FeedListing


class JsonFeed(FeedListing):
    """A JSON feed; `options: {pages: N}` follows `next_url`."""

    kind = "json_feed"


CONNECTOR = JsonFeed()
