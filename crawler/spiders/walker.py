"""A spider that fetches by itself: what it sends does not pass Scrapy's scheduler and its chain of callbacks.

Visits wait for their hosts' turns on our road and not in Scrapy's queues, and what an answer means is decided by the visit.
So that part of Scrapy would do nothing but cost a third of a visit's processor time. Its downloader, with redirects, and
its life cycle stay.
"""

import asyncio
from collections.abc import Coroutine
from typing import Any

import scrapy
from scrapy.http import Response

NOTHING_LEFT: tuple[scrapy.Request, ...] = ()
"""What a spider's `start` gives Scrapy to send."""


class Walker(scrapy.Spider):
    """Keeps what is under way, so that it is waited for, and ends with the spider."""

    def __init__(self) -> None:
        super().__init__()
        self._under_way: set[asyncio.Task[None]] = set()

    async def answer(self, request: scrapy.Request) -> Response:
        """What comes back, redirects followed. Raises what `crawler.faults` has words for."""
        assert self.crawler.engine is not None
        return await self.crawler.engine.download_async(request)

    def go(self, errand: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        """Begins an errand; one that breaks is told, and no other is touched."""
        task = asyncio.ensure_future(errand)
        self._under_way.add(task)
        task.add_done_callback(self._done)
        return task

    def _done(self, task: asyncio.Task[None]) -> None:
        self._under_way.discard(task)
        if not task.cancelled() and task.exception() is not None:
            self.logger.error("reading an answer failed in our own code", exc_info=task.exception())

    async def all_done(self) -> None:
        """Waits for all errands, and for those they begin."""
        while self._under_way:
            await asyncio.wait(self._under_way)

    def give_up(self) -> None:
        """Ends what is under way."""
        for task in tuple(self._under_way):
            task.cancel()
