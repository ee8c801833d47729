"""The room's door: sources in, harvests out.

All runs of a process share one gate per host, one copy of each robots.txt and one event loop, the one the
reactor was installed on.
"""

import asyncio
import logging
import sys
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

from crawler.faults import Fault, error_of
from crawler.guard import Guard, NotAllowed, checked_host
from crawler.round import Progress, Round
from crawler.settings import CrawlSettings, scrapy_settings
from crawler.visit import CrawlJob, Visiting
from domain.errors import ConfigError, Forbidden
from domain.model import Fetched, Harvest, Outcome, Request

if TYPE_CHECKING:
    from scrapy.crawler import AsyncCrawlerRunner

    from crawler.politeness import Turns
    from crawler.spiders.recheck import Answer
    from crawler.spiders.road import Road

logger = logging.getLogger("crawler")

Deliver = Callable[[Harvest], None]
OnProgress = Callable[[Progress], None]

_loop: asyncio.AbstractEventLoop | None = None
_road: "Road | None" = None


def crawl(
    jobs: Sequence[CrawlJob],
    settings: CrawlSettings,
    deliver: Deliver,
    *,
    on_progress: OnProgress | None = None,
) -> None:
    """Visits all sources once and returns when the last harvest is delivered.

    `deliver` is called in this thread, once per job, as soon as the source is done. What it raises ends the
    run and is raised again. Not to be called while an event loop runs: await `crawl_async` there.
    """
    loop = reactor_loop()
    loop.run_until_complete(crawl_async(jobs, settings, deliver, on_progress=on_progress))


async def crawl_async(
    jobs: Sequence[CrawlJob],
    settings: CrawlSettings,
    deliver: Deliver,
    *,
    on_progress: OnProgress | None = None,
) -> None:
    """The same inside a running loop. Cancelling it stops the crawlers and delivers nothing more."""
    _install_reactor(asyncio.get_running_loop())
    from scrapy.crawler import AsyncCrawlerRunner

    round_ = Round(jobs, settings, deliver, on_progress)
    runner = AsyncCrawlerRunner(scrapy_settings(settings))
    with ThreadPoolExecutor(settings.extract_threads, thread_name_prefix="extract") as threads:
        running = asyncio.ensure_future(_run(runner, round_, settings, threads))
        broken = asyncio.ensure_future(round_.broken.wait())
        try:
            await asyncio.wait({running, broken}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            broken.cancel()
            if not running.done():
                round_.close()
                await runner.stop()
            await running
    round_.finish_all()
    if round_.failure is not None:
        raise round_.failure


async def _run(
    runner: "AsyncCrawlerRunner",
    round_: Round,
    settings: CrawlSettings,
    threads: ThreadPoolExecutor,
) -> None:
    """Both spiders side by side; the second ends when the first has no more pages for it."""
    from crawler.spiders.article import ArticleSpider
    from crawler.spiders.feed import FeedSpider

    road, guard = _shared_road(), Guard(settings.private_hosts)
    articles = runner.crawl(ArticleSpider, round_, road, guard, settings, threads)
    try:
        await runner.crawl(FeedSpider, round_, road, guard, settings)
    finally:
        round_.pages.put_nowait(None)
    await articles


def fetch_one(url: str, settings: CrawlSettings) -> Fetched:
    """One answer, on the same polite road; whatever its status. Raises Forbidden, FetchError, ParseError."""
    return reactor_loop().run_until_complete(_fetch_one(url, settings))


async def _fetch_one(url: str, settings: CrawlSettings) -> Fetched:
    from scrapy.crawler import AsyncCrawlerRunner

    from crawler.spiders.probe import ProbeSpider

    try:
        checked_host(url)
    except NotAllowed as error:
        raise Forbidden(str(error), source_id="", remedy="give an http or https address") from error
    found: list[Fetched | Fault] = []
    runner = AsyncCrawlerRunner(scrapy_settings(settings))
    await runner.crawl(ProbeSpider, url, found, _shared_road(), Guard(settings.private_hosts), settings)
    for answer in found:
        if isinstance(answer, Fetched):
            return answer
        raise error_of(answer)
    raise error_of(Fault(Outcome.UNREACHABLE, "no answer"))


def ask_again(
    asked: Sequence[tuple[CrawlJob, Sequence[Request]]], settings: CrawlSettings, answer: "Answer"
) -> None:
    """Sends these requests and hands `answer` what each brought; not to be called while an event loop runs."""
    reactor_loop().run_until_complete(ask_again_async(asked, settings, answer))


async def ask_again_async(
    asked: Sequence[tuple[CrawlJob, Sequence[Request]]], settings: CrawlSettings, answer: "Answer"
) -> None:
    """The same inside a running loop. What `answer` raises ends the run and is raised again."""
    _install_reactor(asyncio.get_running_loop())
    from scrapy.crawler import AsyncCrawlerRunner

    from crawler.spiders.recheck import RecheckSpider

    failures: list[Exception] = []
    deadline = time.monotonic() + settings.source_seconds
    visits = [(Visiting(job, settings.clock(), deadline=deadline), requests) for job, requests in asked]
    runner = AsyncCrawlerRunner(scrapy_settings(settings))
    guard = Guard(settings.private_hosts)
    try:
        await runner.crawl(RecheckSpider, visits, answer, failures, _shared_road(), guard, settings)
    except asyncio.CancelledError:
        await runner.stop()
        raise
    if failures:
        raise failures[0]


def reactor_loop() -> asyncio.AbstractEventLoop:
    """The loop that Scrapy's reactor lives on; made at the first call. Schedulers run on this one."""
    global _loop  # noqa: PLW0603
    if _loop is None:
        _loop = asyncio.new_event_loop()
        _install_reactor(_loop)
    return _loop


def _install_reactor(loop: asyncio.AbstractEventLoop) -> None:
    """Installs the asyncio reactor on `loop`, once per process. Raises ConfigError when another one is there."""
    global _loop  # noqa: PLW0603
    if "twisted.internet.reactor" in sys.modules:
        present = sys.modules["twisted.internet.reactor"]
        if getattr(present, "_asyncioEventloop", None) is not loop:
            raise ConfigError(
                "a Twisted reactor was installed before the crawl, on another event loop",
                remedy="run crawls on crawler.crawl.reactor_loop(), or call it before anything imports the reactor",
            )
        return
    from twisted.internet import asyncioreactor

    asyncioreactor.install(loop)  # type: ignore[no-untyped-call]
    from twisted.internet import reactor

    from crawler.spiders.road import PinnedResolver

    reactor.installNameResolver(PinnedResolver())
    # The loop is run by whoever owns it, so the reactor only needs to know that it is running.
    reactor.startRunning(installSignalHandlers=False)
    _loop = loop


def share_hosts(turns: "Turns") -> None:
    """From now on this process waits for its turn at a host among all processes that use `turns`."""
    global _road  # noqa: PLW0603
    from crawler.politeness import SharedGate
    from crawler.spiders.road import Road

    _road = Road(gate=SharedGate(turns))


def _shared_road() -> "Road":
    global _road  # noqa: PLW0603
    if _road is None:
        from crawler.spiders.road import Road

        _road = Road()
    return _road
