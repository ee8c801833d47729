"""A server that misbehaves on purpose: each fault has a loopback address of its own, over real sockets."""

import asyncio
import datetime
import gzip
import ssl
import threading
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from email.utils import format_datetime

import trustme

FEED = """<?xml version="1.0" encoding="{encoding}"?>
<rss version="2.0"><channel><title>Müllers Blatt</title><item><title>Müller prüft Händler</title>
<link>{base}/page</link><guid isPermaLink="false">1</guid><description>Ein kurzer Anriss.</description>
<pubDate>Mon, 02 Mar 2026 07:00:00 +0100</pubDate></item></channel></rss>"""
ERROR_PAGE = (
    "<!DOCTYPE html><html><head><title>Fehler</title></head><body><h1>Etwas ging schief</h1></body></html>"
)
CONSENT = "<html><body><h1>Wir brauchen Ihre Zustimmung</h1><button>Alle akzeptieren</button></body></html>"


@dataclass
class Exchange:
    """One request on one connection."""

    path: str
    headers: dict[str, str]
    writer: asyncio.StreamWriter
    base: str

    async def send(self, body: bytes, status: str = "200 OK", **headers: str) -> None:
        """A whole answer; header names are given with underscores."""
        head = {"content_type": "application/rss+xml", "content_length": str(len(body)), **headers}
        port = self.base.rpartition(":")[2]
        lines = [f"{name.replace('_', '-')}: {value.replace('{port}', port)}" for name, value in head.items()]
        self.writer.write("\r\n".join([f"HTTP/1.1 {status}", *lines, "", ""]).encode() + body)
        await self.writer.drain()

    def feed(self, encoding: str = "utf-8") -> str:
        return FEED.format(encoding=encoding, base=self.base)


Fault = Callable[[Exchange], Awaitable[None]]
FAULTS: dict[str, Fault] = {}
AROUND: dict[str, dict[str, Fault]] = {}
"""Answers of a fault's host on other paths than /feed."""


def fault(do: Fault) -> Fault:
    FAULTS[do.__name__] = do
    return do


def answers(status: str, body: str = "", **headers: str) -> Fault:
    async def do(x: Exchange) -> None:
        await x.send(body.encode(), status, **headers)

    return do


def redirects(target: str) -> Fault:
    return answers("302 Found", location=target)


@fault
async def good(x: Exchange) -> None:
    await x.send(x.feed().encode(), etag='"one"')


@fault
async def slow_headers(x: Exchange) -> None:
    await asyncio.sleep(30)


@fault
async def slow_body(x: Exchange) -> None:
    x.writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: 5000\r\n\r\n")
    for letter in x.feed().encode():
        x.writer.write(bytes([letter]))
        await x.writer.drain()
        await asyncio.sleep(0.2)


@fault
async def reset(x: Exchange) -> None:
    x.writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: 5000\r\n\r\n<rss>")
    await x.writer.drain()
    x.writer.transport.abort()


@fault
async def truncated_gzip(x: Exchange) -> None:
    packed = gzip.compress(x.feed().encode())
    await x.send(packed[: len(packed) - 20], content_encoding="gzip")


@fault
async def gzip_bomb(x: Exchange) -> None:
    await x.send(gzip.compress(b" " * 60_000_000), content_encoding="gzip")


@fault
async def entity_bomb(x: Exchange) -> None:
    levels = "".join(f'<!ENTITY {chr(98 + k)} "{f"&{chr(97 + k)};" * 10}">' for k in range(8))
    doctype = f'<?xml version="1.0"?><!DOCTYPE r [<!ENTITY a "Titel">{levels}]>'
    await x.send(f"{doctype}<rss version='2.0'><channel><title>&i;</title></channel></rss>".encode())


@fault
async def entity_bomb_in_utf16(x: Exchange) -> None:
    bomb = '<?xml version="1.0" encoding="utf-16"?><!DOCTYPE r [<!ENTITY a "Titel">]><rss><channel/></rss>'
    await x.send(bomb.encode("utf-16"))


@fault
async def redirect_loop(x: Exchange) -> None:
    await x.send(b"", "302 Found", location=f"{x.base}/feed?{'o' * len(x.path)}")


FAULTS |= {
    "redirect_to_loopback": redirects("http://127.0.0.1:{port}/feed"),
    "redirect_to_metadata": redirects("http://169.254.169.254/latest/meta-data/"),
    "redirect_to_ipv6_loopback": redirects("http://[::1]:{port}/feed"),
    "redirect_to_mapped_ipv6": redirects("http://[::ffff:127.0.0.1]:{port}/feed"),
    "redirect_to_decimal": redirects("http://2130706433:{port}/feed"),
    "redirect_to_octal": redirects("http://0177.0.0.1:{port}/feed"),
    "redirect_to_private_name": redirects("http://localhost:{port}/feed"),
    "redirect_to_file": redirects("file:///etc/passwd"),
}


@fault
async def wrong_charset(x: Exchange) -> None:
    await x.send(x.feed("utf-8").encode("iso-8859-1"), content_type="application/rss+xml; charset=utf-8")


@fault
async def utf16_without_bom(x: Exchange) -> None:
    await x.send(x.feed("utf-16").encode("utf-16-le"))


@fault
async def plain_named_gzip(x: Exchange) -> None:
    await x.send(x.feed().encode(), content_encoding="gzip")


@fault
async def html_as_rss(x: Exchange) -> None:
    await x.send(ERROR_PAGE.encode())


FAULTS |= {
    "error_page": answers("200 OK", ERROR_PAGE, content_type="text/html"),
    "consent_wall": answers("200 OK", CONSENT, content_type="text/html"),
    "empty_body": answers("200 OK"),
    "no_entries": answers("200 OK", '<rss version="2.0"><channel><title>Still</title></channel></rss>'),
    "not_modified_unasked": answers("304 Not Modified"),
    "too_many_seconds": answers("429 Too Many Requests", retry_after="120"),
    "too_many_nothing": answers("429 Too Many Requests"),
    "unavailable": answers("503 Service Unavailable", retry_after="60"),
    "server_error": answers("500 Internal Server Error"),
    "gone": answers("410 Gone"),
    "missing": answers("404 Not Found"),
    "unauthorised": answers("401 Unauthorized"),
    "forbidden": answers("403 Forbidden"),
    "legal_reasons": answers("451 Unavailable For Legal Reasons"),
    "odd_packing": answers("200 OK", "xx", content_encoding="br"),
}


@fault
async def too_many_date(x: Exchange) -> None:
    until = datetime.datetime.now(datetime.UTC) + datetime.timedelta(seconds=300)
    await x.send(b"", "429 Too Many Requests", retry_after=format_datetime(until, usegmt=True))


@fault
async def endless_body(x: Exchange) -> None:
    x.writer.write(b"HTTP/1.1 200 OK\r\ncontent-type: text/xml\r\nconnection: close\r\n\r\n<rss>")
    while True:
        x.writer.write(b"<item/>" * 10_000)
        await x.writer.drain()


@fault
async def huge_header(x: Exchange) -> None:
    await x.send(x.feed().encode(), x_filler="x" * 2_000_000)


@fault
async def short_body(x: Exchange) -> None:
    await x.send(x.feed().encode(), content_length="9999")
    x.writer.close()


@fault
async def garbage(x: Exchange) -> None:
    x.writer.write(b"\x00\x01\x02 this is no HTTP\r\n\r\n")
    x.writer.close()


@fault
async def infinite_calendar(x: Exchange) -> None:
    month = int(x.path.partition("?m=")[2] or 0) + 1
    page = f"<html><body><a rel=next href='/feed?m={month}'>weiter</a><p>Termine {month}</p></body></html>"
    await x.send(page.encode(), content_type="text/html")


@fault
async def consent_wall_page(x: Exchange) -> None:
    await x.send(x.feed().encode())


@fault
async def robots_disallow(x: Exchange) -> None:
    await x.send(x.feed().encode())


@fault
async def robots_down(x: Exchange) -> None:
    await x.send(x.feed().encode())


@fault
async def broken_xml(x: Exchange) -> None:
    await x.send(x.feed().replace("</item>", "").replace("Ein kurzer", "<b>Ein & kurzer").encode())


TLS_FAULTS = ("self_signed", "wrong_name", "expired")
for _name in TLS_FAULTS:
    FAULTS[_name] = good

AROUND["consent_wall_page"] = {"/page": FAULTS["consent_wall"]}
AROUND["robots_disallow"] = {
    "/robots.txt": answers("200 OK", "User-agent: *\nDisallow: /", content_type="text/plain")
}
AROUND["robots_down"] = {"/robots.txt": answers("503 Service Unavailable")}
PAGE = answers("200 OK", "<html><body><p>Der ganze Text.</p></body></html>", content_type="text/html")


@dataclass
class FaultServer:
    """Runs all faults in a thread; `url(name)` is the feed of a fault."""

    hosts: dict[str, str] = field(default_factory=dict)
    seen: list[tuple[str, str, float, dict[str, str]]] = field(default_factory=list)

    def __enter__(self) -> "FaultServer":
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()
        asyncio.run_coroutine_threadsafe(self._open(), self._loop).result(20)
        return self

    def __exit__(self, *_: object) -> None:
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(5)

    def url(self, name: str) -> str:
        return f"{self.hosts[name]}/feed"

    async def _open(self) -> None:
        for number, name in enumerate(FAULTS):
            address = f"127.0.1.{number + 1}"
            context = _context(name, address) if name in TLS_FAULTS else None
            server = await asyncio.start_server(self._handler(name), address, 0, ssl=context)
            port = server.sockets[0].getsockname()[1]
            self.hosts[name] = f"{'https' if context else 'http'}://{address}:{port}"

    def _handler(self, name: str) -> Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]:
        async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            try:
                while await self._one(name, reader, writer):
                    pass
            except (OSError, asyncio.IncompleteReadError):
                pass
            finally:
                writer.close()

        return serve

    async def _one(self, name: str, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
        path = head[0].split(" ")[1]
        headers = {k.lower(): v for k, v in (line.split(": ", 1) for line in head[1:] if ": " in line)}
        self.seen.append((name, path, self._loop.time(), headers))
        exchange = Exchange(path, headers, writer, self.hosts[name])
        await self._answer(name, path.partition("?")[0])(exchange)
        return not writer.is_closing()

    def _answer(self, name: str, path: str) -> Fault:
        if path == "/feed":
            return FAULTS[name]
        missing = answers("404 Not Found")
        return AROUND.get(name, {}).get(path) or (PAGE if path == "/page" else missing)


def _context(name: str, address: str) -> ssl.SSLContext:
    """A certificate that does not hold: unknown authority, another's name, or out of date."""
    authority = trustme.CA()
    ago = datetime.datetime(2020, 1, 1, tzinfo=datetime.UTC)
    who = "anders.example" if name == "wrong_name" else address
    certificate = authority.issue_cert(who, not_after=ago) if name == "expired" else authority.issue_cert(who)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    certificate.configure_cert(context)
    return context
