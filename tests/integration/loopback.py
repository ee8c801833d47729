"""A little platform on loopback for connectors: answers are a function, requests are remembered, weather can be bad."""

import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

from crawler.crawl import crawl
from crawler.dedupe import NearIndex
from crawler.settings import CrawlSettings
from domain.model import Lens, Limits, Source, Visit
from lagebild.belts.collect import CollectRun, Desk
from lagebild.pseudonyms import pseudonym_of, references_of
from lagebild.secrets import secrets_of
from storage.memory import MemoryArchive

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)


@dataclass(frozen=True)
class Asked:
    """A request as it arrived. `query` has the last value of each name, `many` all of them."""

    path: str
    query: Mapping[str, str]
    many: Mapping[str, list[str]]
    headers: Mapping[str, str]
    body: bytes


@dataclass(frozen=True)
class Told:
    """An answer; a negative status drops the connection."""

    body: bytes = b""
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)


Answer = Callable[[Asked], Told]


@dataclass
class Platform:
    """`answer` may be exchanged between visits."""

    answer: Answer
    base: str = ""
    asked: list[Asked] = field(default_factory=list)

    @property
    def paths(self) -> list[str]:
        return [one.path for one in self.asked]


@contextmanager
def serving(answer: Answer) -> Iterator[Platform]:
    platform = Platform(answer)

    class Door(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        # Head and body leave in two pieces; waiting for each other's receipt costs 40 ms a request.
        disable_nagle_algorithm = True

        def do_GET(self) -> None:
            parts = urlsplit(self.path)
            if parts.path in ("/robots.txt", "/.well-known/tdmrep.json"):
                self._send(Told(status=404))
                return
            many = parse_qs(parts.query, keep_blank_values=True)
            body = self.rfile.read(int(self.headers.get("content-length") or 0))
            headers = {name.lower(): value for name, value in self.headers.items()}
            asked = Asked(
                parts.path, {name: values[-1] for name, values in many.items()}, many, headers, body
            )
            platform.asked.append(asked)
            self._send(platform.answer(asked))

        do_POST = do_GET  # noqa: N815

        def _send(self, told: Told) -> None:
            if told.status < 0:
                self.close_connection = True
                return
            self.send_response(told.status)
            for name, value in told.headers.items():
                self.send_header(name, value)
            self.send_header("content-length", str(len(told.body)))
            self.end_headers()
            self.wfile.write(told.body)

        def log_message(self, *words: object) -> None:
            """Quiet."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Door) as server:
        thread = threading.Thread(target=lambda: server.serve_forever(poll_interval=0.02), daemon=True)
        thread.start()
        platform.base = f"http://127.0.0.1:{server.server_port}"
        try:
            yield platform
        finally:
            server.shutdown()


class Visitor:
    """Visits one source through the whole collect belt and keeps what it brings in an archive of its own."""

    def __init__(self, platform: Platform, folder: Path, kind: str, **given: object) -> None:
        self.archive, self.folder, self.platform = MemoryArchive(), folder, platform
        self.environment = {"KEY": "geheim"}
        plain = Source(
            id="s", name="S", kind=kind, url=platform.base + "/", language="de", markets=("DE",), lens=Lens.USER,
            fetch_pages=False, limits=Limits(megabytes=None),
        )  # fmt: skip
        self.source = replace(plain, **given)  # type: ignore[arg-type]

    def visit(self, now: datetime = NOW) -> Visit:
        keys = self.folder / "keys"
        desk = Desk(self.archive, NearIndex(), lambda: now, pseudonym_of(keys, now), references_of(keys))
        visits: list[Visit] = []
        settings = CrawlSettings(
            user_agent="Test/1.0", per_host_delay_seconds=0.0, private_hosts=frozenset({"127.*"}), clock=lambda: now,
            timeout_seconds=60.0,
        )  # fmt: skip
        run = CollectRun(desk, [self.source], visits.append, secrets_of(self.environment))
        crawl(run.jobs, settings, run.deliver)
        return visits[0]

    def held(self) -> list[str]:
        """Raw ids of what lives in the archive, each as often as it is there."""
        return sorted(row[0] for row in self.archive.rows("SELECT raw_id FROM item WHERE state = 'live'"))

    def cursor(self) -> Mapping[str, str]:
        return self.archive.checkpoint("s").cursor
