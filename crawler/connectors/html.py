"""A listing page: links by CSS or XPath selectors, or those that look like articles."""

from collections.abc import Iterable, Mapping

from crawler.connector import Listing
from crawler.links import article_links, selected_links
from domain.errors import ParseError
from domain.model import Entry, Fetched, Purpose, Request, Source, Tombstone

PAGES_AT_MOST = 5


class HtmlListing(Listing):
    """`options`: `item`, `link`, `title`, `date`, `summary`, `next` are CSS selectors, XPath after `xpath:`;
    without `item` links are chosen by their looks. `include`, `exclude` filter URLs; `pages` follows `next`."""

    kind = "html"

    def parse(self, fetched: Fetched, source: Source) -> Iterable[Entry | Tombstone | Request]:
        """Links in the page's order. Raises ParseError when the body is no HTML or a selector is wrong."""
        if b"<" not in fetched.body[:4096]:
            raise ParseError("not an HTML page", source_id=source.id, remedy="check the address in a browser")
        options: Mapping[str, object] = source.options
        found = (selected_links if options.get("item") else article_links)(fetched, source)
        for link in found.links:
            yield Entry(
                source_id=source.id,
                raw_id=link.url,
                url=link.url,
                title=link.title,
                summary=link.summary,
                published=link.published,
            )
        page = int(fetched.request.context.get("page", "1"))
        if found.next_url and page < min(PAGES_AT_MOST, int(str(options.get("pages", 1)))):
            yield Request(found.next_url, Purpose.LISTING, context={"page": str(page + 1)})


CONNECTOR = HtmlListing()
