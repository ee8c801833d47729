"""The road every request travels: guard, robots, gate, download, unpack. The last step before the network."""

import asyncio
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urljoin

from scrapy import Request
from scrapy.core.downloader.handlers.http11 import HTTP11DownloadHandler
from scrapy.crawler import Crawler
from scrapy.http import Response
from twisted.internet.address import IPv4Address, IPv6Address
from twisted.internet.interfaces import IHostnameResolver, IHostResolution
from zope.interface import implementer

from crawler.faults import RobotsForbid, RobotsUnread, fault_of
from crawler.guard import BadBody, Guard, NotAllowed, authority, checked_host, unpack
from crawler.permission import Reservation, read_tdmrep, reservation_for
from crawler.politeness import HostGate, OutOfTime, WellKnown, asked_wait
from crawler.robots import ROBOTS_REDIRECTS, Robots, read_robots
from crawler.settings import CrawlSettings
from crawler.visit import Visiting
from domain.model import Purpose

# Idle connections are closed after this long; pages of one host follow each other faster.
IDLE_CONNECTION_SECONDS = 5
SMALL_FILE_SECONDS = 15.0
SMALL_FILE_WAIT_SECONDS = 120.0


@dataclass
class Road:
    """What all crawlers of the process share, so that two runs side by side are still one guest."""

    gate: HostGate = field(default_factory=HostGate)
    robots: WellKnown[Robots] = field(default_factory=lambda: WellKnown("/robots.txt", read_robots))
    tdmrep: WellKnown[tuple[Reservation, ...]] = field(
        default_factory=lambda: WellKnown("/.well-known/tdmrep.json", read_tdmrep)
    )


class PoliteHandler(HTTP11DownloadHandler):
    """Scrapy's HTTP/1.1 handler behind the guard, robots.txt and the per-host gate.

    Its spider brings `road`, `guard` and `crawl_settings`.
    """

    def __init__(self, crawler: Crawler) -> None:
        super().__init__(crawler)
        self._pool.cachedConnectionTimeout = IDLE_CONNECTION_SECONDS
        spider = crawler.spider
        self._road: Road = spider.road  # type: ignore[union-attr]
        self._guard: Guard = spider.guard  # type: ignore[union-attr]
        self._settings: CrawlSettings = spider.crawl_settings  # type: ignore[union-attr]
        # Whoever waits for a host's turn takes no place on the network.
        self._network = asyncio.Semaphore(self._settings.concurrency)

    async def download_request(self, request: Request) -> Response:
        """The answer, unpacked. Raises what `crawler.faults` has words for."""
        visiting: Visiting = request.meta["visiting"]
        delay = await self._permitted(request, visiting)
        if request.meta["purpose"] in (Purpose.PAGE, Purpose.LISTING):
            rules = await self._road.tdmrep.of(request.url, self._small_file)
            request.meta["tdmrep"] = reservation_for(request.url, rules)
            if request.url == visiting.source.url:
                visiting.reservations = rules
        response = await self._visit(request, delay, visiting)
        visiting.requests += 1
        visiting.octets += len(response.body)
        return self._unpacked(response)

    async def _permitted(self, request: Request, visiting: Visiting) -> float:
        """Seconds to keep between two requests to this host. Raises RobotsForbid, NotAllowed."""
        await self._admit(request.url)
        limit = visiting.source.limits.requests_per_minute
        ours = max(self._settings.per_host_delay_seconds, 60.0 / limit if limit else 0.0)
        if not self._settings.obey_robots or request.meta["ignores_robots"]:
            return ours
        robots = await self._road.robots.of(request.url, self._small_file)
        if robots.unreachable:
            raise RobotsUnread(f"robots.txt could not be read ({robots.unreachable})")
        if not robots.allows(request.url, self._settings.agent):
            raise RobotsForbid(f"robots.txt forbids {request.url[:200]}")
        return max(ours, robots.delay_seconds(self._settings.agent))

    async def _admit(self, url: str) -> None:
        addresses = await self._guard.admit(url)
        pin(checked_host(url)[0], addresses)

    async def _visit(self, request: Request, delay: float, visiting: Visiting) -> Response:
        host = authority(request.url)
        async with self._road.gate.turn(host, delay, visiting.deadline):
            if visiting.over_budget:
                raise OutOfTime(f"the cap of {visiting.source.limits.megabytes} MB is reached")
            async with self._network:
                response = await super().download_request(request)
            if wait := asked_to_wait(response, self._settings.clock()):
                self._road.gate.rest(host, wait)
            return response

    def _unpacked(self, response: Response) -> Response:
        headers = {"content-encoding": (response.headers.get("Content-Encoding") or b"").decode("latin-1")}
        try:
            body = unpack(headers, response.body, self._settings.max_octets)
        except BadBody as error:
            error.body = response.body
            raise
        return response.replace(body=body) if body is not response.body else response

    async def _small_file(self, url: str) -> tuple[int | None, bytes]:
        """(status, body) of a well-known file; follows redirects, each hop through the guard."""
        for _ in range(ROBOTS_REDIRECTS + 1):
            try:
                response = await self._one_small_file(url)
            except Exception as error:
                if isinstance(error, NotAllowed):
                    return 404, b""
                fault = fault_of(error)
                if fault is None:
                    raise
                return None, fault.reason.encode()
            location = response.headers.get("Location")
            if not 300 <= response.status < 400 or not location:
                return response.status, response.body
            url = urljoin(url, location.decode("latin-1"))
        return 404, b""

    async def _one_small_file(self, url: str) -> Response:
        await self._admit(url)
        request = Request(
            url,
            headers={"User-Agent": self._settings.user_agent, "Accept-Encoding": "gzip, deflate"},
            meta={"download_timeout": min(SMALL_FILE_SECONDS, self._settings.timeout_seconds)},
        )
        delay, deadline = self._settings.per_host_delay_seconds, time.monotonic() + SMALL_FILE_WAIT_SECONDS
        async with self._road.gate.turn(authority(url), delay, deadline), self._network:
            return self._unpacked(await super().download_request(request))


def asked_to_wait(response: Response, now: datetime) -> timedelta | None:
    """How long nobody in this process asks the host again, by the answer's own words."""
    headers = {
        name.decode("latin-1").lower(): value.decode("latin-1")
        for name, values in response.headers.items()
        for value in values[:1]
    }
    return asked_wait(response.status, headers, now)


# --- names ---------------------------------------------------------------------------------------

_pins: dict[str, Sequence[str]] = {}


def pin(host: str, addresses: Sequence[str]) -> None:
    """From now on connections to `host` go to these addresses, the ones the guard looked at."""
    if len(_pins) > 20_000:
        _pins.clear()
    _pins[host] = addresses


@implementer(IHostnameResolver)
class PinnedResolver:
    """Answers for pinned names only; whatever the guard has not seen has no address."""

    def resolveHostName(  # noqa: N802
        self,
        receiver: Any,
        hostName: str,  # noqa: N803
        portNumber: int = 0,  # noqa: N803
        addressTypes: object = None,  # noqa: N803
        transportSemantics: str = "TCP",  # noqa: N803
    ) -> Any:
        """Tells `receiver` the pinned addresses."""
        receiver.resolutionBegan(_Resolution(hostName))
        for address in _pins.get(hostName.lower().rstrip("."), ()):
            kind = IPv6Address if ":" in address else IPv4Address
            receiver.addressResolved(kind("TCP", address, portNumber))
        receiver.resolutionComplete()
        return receiver


@implementer(IHostResolution)
class _Resolution:
    def __init__(self, name: str) -> None:
        self.name = name

    def cancel(self) -> None:
        """Nothing runs, so nothing is cancelled."""
