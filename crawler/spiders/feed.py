"""Visits listings: feeds, sitemaps, APIs, front pages."""

from collections.abc import AsyncIterator, Iterable, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any, Protocol

import scrapy
from scrapy.http import Response
from twisted.python.failure import Failure

from crawler.faults import Fault
from crawler.guard import Guard, NotAllowed, authority, checked_host
from crawler.listen import listen
from crawler.round import Round
from crawler.secret import filled, masked
from crawler.settings import CrawlSettings
from crawler.spiders.road import Road
from crawler.spiders.walker import NOTHING_LEFT, Walker
from crawler.visit import Visiting, fault_of_error
from domain.model import Fetched, Outcome, Purpose, Request

ACCEPT_LISTING = (
    "application/atom+xml, application/rss+xml, application/feed+json, application/json;q=0.9, "
    "application/xml;q=0.9, text/xml;q=0.8, text/html;q=0.6, */*;q=0.4"
)


class Reading(Protocol):
    """A spider that hears of every request it makes exactly once."""

    def read(self, response: Response) -> Any: ...

    def failed(self, failure: Failure) -> Any: ...


class FeedSpider(Walker):
    """One request or more per source; the answers go to the source's `Visiting`."""

    name = "feeds"

    def __init__(self, round_: Round, road: Road, guard: Guard, crawl_settings: CrawlSettings) -> None:
        super().__init__()
        self.round, self.road, self.guard, self.crawl_settings = round_, road, guard, crawl_settings

    async def start(self) -> AsyncIterator[scrapy.Request]:
        """Sends the first requests of every source, in the order of the jobs, as room allows."""
        try:
            async for visiting, requests in self.round.visits(self._listen):
                self._send(visiting, requests)
                self.round.listed(visiting)
            await self.all_done()
        finally:
            self.give_up()
        for request in NOTHING_LEFT:
            yield request

    async def _listen(self, visiting: Visiting) -> list[Request]:
        return await listen(visiting, self.guard, self.crawl_settings)

    def _send(self, visiting: Visiting, requests: Iterable[Request]) -> None:
        for request in requests:
            try:
                checked_host(request.url)
                sent = asked(None, visiting, request, {"Accept-Language": visiting.source.language})
            except (NotAllowed, ValueError) as error:
                visiting.failed(Fault(Outcome.BLOCKED, f"not allowed: {error}"[:300]))
                continue
            self.go(self._fetch(visiting, request, sent))

    async def _fetch(self, visiting: Visiting, request: Request, sent: scrapy.Request) -> None:
        """Takes an answer in and asks for what it leads to, or takes note of why there is none."""
        try:
            response = await self.answer(sent)
        except Exception as error:  # noqa: BLE001 - whatever it is, it is told as the source's fault
            self._failed(visiting, request, error)
        else:
            fetched = fetched_from(response, visiting, self.crawl_settings.clock())
            if self.crawl_settings.on_answer is not None:
                self.crawl_settings.on_answer(fetched)
            self._send(visiting, visiting.answered(fetched))
        self.round.listed(visiting)

    def _failed(self, visiting: Visiting, request: Request, error: Exception) -> None:
        fault = fault_of_error(error)
        visiting.failed(replace(fault, reason=masked(fault.reason, visiting.job.secret)))
        if fault.body:
            visiting.keep_bytes(request.url, fault, self.crawl_settings.clock())


def asked(
    spider: Reading | None, visiting: Visiting, request: Request, headers: Mapping[str, str]
) -> scrapy.Request:
    """Our request in Scrapy's words, with the source's secret where it belongs; its own headers go before `headers`.

    Without a `spider` whoever sends it waits for the answer.
    """
    request, plain = filled(request, visiting.job.secret), request
    return scrapy.Request(
        request.url,
        method=request.method,
        headers={"Accept": ACCEPT_LISTING, **headers, **request.headers},
        body=request.body,
        callback=None if spider is None else spider.read,
        errback=None if spider is None else spider.failed,
        dont_filter=True,
        meta={
            "visiting": visiting,
            "download_slot": authority(request.url),
            "request": plain,
            "purpose": request.purpose,
            "ignores_robots": ignores_robots(visiting),
        },
    )


def ignores_robots(visiting: Visiting) -> bool:
    """Whether the source's file says, with a reason, that robots.txt is not the contract (documented APIs)."""
    return bool(visiting.source.options.get("ignore_robots_because"))


def fetched_from(response: Response, visiting: Visiting, now: datetime) -> Fetched:
    """Scrapy's answer in our words; repeated headers are joined by a comma."""
    headers = {
        name.decode("latin-1").lower(): b", ".join(values).decode("latin-1")
        for name, values in response.headers.items()
    }
    hops = response.meta.get("redirect_reasons", [])
    return Fetched(
        source_id=visiting.source.id,
        request=response.meta.get("request") or Request(response.url, Purpose.PAGE),
        url=masked(response.url, visiting.job.secret),
        status=response.status,
        headers=headers,
        body=response.body,
        fetched_at=now,
        permanent_redirect=bool(hops) and all(hop in (301, 308) for hop in hops),
    )
