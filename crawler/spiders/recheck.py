"""Asks again for what is held, on the same polite road as all others."""

from collections.abc import AsyncIterator, Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import scrapy
from scrapy.http import Response
from twisted.python.failure import Failure

from crawler.faults import Fault
from crawler.guard import Guard, NotAllowed, checked_host
from crawler.secret import masked
from crawler.settings import CrawlSettings
from crawler.spiders.feed import asked, fetched_from
from crawler.visit import Visiting, charged, fault_of_error
from domain.model import Fetched, Outcome, Request

if TYPE_CHECKING:
    from crawler.spiders.road import Road

Answer = Callable[[str, Request, Fetched | Fault], Iterable[Request]]
"""Takes what a request of a source (by its id) brought, and says what to ask next."""


class RecheckSpider(scrapy.Spider):
    """One request per item or per page of ids; `answer` hears of each of them exactly once."""

    name = "rechecks"

    def __init__(
        self,
        asked: Sequence[tuple[Visiting, Sequence[Request]]],
        answer: Answer,
        failures: list[Exception],
        road: "Road",
        guard: Guard,
        crawl_settings: CrawlSettings,
    ) -> None:
        super().__init__()
        self.asked, self.answer, self.failures = asked, answer, failures
        self.road, self.guard, self.crawl_settings = road, guard, crawl_settings

    async def start(self) -> AsyncIterator[scrapy.Request]:
        """The first requests of every source, its sources in turn."""
        for place in range(max((len(requests) for _, requests in self.asked), default=0)):
            for visiting, requests in self.asked:
                for request in self._ask(visiting, requests[place : place + 1]):
                    yield request

    def read(self, response: Response) -> Iterator[scrapy.Request]:
        """Hands an answer on and asks for what it leads to."""
        visiting: Visiting = response.meta["visiting"]
        fetched = fetched_from(response, visiting, self.crawl_settings.clock())
        visiting.job.purse.settle(fetched.request, charged(visiting.connector, fetched))
        yield from self._told(visiting, fetched.request, fetched)

    def failed(self, failure: Failure) -> None:
        """Hands on that nothing came."""
        meta = failure.request.meta  # type: ignore[attr-defined]
        fault = fault_of_error(failure.value)
        told = replace(fault, reason=masked(fault.reason, meta["visiting"].job.secret))
        list(self._told(meta["visiting"], meta["request"], told))

    def _told(self, visiting: Visiting, request: Request, found: Fetched | Fault) -> Iterator[scrapy.Request]:
        if self.failures:
            return
        try:
            onward = list(self.answer(visiting.source.id, request, found))
        except Exception as error:  # noqa: BLE001 - Scrapy swallows it; raised again at the end of the run
            self.failures.append(error)
            return
        yield from self._ask(visiting, onward)

    def _ask(self, visiting: Visiting, requests: Iterable[Request]) -> Iterator[scrapy.Request]:
        for request in requests:
            try:
                checked_host(request.url)
            except (NotAllowed, ValueError) as error:
                list(self._told(visiting, request, Fault(Outcome.BLOCKED, f"not allowed: {error}"[:300])))
                continue
            if why := visiting.job.purse.reserve(request):
                list(self._told(visiting, request, Fault(Outcome.SKIPPED, why)))
                continue
            yield asked(self, visiting, request, {})
