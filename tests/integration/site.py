"""A small well-behaved site over real HTTP on loopback; tests say what lies at which path and read what was asked."""

import ssl
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


@dataclass(frozen=True)
class Answer:
    """What a path answers. With an ETag header, `If-None-Match` gets a 304."""

    body: str = ""
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    encoding: str = "utf-8"


@dataclass(frozen=True)
class Asked:
    """One request as it came in; `at` is monotonic, taken before the answer is sent."""

    host: str
    path: str
    at: float
    headers: Mapping[str, str]


class Site:
    """Serves `routes`; `*` answers what is not listed, else 404."""

    def __init__(self, context: ssl.SSLContext | None = None) -> None:
        self._context = context
        self.routes: dict[str, Answer] = {}
        self.asked: list[Asked] = []
        self.answer_seconds = 0.0

    def __enter__(self) -> "Site":
        self._server = _Server(("127.0.0.1", 0), _handler(self))
        if self._context is not None:
            self._server.socket = self._context.wrap_socket(self._server.socket, server_side=True)
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()

    @property
    def port(self) -> int:
        return int(self._server.server_address[1])

    def url(self, path: str, host: str = "blatt.localhost") -> str:
        return f"{'https' if self._context else 'http'}://{host}:{self.port}{path}"

    def paths(self) -> list[str]:
        """Paths asked for, robots.txt and the like left out."""
        return [a.path for a in self.asked if a.path not in ("/robots.txt", "/.well-known/tdmrep.json")]

    def feed(
        self, path: str, *entries: tuple[str, str], summary: str = "Ein Anriss.", **headers: str
    ) -> None:
        """An RSS feed at `path` of (slug, title); pages are at /slug."""
        items = "".join(
            f"<item><title>{title}</title><link>{self.url('/' + slug)}</link><guid isPermaLink='false'>{slug}</guid>"
            f"<description>{summary}</description></item>"
            for slug, title in entries
        )
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        self.routes[path] = Answer(
            f"<rss version='2.0'><channel><title>B</title>{items}</channel></rss>",
            headers={"content-type": "application/rss+xml", **named},
        )


class _Server(ThreadingHTTPServer):
    request_queue_size = 256
    daemon_threads = True


def _handler(site: Site) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            headers = {name.lower(): value for name, value in self.headers.items()}
            site.asked.append(Asked(headers.get("host", ""), self.path, time.monotonic(), headers))
            if site.answer_seconds:
                time.sleep(site.answer_seconds)
            missing = Answer(status=404)
            known = self.path in ("/robots.txt", "/.well-known/tdmrep.json")
            answer = site.routes.get(self.path) or (missing if known else site.routes.get("*", missing))
            etag = answer.headers.get("etag")
            if etag and headers.get("if-none-match") == etag:
                answer = Answer(status=304, headers={"etag": etag})
            body = answer.body.encode(answer.encoding)
            self.send_response(answer.status)
            for name, value in {"content-type": "text/html", **answer.headers}.items():
                self.send_header(name, value)
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:
            pass

    return Handler
