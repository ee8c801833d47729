"""Who may be at the archive: jobs side by side, or one that wants it alone."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager


class Turns:
    """Jobs go ahead together; who wants to be alone waits for those under way, and the next jobs wait for it."""

    def __init__(self) -> None:
        self._changed = asyncio.Condition()
        self._within = self._alone = 0
        self._is_taken = False

    @asynccontextmanager
    async def together(self) -> AsyncIterator[None]:
        """While a job runs."""
        async with self._changed:
            await self._changed.wait_for(lambda: not self._alone)
            self._within += 1
        try:
            yield
        finally:
            self._within -= 1
            await self._tell()

    @asynccontextmanager
    async def alone(self) -> AsyncIterator[None]:
        """While nothing else runs."""
        self._alone += 1
        try:
            async with self._changed:
                await self._changed.wait_for(lambda: not self._within and not self._is_taken)
                self._is_taken = True
            try:
                yield
            finally:
                self._is_taken = False
        finally:
            self._alone -= 1
            await self._tell()

    async def _tell(self) -> None:
        async with self._changed:
            self._changed.notify_all()
