"""Feeds on loopback, from a process of their own: /feed/N.xml with an ETag, so that a second visit gets 304, and their articles."""

import json
import subprocess
import sys
from collections.abc import Sequence
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

WORDS = (
    "Die Plattform hat am Montag neue Regeln für Händler angekündigt, und die Behörde prüft sie nun genau. "
)


TIME = "2026-11-28T09:30:00+01:00"


def page(number: str) -> bytes:
    """An article with what stands around one, labelled as newsrooms label theirs; its text is its own."""
    words = [
        f"{word}{number.replace('/', 'x')}" if k % 5 == 0 else word
        for k, word in enumerate(WORDS.split() * 3)
    ]
    paragraphs = "".join(f"<p>{' '.join(words[n:] + words[:n])} Absatz {n}.</p>" for n in range(6))
    menu = "".join(f"<li><a href='/thema/{n}'>Thema {n}</a></li>" for n in range(60))
    linked = json.dumps(
        {"@context": "https://schema.org", "@type": "NewsArticle", "headline": f"Meldung {number}", "datePublished": TIME,
         "author": {"@type": "Person", "name": "Mia Muster"}, "publisher": {"@type": "Organization", "name": "Blatt"}}
    )  # fmt: skip
    return (
        f"<!doctype html><html lang='de'><head><title>Meldung {number}</title><meta property='og:title' content='Meldung "
        f"{number}'><meta property='og:type' content='article'><meta property='article:published_time' content='{TIME}'>"
        f"<meta name='description' content='Die Behörde prüft die neuen Regeln.'><script type='application/ld+json'>{linked}"
        f"</script></head><body><nav><ul>{menu}</ul></nav><article><h1>Meldung {number}</h1>{paragraphs}</article>"
        f"<footer><ul>{menu}</ul></footer></body></html>"
    ).encode()


def feed(number: int, entries: int, port: int) -> bytes:
    """About as heavy as a newspaper's feed; every text is its own."""
    items = "".join(
        f"<item><title>Meldung {number}.{n}: Behörde warnt vor Betrug</title>"
        f"<link>http://127.0.0.1:{port}/artikel/{number}/{n}.html</link><guid isPermaLink='false'>b{number}-{n}</guid>"
        f"<description>{' '.join(f'{word}{number}x{n}' if k % 3 == 0 else word for k, word in enumerate(WORDS.split() * 3))}"
        f"</description><pubDate>Sat, 28 Nov 2026 {n // 2 % 24:02d}:{n:02d}:00 +0100</pubDate></item>"
        for n in range(entries)
    )
    return f'<?xml version="1.0" encoding="UTF-8"?><rss version="2.0"><channel><title>Blatt {number}</title>{items}</channel></rss>'.encode()


class Handler(BaseHTTPRequestHandler):
    """Answers feeds, 304 to who knows the ETag, 404 to the rest (robots.txt among it)."""

    protocol_version = "HTTP/1.1"
    feeds: Sequence[bytes] = ()

    def do_GET(self) -> None:
        name = self.path.rsplit("/", 1)[-1].removesuffix(".xml")
        if self.path.startswith("/artikel/"):
            self._send(200, page("/".join(self.path.split("/")[2:])), kind="text/html; charset=utf-8")
            return
        known = name.isdigit() and int(name) < len(self.feeds)
        etag = f'"v1-{name}"'
        if not known:
            self._send(404, b"")
        elif self.headers.get("If-None-Match") == etag:
            self._send(304, b"", etag)
        else:
            self._send(200, self.feeds[int(name)], etag)

    def _send(self, status: int, body: bytes, etag: str = "", kind: str = "application/rss+xml") -> None:
        self.send_response(status)
        if etag:
            self.send_header("ETag", etag)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *words: object) -> None:
        """Says nothing."""


class FeedServer:
    """The server as a process; `address(n)` is a feed's URL."""

    def __init__(self, feeds: int, entries: int) -> None:
        self.feeds, self.entries = feeds, entries

    def __enter__(self) -> "FeedServer":
        command = [sys.executable, "-m", "bench.feed_server", str(self.feeds), str(self.entries)]
        self._process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        assert self._process.stdout is not None
        self.port = int(self._process.stdout.readline())
        return self

    def __exit__(self, *_: object) -> None:
        self._process.kill()
        self._process.wait()

    def address(self, number: int) -> str:
        return f"http://127.0.0.1:{self.port}/feed/{number}.xml"


def main() -> None:
    feeds, entries = map(int, sys.argv[1:3])
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    Handler.feeds = [feed(n, entries, server.server_address[1]) for n in range(feeds)]
    print(server.server_address[1], flush=True)
    server.serve_forever()


if __name__ == "__main__":
    main()
