"""One gate per host across all crawlers of the process, and what hosts ask of us.

A turn at the gate lasts from before the connection until the body has arrived; the next turn of the same host
starts `delay` seconds after that. So no two requests to a host are ever closer than the delay, whatever the
network does.
"""

import asyncio
import re
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Generic, Protocol, TypeVar
from urllib.parse import urlsplit

from crawler.dates import parse_date
from domain.errors import StorageError

# RFC 9309, 2.4: a copy should not be used for more than 24 hours.
KEPT_SECONDS = 24 * 3600.0
# A host that could not be asked is asked again sooner, so that an outage of minutes does not cost a day.
RETRY_SECONDS = 600.0
# One that did not even answer is asked again soon: the next visit is the question whether it is back.
DOWN_SECONDS = 30.0
# Hosts nobody has asked for are forgotten beyond this number, so that memory stays flat.
HOSTS_REMEMBERED = 4_000
# Longer than a request may take with its redirects; a process that hangs keeps its last host this long.
LEASE_SECONDS = 120.0
SHORTEST_PAUSE_SECONDS = 0.01
# Whoever keeps the shared turns is asked again after this long when it did not answer.
AWAY_SECONDS = 0.5


class HostResting(Exception):
    """The host asked us to come back later; `wait` says how much later."""

    def __init__(self, host: str, wait: timedelta) -> None:
        super().__init__(f"{host} asked us to wait another {wait.total_seconds():.0f} s")
        self.wait = wait


class OutOfTime(Exception):
    """The visit's time or its share of bandwidth was over before its turn came."""


@dataclass
class _Host:
    alone: asyncio.Lock
    together: asyncio.Semaphore
    free_at: float = 0.0
    rests_until: float = 0.0
    waiting: int = 0


class HostGate:
    """Gives out turns, one host at a time, first come first served. One instance serves the whole process."""

    def __init__(self, together: int = 4) -> None:
        self._hosts: dict[str, _Host] = {}
        self._together = together

    @asynccontextmanager
    async def turn(self, host: str, delay: float, deadline: float = float("inf")) -> AsyncIterator[None]:
        """Waits for the host's turn. Without a delay up to `together` requests run side by side.

        `deadline` is on the monotonic clock. Raises OutOfTime, HostResting.
        """
        state = self._state(host)
        state.waiting += 1
        try:
            room = state.alone if delay > 0 else state.together
            await _before(deadline, room.acquire())
            try:
                await _open(host, state, deadline)
                yield
            finally:
                state.free_at = time.monotonic() + delay
                room.release()
        finally:
            state.waiting -= 1

    def rest(self, host: str, wait: timedelta) -> None:
        """Sends nothing more to the host for so long."""
        state = self._state(host)
        state.rests_until = max(state.rests_until, time.monotonic() + wait.total_seconds())

    def _state(self, host: str) -> _Host:
        if host not in self._hosts:
            if len(self._hosts) >= HOSTS_REMEMBERED:
                self._forget()
            self._hosts[host] = _Host(asyncio.Lock(), asyncio.Semaphore(self._together))
        return self._hosts[host]

    def _forget(self) -> None:
        now = time.monotonic()
        for host in [h for h, s in self._hosts.items() if not s.waiting]:
            if max(self._hosts[host].free_at, self._hosts[host].rests_until) < now:
                del self._hosts[host]


class Turns(Protocol):
    """Turns at hosts that several processes share."""

    async def take(self, host: str, lease_seconds: float, delay_seconds: float) -> float:
        """0.0 when the turn is ours until given back, for `lease_seconds` at most; else seconds until it may be free.

        A turn whose holder died is given back in its name: the next one begins `delay_seconds` after that was noticed.
        Raises StorageError while whoever keeps the turns is away.
        """
        ...

    async def give_back(self, host: str, delay_seconds: float) -> None:
        """The next turn begins `delay_seconds` from now."""
        ...


class SharedGate(HostGate):
    """The same over all processes of a fleet: the first of a process's queue also asks for the host's turn among them.

    A turn that nobody gives back is free again after `lease_seconds`, which has to be longer than any request. While
    whoever keeps the turns is away, nobody is asked anything. Requests without a delay are not counted over processes.
    """

    def __init__(self, turns: Turns, together: int = 4, lease_seconds: float = LEASE_SECONDS) -> None:
        super().__init__(together)
        self._turns, self._lease = turns, lease_seconds
        self._rests: dict[str, float] = {}

    @asynccontextmanager
    async def turn(self, host: str, delay: float, deadline: float = float("inf")) -> AsyncIterator[None]:
        """As `HostGate.turn`."""
        async with super().turn(host, delay, deadline):
            if delay <= 0:
                yield
                return
            await self._take(host, delay, deadline)
            try:
                yield
            finally:
                with suppress(StorageError):  # then it counts as its holder's death does
                    await self._turns.give_back(host, max(delay, self._rests.pop(host, 0.0)))

    def rest(self, host: str, wait: timedelta) -> None:
        """Sends nothing more to the host for so long; said while the turn is held, so that all are told."""
        super().rest(host, wait)
        self._rests[host] = wait.total_seconds()

    async def _take(self, host: str, delay: float, deadline: float) -> None:
        while (wait := await self._asked(host, delay)) > 0:
            if wait > self._lease + delay:
                raise HostResting(host, timedelta(seconds=wait))
            # A held turn may end long before its lease does, so it is asked for again soon.
            pause = min(wait, max(delay / 4, SHORTEST_PAUSE_SECONDS))
            if time.monotonic() + pause > deadline:
                raise OutOfTime(f"the turn at {host} came too late")
            await asyncio.sleep(pause)

    async def _asked(self, host: str, delay: float) -> float:
        """As `Turns.take`; a keeper that is away makes us wait, since a page given up for it would be lost."""
        try:
            return await self._turns.take(host, self._lease, delay)
        except StorageError:
            await asyncio.sleep(AWAY_SECONDS)
            return SHORTEST_PAUSE_SECONDS


async def _open(host: str, state: _Host, deadline: float) -> None:
    """Sleeps until the host is free; fails at once when that is too late."""
    rest = state.rests_until - time.monotonic()
    if rest > 0:
        raise HostResting(host, timedelta(seconds=rest))
    while (wait := state.free_at - time.monotonic()) > 0:
        if state.free_at > deadline:
            raise OutOfTime(f"the turn at {host} came too late")
        await asyncio.sleep(wait)


async def _before(deadline: float, waited_for: Awaitable[object]) -> None:
    left = None if deadline == float("inf") else max(0.0, deadline - time.monotonic())
    try:
        await asyncio.wait_for(waited_for, left)
    except TimeoutError:
        raise OutOfTime("the visit's time was over before its turn came") from None


Fetch = Callable[[str], Awaitable[tuple[int | None, bytes]]]
"""Fetches one small file: (status, body). Status None: no answer, and the body says why. Follows redirects."""

Kept = TypeVar("Kept")


class WellKnown(Generic[Kept]):
    """One small file per site (robots.txt, tdmrep.json), asked for once a day, by one task at a time."""

    def __init__(self, path: str, read: Callable[[int | None, bytes], Kept]) -> None:
        self._path, self._read = path, read
        self._kept: dict[str, tuple[float, Kept]] = {}
        self._asking: dict[str, asyncio.Task[Kept]] = {}

    async def of(self, url: str, fetch: Fetch) -> Kept:
        """The file's content for the site of `url`."""
        site = f"{urlsplit(url).scheme}://{urlsplit(url).netloc}"
        kept = self._kept.get(site)
        if kept and kept[0] > time.monotonic():
            return kept[1]
        task = self._asking.get(site)
        if task is None:
            task = self._asking[site] = asyncio.ensure_future(self._ask(site, fetch))
            task.add_done_callback(lambda _: self._asking.pop(site, None))
        return await asyncio.shield(task)

    async def _ask(self, site: str, fetch: Fetch) -> Kept:
        status, body = await fetch(site + self._path)
        content = self._read(status, body)
        kept_for = DOWN_SECONDS if status is None else RETRY_SECONDS if status >= 500 else KEPT_SECONDS
        if len(self._kept) >= HOSTS_REMEMBERED:
            self._kept = dict(list(self._kept.items())[HOSTS_REMEMBERED // 2 :])
        self._kept[site] = (time.monotonic() + kept_for, content)
        return content


# --- what answers ask of us ----------------------------------------------------------------------


def retry_after(value: str, now: datetime) -> timedelta | None:
    """Retry-After (RFC 9110, 10.2.3) as a span from `now`; seconds or a date; None when unreadable.

    At most a day: a longer wait is a person's decision, not a header's.
    """
    value = value.strip()
    if value.isdigit():
        span = timedelta(seconds=min(int(value[:9]), 86_400))
    else:
        try:
            at = parsedate_to_datetime(value)
        except (ValueError, TypeError, IndexError):
            return None
        span = (at if at.tzinfo else at.replace(tzinfo=UTC)) - now
    return max(timedelta(0), min(span, timedelta(days=1)))


LIMITED = (429, 503)
RESETS = ("ratelimit-reset", "x-ratelimit-reset", "x-rate-limit-reset")
REMAINING = ("ratelimit-remaining", "x-ratelimit-remaining", "x-rate-limit-remaining")
# A site that answers well and says that nothing is left may only be odd: believed so far, and no further.
WELL_AT_MOST = timedelta(hours=1)
# A smaller number is a span in seconds, a larger one a moment since 1970.
EPOCH_FROM = 1_000_000_000


def asked_wait(status: int, headers: Mapping[str, str], now: datetime) -> timedelta | None:
    """How long an answer asks us to stay away; None when it does not.

    Retry-After of a 429 or 503 first, else when the limit is reset: in RateLimit (the IETF's drafts, old and new), in
    RateLimit-Reset and its kin, as seconds, as a moment since 1970, or as a date. An answer that went well asks too,
    when it says that none are left. At most a day.
    """
    wait = retry_after(headers.get("retry-after", ""), now) if status in LIMITED else None
    if wait is not None:
        return wait
    left = next((headers[name] for name in REMAINING if headers.get(name)), _said(headers, "r", "remaining"))
    if status not in LIMITED and not (left and re.fullmatch(r"\s*0+(\.0+)?\s*", left)):
        return None
    reset = next((headers[name] for name in RESETS if headers.get(name)), _said(headers, "t", "reset"))
    span = _until(reset.strip(), now) if reset else None
    return span if span is None or status in LIMITED else min(span, WELL_AT_MOST)


def _said(headers: Mapping[str, str], *names: str) -> str:
    """A number of the RateLimit field: `limit=100, remaining=0, reset=50`, or `"burst";r=0;t=50`."""
    found = re.search(rf"(?:^|[;,\s])(?:{'|'.join(names)})\s*=\s*(\d{{1,10}})", headers.get("ratelimit", ""))
    return found[1] if found else ""


def _until(reset: str, now: datetime) -> timedelta | None:
    try:
        seconds = float(reset)
        span = timedelta(seconds=min(seconds - (now.timestamp() if seconds >= EPOCH_FROM else 0), 86_400))
    except (ValueError, OverflowError):
        moment = parse_date(reset)
        if moment is None:
            return None
        span = moment - now
    return max(timedelta(0), min(span, timedelta(days=1)))


def fresh_for(headers: Mapping[str, str]) -> timedelta | None:
    """How long the answer says it stays fresh: Cache-Control max-age less Age; None when it does not say."""
    found = re.search(r"(?:^|[,\s])max-age\s*=\s*\"?(\d{1,9})", headers.get("cache-control", ""), re.I)
    if not found or "no-cache" in headers.get("cache-control", "").lower():
        return None
    age = headers.get("age", "").strip()
    return timedelta(seconds=max(0, int(found[1]) - (int(age[:9]) if age.isdigit() else 0)))
