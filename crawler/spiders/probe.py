"""Fetches one address, for a person who looks at it now."""

from collections.abc import AsyncIterator
from datetime import datetime
from typing import TYPE_CHECKING

import scrapy
from scrapy.http import Response
from twisted.python.failure import Failure

from crawler.faults import Fault
from crawler.guard import Guard
from crawler.settings import CrawlSettings
from crawler.spiders.feed import ACCEPT_LISTING, fetched_from
from crawler.visit import CrawlJob, Visiting, fault_of_error
from domain.model import Checkpoint, Fetched, Lens, Purpose, Source

if TYPE_CHECKING:
    from crawler.spiders.road import Road


class ProbeSpider(scrapy.Spider):
    """One request on the same polite road as all others; `found` gets the answer or the fault."""

    name = "probe"

    def __init__(
        self,
        url: str,
        found: list[Fetched | Fault],
        road: "Road",
        guard: Guard,
        crawl_settings: CrawlSettings,
    ) -> None:
        super().__init__()
        self.url, self.found = url, found
        self.road, self.guard, self.crawl_settings = road, guard, crawl_settings

    async def start(self) -> AsyncIterator[scrapy.Request]:
        """The one request."""
        meta = {
            "visiting": probing(self.url, self.crawl_settings.clock()),
            "purpose": Purpose.DISCOVERY,
            "ignores_robots": False,
        }
        headers = {"Accept": ACCEPT_LISTING}
        yield scrapy.Request(
            self.url, headers=headers, callback=self.read, errback=self.failed, dont_filter=True, meta=meta
        )

    def read(self, response: Response) -> None:
        """Keeps the answer."""
        now = self.crawl_settings.clock()
        self.found.append(fetched_from(response, response.meta["visiting"], now))

    def failed(self, failure: Failure) -> None:
        """Keeps the fault."""
        self.found.append(fault_of_error(failure.value))


def probing(url: str, now: datetime) -> Visiting:
    """A visit to nobody's source."""
    source = Source(id="probe", name=url, kind="html", url=url, language="", markets=("EU",), lens=Lens.MEDIA)
    return Visiting(CrawlJob(source, Checkpoint(source.id), lambda raw_ids: {}), now)
