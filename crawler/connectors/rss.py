"""RSS 0.9x to 2.0, Atom and RDF."""

from crawler.feed_listing import FeedListing


class Rss(FeedListing):
    """Any XML feed; `options: {pages: N}` follows `rel="next"`."""

    kind = "rss"


CONNECTOR = Rss()
