"""The demo world over real HTTP: each outlet has a loopback address of its own, all have one port.

Where only 127.0.0.1 answers (macOS), each outlet gets a port of its own instead.
"""

import asyncio
import gzip
import json
import socket
import threading
import time
from collections.abc import Awaitable, Callable, Iterator, Mapping, MutableMapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime, parsedate_to_datetime
from hashlib import sha256
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

import uvicorn
from websockets.asyncio.server import Server as StreamServer
from websockets.asyncio.server import ServerConnection
from websockets.asyncio.server import serve as serve_stream
from websockets.exceptions import ConnectionClosed

from crawler.registry import known_kinds
from lagebild.demo.faults import Answer
from lagebild.demo.outlets import STREAM_KIND, Outlet
from lagebild.demo.site import LISTING_PATHS, Site
from lagebild.demo.social import bluesky_answer, jetstream_events, mastodon_answer, wanted
from lagebild.demo.world import World

DEMO_PORT = 8790
STREAM_IP = "127.7.6.13"
START_SECONDS = 20.0
FORTNIGHT_DAYS = 15  # these kinds reach back two days at a first visit, unless told
SEARCHED = ("hushbox", "kaufhafen", "vidoo", "orvane", "funkwerk", "apps")  # what the demo asks Bluesky for
PROFILES_AT = "bluesky-demo"
LOOK_BACK_HOURS = 36  # all that the stream remembers
SMALLEST_PACKED = 600  # octets; below it gzip does not pay
STREAM_PAUSE_SECONDS = 0.2

Scope = MutableMapping[str, Any]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Endpoint = tuple[str, int]


@dataclass(frozen=True, slots=True)
class Knock:
    """One request that arrived. `at_seconds` is the monotonic clock."""

    outlet_id: str
    path: str
    status: int
    conditional: bool
    agent: str
    at_seconds: float


@dataclass(slots=True)
class ServedWorld:
    """A world that answers. `addresses` are base URLs without a slash at the end, by outlet id."""

    world: World
    addresses: Mapping[str, str]
    stream_url: str
    moment: datetime
    knocks: list[Knock] = field(default_factory=list)
    sites: dict[str, Site] = field(default_factory=dict)

    def move_to(self, moment: datetime) -> None:
        """Lets the time be `moment` (aware): later articles, corrections and outages show."""
        self.moment = moment
        self.sites = {
            outlet.id: Site(self.world, outlet, self.addresses[outlet.id], moment)
            for outlet in self.world.outlets
        }

    @property
    def sources(self) -> tuple[dict[str, object], ...]:
        """One mapping per outlet whose kind is installed, as an entry of sources.yaml."""
        kinds = known_kinds()
        return tuple(self._source(outlet) for outlet in self.world.outlets if outlet.kind in kinds)

    def _source(self, outlet: Outlet) -> dict[str, object]:
        source: dict[str, object] = {
            "id": outlet.id,
            "name": outlet.name,
            "kind": outlet.kind,
            "url": self.addresses[outlet.id] + LISTING_PATHS[outlet.kind],
            "language": outlet.language,
            "market": outlet.market,
            "lens": outlet.lens,
            "category": outlet.category,
            "tier": outlet.tier,
            "publisher": outlet.publisher,
            "interval": "30m",
        }
        licence = {"licence": outlet.licence} if outlet.licence else {}
        return source | licence | self._options(outlet)

    def _options(self, outlet: Outlet) -> dict[str, object]:
        match outlet.kind:
            case "mastodon":
                return {"options": {"timeline": "public", "local": True}}
            case "bluesky":
                return {"options": {"queries": list(SEARCHED)}}
            case "bluesky_jetstream":
                # Beside all the other visits nobody waits for these two seconds of silence.
                told = {"appview": self.addresses[PROFILES_AT], "hours": LOOK_BACK_HOURS, "quiet_seconds": 2}
                return {"options": told}
            case "wordpress_rest" | "sitemap" | "news_sitemap":
                return {"options": {"days": FORTNIGHT_DAYS}}
            case _:
                return {}

    def answer(self, outlet_id: str, path: str, query: str) -> Answer:
        site = self.sites[outlet_id]
        match site.outlet.kind:
            case "mastodon":
                return mastodon_answer(self.world, site.base, self.moment, path, parse_qs(query))
            case "bluesky":
                return bluesky_answer(self.world, self.moment, path, parse_qs(query))
            case _:
                return site.answer(path, query)


# --- sockets


def _listen(ip: str, port: int) -> socket.socket:
    sock = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        sock.bind((ip, port))
    except OSError:
        sock.close()
        raise
    sock.listen(128)
    return sock


def _has_whole_loopback() -> bool:
    with suppress(OSError):
        _listen("127.7.1.1", 0).close()
        return True
    return False


def _free_port(preferred: int | None, ips: list[str]) -> int:
    """`preferred` if it is free at all addresses, else one that the system gives."""
    candidates = [preferred] if preferred else []
    for port in [*candidates, *([0] * 20)]:
        with suppress(OSError):
            first = _listen(ips[0], port)
            number = int(first.getsockname()[1])
            first.close()
            for ip in ips:
                _listen(ip, number).close()
            return number
    raise OSError("no port is free on all loopback addresses")


@dataclass(frozen=True, slots=True)
class _Doors:
    """The open sockets, by outlet id, and those kept shut: their addresses are known and refuse."""

    http: Mapping[str, socket.socket]
    stream: socket.socket
    endpoints: Mapping[str, Endpoint]


def _open_doors(outlets: tuple[Outlet, ...], port: int | None) -> _Doors:
    whole = _has_whole_loopback()
    number = _free_port(port, sorted({STREAM_IP, *(outlet.ip for outlet in outlets)})) if whole else 0
    asked = [outlet for outlet in outlets if outlet.kind != STREAM_KIND]
    socks = {outlet.id: _listen(outlet.ip if whole else "127.0.0.1", number) for outlet in asked}
    stream = _listen(STREAM_IP if whole else "127.0.0.1", number)
    endpoints: dict[str, Endpoint] = {name: sock.getsockname() for name, sock in socks.items()}
    endpoints |= {outlet.id: stream.getsockname() for outlet in outlets if outlet.kind == STREAM_KIND}
    for outlet in outlets:
        if outlet.fault == "unreachable":
            socks.pop(outlet.id).close()
    return _Doors(socks, stream, endpoints)


# --- HTTP


def _etag(body: bytes) -> str:
    return f'"{sha256(body).hexdigest()[:20]}"'


def _is_known(headers: Mapping[str, str], etag: str, changed: datetime) -> bool:
    """Whether the caller holds this version; If-None-Match wins over If-Modified-Since (RFC 9110)."""
    if tags := headers.get("if-none-match"):
        return tags.strip() == "*" or etag in tags.replace("W/", "")
    with suppress(ValueError, TypeError):
        return changed.replace(microsecond=0) <= parsedate_to_datetime(headers.get("if-modified-since", ""))
    return False


def _respond(answer: Answer, headers: Mapping[str, str]) -> tuple[int, dict[str, str], bytes]:
    """Status, headers and body after conditions and compression."""
    out = {"Content-Type": answer.content_type, "Server": "demo-world", **answer.headers}
    body, status = answer.body, answer.status
    if status == 200 and answer.changed:
        etag = _etag(body)
        out |= {"ETag": etag, "Last-Modified": format_datetime(answer.changed.astimezone(UTC), usegmt=True)}
        if _is_known(headers, etag, answer.changed):
            return 304, out, b""
    if (
        "gzip" in headers.get("accept-encoding", "")
        and len(body) > SMALLEST_PACKED
        and "gzip" not in out["Content-Type"]
    ):
        body = gzip.compress(body, 5, mtime=0)
        out |= {"Content-Encoding": "gzip", "Vary": "Accept-Encoding"}
    return status, out, body


def _application(served: ServedWorld, by_endpoint: Mapping[Endpoint, str]) -> Callable[..., Awaitable[None]]:
    async def application(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return
        headers = {name.decode().lower(): value.decode("latin-1") for name, value in scope["headers"]}
        outlet_id = by_endpoint[tuple(scope["server"])]
        path, query = unquote(scope["path"]), scope["query_string"].decode()
        answer = served.answer(outlet_id, path, query)
        if answer.delay_seconds:
            await asyncio.sleep(answer.delay_seconds)
        status, out, body = _respond(answer, headers)
        conditional = "if-none-match" in headers or "if-modified-since" in headers
        agent = headers.get("user-agent", "")
        served.knocks.append(Knock(outlet_id, path, status, conditional, agent, time.monotonic()))
        await _send(send, status, out, b"" if scope["method"] == "HEAD" else body)

    return application


async def _send(send: Send, status: int, headers: Mapping[str, str], body: bytes) -> None:
    raw = [(name.lower().encode(), value.encode("latin-1")) for name, value in headers.items()]
    if status != 304:
        raw.append((b"content-length", str(len(body)).encode()))
    await send({"type": "http.response.start", "status": status, "headers": raw})
    await send({"type": "http.response.body", "body": body})


# --- the stream


async def _stream(served: ServedWorld, connection: ServerConnection) -> None:
    """Replays what is kept, then whatever comes while the world's time moves on."""
    query = parse_qs(urlsplit(connection.request.path if connection.request else "").query)
    sent = -1
    with suppress(ConnectionClosed):
        while True:
            for event in wanted(jetstream_events(served.world, served.moment), query):
                if event["time_us"] > sent:
                    await connection.send(json.dumps(event, ensure_ascii=False))
                    sent = event["time_us"]
            with suppress(TimeoutError):
                await asyncio.wait_for(connection.wait_closed(), STREAM_PAUSE_SECONDS)
                return


async def _run(served: ServedWorld, doors: _Doors, server: uvicorn.Server) -> None:
    async def handler(connection: ServerConnection) -> None:
        await _stream(served, connection)

    stream: StreamServer
    async with serve_stream(handler, sock=doors.stream) as stream:
        await server.serve(sockets=list(doors.http.values()))
        stream.close()


@contextmanager
def serve(world: World, *, port: int | None = None) -> Iterator[ServedWorld]:
    """Serves `world` as of its morning from a thread of its own; `port` is only a wish, None takes any free one.

    The addresses are the same at each run as long as the wished port is free.
    """
    doors = _open_doors(world.outlets, port)
    addresses = {name: f"http://{ip}:{number}" for name, (ip, number) in doors.endpoints.items()}
    ip, number = doors.stream.getsockname()
    served = ServedWorld(world, addresses, f"ws://{ip}:{number}/subscribe", world.morning)
    served.move_to(world.morning)
    by_endpoint = {endpoint: name for name, endpoint in doors.endpoints.items()}
    application = _application(served, by_endpoint)
    config = uvicorn.Config(
        application, log_config=None, access_log=False, lifespan="off", ws="none", timeout_graceful_shutdown=1
    )
    server = uvicorn.Server(config)
    thread = threading.Thread(
        target=lambda: asyncio.run(_run(served, doors, server)), name="demo-world", daemon=True
    )
    thread.start()
    try:
        _await_start(server)
        yield served
    finally:
        server.should_exit = True
        thread.join(timeout=START_SECONDS)


def _await_start(server: uvicorn.Server) -> None:
    deadline = time.monotonic() + START_SECONDS
    while not server.started:
        if time.monotonic() > deadline:
            raise TimeoutError(f"the demo world did not start within {timedelta(seconds=START_SECONDS)}")
        time.sleep(0.01)
