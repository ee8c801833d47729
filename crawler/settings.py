"""What the roof decides about a crawl, and what Scrapy is told."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from crawler.robots import product_token
from domain.model import Fetched, Page
from domain.ports import Clock

OnAnswer = Callable[[Fetched], None]
"""Hears of each answer to a listing; for those who compare clocks or count."""
Extract = Callable[[bytes, str], Page]
"""Reads an article page; runs in a thread of its own and may block. Raises ItemError or whatever it likes."""


def utc_now() -> datetime:
    """The present."""
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class CrawlSettings:
    """How a crawl behaves. `user_agent` carries a contact: `Lagebild/1.0 (+https://example.org; desk@example.org)`.

    `private_hosts` are the host patterns (`127.0.0.1`, `*.localhost:8080`) that may be fetched though they are
    private; for test worlds and intranets. `concurrency` bounds requests on the network. `source_seconds` bounds one source's visit; what is not fetched by
    then keeps the feed's own text. `open_visits` bounds how many sources are under way at once.
    """

    user_agent: str
    timeout_seconds: float = 30.0
    source_seconds: float = 600.0
    max_body_megabytes: float = 10.0
    private_hosts: frozenset[str] = field(default_factory=frozenset)
    per_host_delay_seconds: float = 1.0
    concurrency: int = 32
    open_visits: int = 128
    fetch_pages: bool = True
    extract: Extract | None = None
    extract_threads: int = 4
    obey_robots: bool = True
    clock: Clock = utc_now
    on_answer: OnAnswer | None = None

    @property
    def max_octets(self) -> int:
        """The body limit, packed or not."""
        return int(self.max_body_megabytes * 1024 * 1024)

    @property
    def agent(self) -> str:
        """The product token that robots.txt knows us by."""
        return product_token(self.user_agent)


# Scrapy's defaults that do not suit a guest: certificates unchecked, a console on a port, retries at once.
SCRAPY_BASE: dict[str, Any] = {
    "TWISTED_REACTOR": "twisted.internet.asyncioreactor.AsyncioSelectorReactor",
    "TELNETCONSOLE_ENABLED": False,
    "REMOTE_CONTROL_ENABLED": False,
    "DOWNLOAD_VERIFY_CERTIFICATES": True,
    "DOWNLOAD_FAIL_ON_DATALOSS": True,
    "DOWNLOAD_DELAY": 0,  # our gate holds the delay, across crawlers
    "DOWNLOAD_HANDLERS": {
        "http": "crawler.spiders.road.PoliteHandler",
        "https": "crawler.spiders.road.PoliteHandler",
        "file": None,
        "ftp": None,
        "s3": None,
        "data": None,
    },
    "ROBOTSTXT_OBEY": False,  # ours knows what a 5xx means (RFC 9309) and the Crawl-delay
    "RETRY_ENABLED": False,  # the next visit is the retry
    "COOKIES_ENABLED": False,
    "COMPRESSION_ENABLED": False,  # ours checks the trailer
    "HTTPPROXY_ENABLED": False,
    "METAREFRESH_ENABLED": False,
    "REDIRECT_MAX_TIMES": 5,
    "REFERRER_POLICY": "no-referrer",
    "HTTPERROR_ALLOW_ALL": True,
    "URLLENGTH_LIMIT": 0,  # it drops requests without a word; the guard refuses with one
    "MEMUSAGE_ENABLED": False,
    "SCHEDULER_MEMORY_QUEUE": "scrapy.squeues.FifoMemoryQueue",
    "LOG_ENABLED": False,
    "LOG_INSTALL_ROOT_HANDLER": False,
    "LOGSTATS_INTERVAL": 0,
    "STATS_DUMP": False,
    "DEPTH_STATS_VERBOSE": False,
    "STATS_CLASS": "scrapy.statscollectors.DummyStatsCollector",
    # No callback of ours gives out many things at once, and Scrapy starts so many tasks for each answer.
    "CONCURRENT_ITEMS": 1,
    "WARN_ON_GENERATOR_RETURN_VALUE": False,  # it reads the callback's source anew for every answer
    # Links of a chain that every request passes for nothing: what they do is switched off above, or done by our road.
    "DOWNLOADER_MIDDLEWARES": dict.fromkeys(
        (
            "scrapy.downloadermiddlewares.offsite.OffsiteMiddleware",
            "scrapy.downloadermiddlewares.httpauth.HttpAuthMiddleware",
            "scrapy.downloadermiddlewares.stats.DownloaderStats",
        )
    ),
    "SPIDER_MIDDLEWARES": dict.fromkeys(
        (
            "scrapy.spidermiddlewares.start.StartSpiderMiddleware",
            "scrapy.spidermiddlewares.httperror.HttpErrorMiddleware",
            "scrapy.spidermiddlewares.urllength.UrlLengthMiddleware",
            "scrapy.spidermiddlewares.depth.DepthMiddleware",
            "scrapy.spidermiddlewares.metacopy.MetaCopyDetectionMiddleware",
        )
    ),
    "EXTENSIONS": dict.fromkeys(
        (
            "scrapy.extensions.corestats.CoreStats",
            "scrapy.extensions.logcount.LogCount",
        )
    ),
}


def scrapy_settings(settings: CrawlSettings) -> dict[str, Any]:
    """Scrapy's settings for a crawl."""
    return SCRAPY_BASE | {
        "USER_AGENT": settings.user_agent,
        "DOWNLOAD_TIMEOUT": settings.timeout_seconds,
        "DOWNLOAD_MAXSIZE": settings.max_octets,
        "DOWNLOAD_WARNSIZE": 0,
        # Under way, not on the network: most wait for their host's turn.
        "CONCURRENT_REQUESTS": max(settings.open_visits, settings.concurrency),
        "CONCURRENT_REQUESTS_PER_DOMAIN": 4,
        "REACTOR_THREADPOOL_MAXSIZE": 4,
        "DEFAULT_REQUEST_HEADERS": {"Accept-Encoding": "gzip, deflate"},
    }
