"""Visits the article pages that listings lead to."""

import asyncio
import re
from collections.abc import AsyncIterator
from concurrent.futures import Executor
from dataclasses import replace
from typing import Any

import scrapy
from scrapy.http import Response

from crawler.guard import Guard, NotAllowed, authority, checked_host
from crawler.permission import licensed, rights_of, stricter
from crawler.politeness import HostResting, OutOfTime
from crawler.round import Round
from crawler.settings import CrawlSettings
from crawler.spiders.feed import fetched_from, ignores_robots
from crawler.spiders.road import Road, asked_to_wait
from crawler.spiders.walker import NOTHING_LEFT, Walker
from crawler.visit import Visiting, fault_of_error
from domain.errors import LagebildError
from domain.model import Entry, Fetched, Page, PageKind, Purpose, Rights, Source

ACCEPT_PAGE = "text/html, application/xhtml+xml;q=0.9, */*;q=0.1"
# Some outlets send an old address on by a line in the page; a page that reloads itself by the minute is not sent on.
SENT_ON: dict[str, Any] = {
    "METAREFRESH_ENABLED": True,
    "METAREFRESH_MAXDELAY": 5,
    "METAREFRESH_IGNORE_TAGS": ["script", "noscript"],
}
NOT_AN_ARTICLE = {PageKind.CONSENT: "consent wall", PageKind.ERROR: "error page"}


class ArticleSpider(Walker):
    """One request per page; whatever fails, the entry keeps the feed's own text and the reason."""

    name = "articles"
    custom_settings = SENT_ON

    def __init__(
        self, round_: Round, road: Road, guard: Guard, crawl_settings: CrawlSettings, threads: Executor
    ) -> None:
        super().__init__()
        self.round, self.road, self.guard, self.crawl_settings = round_, road, guard, crawl_settings
        self.threads = threads

    async def start(self) -> AsyncIterator[scrapy.Request]:
        """Fetches pages as listings bring them, until the round says that no more will come."""
        room = asyncio.Semaphore(max(self.crawl_settings.open_visits, self.crawl_settings.concurrency))
        try:
            while (page := await self.round.pages.get()) is not None:
                visiting, entry = page
                try:
                    checked_host(entry.url)
                    asked = self._ask(visiting, entry)
                except (NotAllowed, ValueError) as error:
                    self._file(visiting, entry, None, f"not allowed: {error}"[:300])
                    continue
                # Bodies that wait to be read are held in memory, so not all pages are under way at once.
                await room.acquire()
                self.go(self._fetch(visiting, entry, asked)).add_done_callback(lambda _: room.release())
            await self.all_done()
        finally:
            self.give_up()
        for request in NOTHING_LEFT:
            yield request

    def _ask(self, visiting: Visiting, entry: Entry) -> scrapy.Request:
        return scrapy.Request(
            entry.url,
            headers={"Accept": ACCEPT_PAGE, "Accept-Language": visiting.source.language},
            dont_filter=True,
            meta={
                "visiting": visiting,
                "download_slot": authority(entry.url),
                "purpose": Purpose.PAGE,
                "ignores_robots": ignores_robots(visiting),
            },
        )

    async def _fetch(self, visiting: Visiting, entry: Entry, asked: scrapy.Request) -> None:
        try:
            response = await self.answer(asked)
        except Exception as error:  # noqa: BLE001 - whatever it is, it is told as the page's fault
            self._failed(visiting, entry, error)
        else:
            await self._read(visiting, entry, response)

    async def _read(self, visiting: Visiting, entry: Entry, response: Response) -> None:
        """Reads the page in a thread and files it."""
        fetched = fetched_from(response, visiting, self.crawl_settings.clock())
        visiting.page_wait = asked_to_wait(response, fetched.fetched_at) or visiting.page_wait
        fault = page_fault(fetched)
        if not fault:
            page, fault = await self._extracted(visiting, fetched)
            if page is not None:
                page = with_rights(page, response, fetched, self.crawl_settings.agent, visiting.source)
        else:
            page = None
        self._file(visiting, entry, page, fault)

    async def _extracted(self, visiting: Visiting, fetched: Fetched) -> tuple[Page | None, str]:
        extract = self.crawl_settings.extract
        assert extract is not None
        loop = asyncio.get_running_loop()
        try:
            page = await loop.run_in_executor(self.threads, extract, self_told(fetched), fetched.url)
        except LagebildError as error:
            visiting.page_unreadable(fetched, error.message)
            return None, f"unreadable: {error.message}"[:300]
        except Exception as error:
            self.logger.exception("extraction failed source=%s url=%s", visiting.source.id, fetched.url)
            visiting.page_unreadable(fetched, repr(error))
            return None, f"extraction failed: {error!r}"[:300]
        return page, NOT_AN_ARTICLE.get(page.kind, "")

    def _failed(self, visiting: Visiting, entry: Entry, error: Exception) -> None:
        """The page did not come."""
        reason = fault_of_error(error).reason
        if isinstance(error, OutOfTime | HostResting):
            visiting.page_left(entry, reason)
            self.round.finish_if_done(visiting)
        else:
            self._file(visiting, entry, None, reason)

    def _file(self, visiting: Visiting, entry: Entry, page: Page | None, fault: str) -> None:
        visiting.page_came(entry, page, fault)
        self.round.finish_if_done(visiting)


def page_fault(fetched: Fetched) -> str:
    """Why an answer is no article page; "" when it may be one."""
    if fetched.status != 200:
        return f"HTTP {fetched.status}"
    media_type = fetched.headers.get("content-type", "").partition(";")[0].strip().lower()
    if media_type and media_type not in (
        "text/html",
        "application/xhtml+xml",
        "application/xml",
        "text/plain",
    ):
        return f"not a page: {media_type}"
    return "" if fetched.body.strip() else "empty body"


_CHARSET = re.compile(r"charset\s*=\s*[\"']?([\w.-]+)", re.I)


def self_told(fetched: Fetched) -> bytes:
    """The body, in UTF-8 where only the header tells its charset: what reads the page sees no headers."""
    told = _CHARSET.search(fetched.headers.get("content-type", ""))
    if not told or told[1].lower() in ("utf-8", "utf8") or b"charset" in fetched.body[:2048].lower():
        return fetched.body
    try:
        return fetched.body.decode(told[1], "replace").encode("utf-8", "replace")
    except LookupError:
        return fetched.body


def with_rights(page: Page, response: Response, fetched: Fetched, agent: str, source: Source) -> Page:
    """The page with what may be kept of it; a text that may not be kept is not."""
    said = rights_of(fetched.headers, fetched.body, response.meta.get("tdmrep"), agent=agent)
    rights, evidence = stricter(said, (page.rights, page.rights_evidence))
    page = licensed(replace(page, rights=rights, rights_evidence=evidence), source)
    if page.rights is Rights.DENY or page.kind in NOT_AN_ARTICLE:
        return replace(page, text="", lead="")
    return page
