"""Listening to a source that pushes, for as long as one visit may: the edge to the websocket."""

import asyncio
import time
from typing import Any, Protocol

from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed, InvalidStatus, WebSocketException

from crawler.faults import Fault
from crawler.guard import Guard
from crawler.settings import CrawlSettings
from crawler.visit import Visiting, fault_of_error, fault_of_status
from domain.errors import LagebildError
from domain.model import Fetched, Outcome, Request, Source

# A socket that always has something to read would keep the loop from everybody else.
BREATHE_EVERY = 200


class Heard(Protocol):
    """Who decides on what is heard; pure. See `crawler.connectors.bluesky_jetstream.Hearing`."""

    seconds: float
    quiet_seconds: float
    is_over: bool
    events: int

    def take(self, message: str | bytes) -> None: ...

    def parts(self) -> Any: ...


class Straight(connect):
    """A connection that follows no redirects: only the address that the guard looked at is opened."""

    def process_redirect(self, exc: Exception) -> Exception | str:
        return exc


def is_stream(source: Source) -> bool:
    """Whether the source's kind is listened to instead of being asked."""
    from crawler.registry import connector_for, known_kinds

    return source.kind in known_kinds() and hasattr(connector_for(source.kind), "subscription")


async def listen(visiting: Visiting, guard: Guard, settings: CrawlSettings) -> list[Request]:
    """Hears what the source has to say and files it; returns the requests that follow."""
    subscription = visiting.connector.subscription  # type: ignore[attr-defined]
    url, heard = subscription(visiting.source, visiting.job.checkpoint, visiting.started_at)
    try:
        await _hear(url, heard, visiting, guard, settings)
    except InvalidStatus as error:
        visiting.faults.append(_refused(error, url, visiting, settings))
    except (WebSocketException, OSError, TimeoutError, EOFError) as error:
        visiting.faults.append(Fault(Outcome.UNREACHABLE, f"the stream broke off: {error!r}"[:300]))
    except LagebildError as error:
        visiting.faults.append(fault_of_error(error))
    return visiting.heard(list(heard.parts()), events=heard.events)


async def _hear(url: str, heard: Heard, visiting: Visiting, guard: Guard, settings: CrawlSettings) -> None:
    plain = "http" + url.removeprefix("ws")
    addresses = await guard.admit(plain)
    deadline = min(time.monotonic() + heard.seconds, visiting.deadline)
    async with Straight(
        url,
        host=addresses[0],
        user_agent_header=settings.user_agent,
        open_timeout=settings.timeout_seconds,
        close_timeout=1.0,
        max_size=settings.max_octets,
        proxy=None,
    ) as socket:
        visiting.requests += 1
        while not heard.is_over and not visiting.over_budget:
            left = min(heard.quiet_seconds, deadline - time.monotonic())
            if left <= 0:
                return
            try:
                message = await asyncio.wait_for(socket.recv(), left)
            except TimeoutError:
                return
            except ConnectionClosed as error:
                if error.rcvd is not None and error.rcvd.code == 1000:
                    return
                raise
            visiting.octets += len(message)
            heard.take(message)
            if heard.events % BREATHE_EVERY == 0:
                await asyncio.sleep(0)


def _refused(error: InvalidStatus, url: str, visiting: Visiting, settings: CrawlSettings) -> Fault:
    response = error.response
    headers = {name.lower(): value for name, value in response.headers.raw_items()}
    answer = Fetched(
        visiting.source.id,
        Request(url),
        url,
        response.status_code,
        headers,
        bytes(response.body or b""),
        settings.clock(),
    )
    return fault_of_status(answer, visiting.connector.health(answer))
