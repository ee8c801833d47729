"""What may be fetched at all: schemes, addresses, sizes, types.

Every hop of every redirect passes `Guard.admit`, and the connection goes to the very addresses that were
looked at, so a name cannot change its mind between the look and the connection.
"""

import asyncio
import ipaddress
import socket
import time
import zlib
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from fnmatch import fnmatchcase
from urllib.parse import urlsplit

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Resolve = Callable[[str], Awaitable[Sequence[str]]]

DEFAULT_PORTS = {"http": 80, "https": 443}
# Servers commonly read 8 kB of a request's first line.
LONGEST_URL = 8_000
# A name is looked up again after this long; browsers keep names for about as long.
LOOKUP_SECONDS = 60.0
LOOKUP_WAIT_SECONDS = 15.0
# RFC 6598 shared space and RFC 6052/3056/4380 tunnels that carry a private IPv4 address inside.
CARRIERS = tuple(
    ipaddress.ip_network(net) for net in ("100.64.0.0/10", "64:ff9b::/96", "2002::/16", "2001::/32")
)


class NotAllowed(Exception):
    """An address, scheme or port that we do not fetch. The message names it."""


class BadBody(Exception):
    """A body that is truncated, too large once unpacked, or packed in a way we did not ask for; `body` as it came."""

    body: bytes = b""


class NoSuchHost(Exception):
    """The name has no address."""


def literal_address(host: str) -> Address | None:
    """The address that `host` spells, in any notation a C library accepts (decimal, octal, hex, short forms).

    None when it is a name.
    """
    bare = host.strip("[]").split("%", 1)[0]
    try:
        return ipaddress.ip_address(bare)
    except ValueError:
        pass
    try:
        return ipaddress.IPv4Address(socket.inet_aton(bare)) if bare[:1].isdigit() else None
    except OSError:
        return None


def is_public(address: Address) -> bool:
    """Whether the address is reachable from the open internet, and carries no other address inside."""
    if isinstance(address, ipaddress.IPv6Address) and address.ipv4_mapped is not None:
        address = address.ipv4_mapped
    if address.is_multicast or not address.is_global:
        return False
    return not any(address.version == net.version and address in net for net in CARRIERS)


def authority(url: str) -> str:
    """`host:port` in lower case, the port always given; what robots.txt and politeness count by."""
    parts = urlsplit(url)
    return f"{(parts.hostname or '').lower()}:{parts.port or DEFAULT_PORTS.get(parts.scheme.lower(), 0)}"


def is_welcome(host: str, port: int, patterns: Iterable[str]) -> bool:
    """Whether a private host was allowed by name: patterns are `host` or `host:port`, with * and ?.

    They are held against the host as written in the URL, so allowing 127.0.0.1 does not allow a name that
    happens to resolve to it.
    """
    return any(fnmatchcase(host, p) or fnmatchcase(f"{host}:{port}", p) for p in patterns)


async def system_lookup(host: str) -> Sequence[str]:
    """The system's answer. Names under .localhost are this machine (RFC 6761). Raises NoSuchHost."""
    if host == "localhost" or host.endswith(".localhost"):
        return ("127.0.0.1",)
    asked = asyncio.get_running_loop().getaddrinfo(host, None, type=socket.SOCK_STREAM)
    try:
        found = await asyncio.wait_for(asked, LOOKUP_WAIT_SECONDS)
    except TimeoutError as error:
        raise NoSuchHost(f"the name {host} was not answered for in {LOOKUP_WAIT_SECONDS:.0f} s") from error
    except (OSError, UnicodeError) as error:
        raise NoSuchHost(f"the name {host} has no address") from error
    return tuple(dict.fromkeys(str(entry[4][0]) for entry in found))


class Guard:
    """Decides which URLs may be fetched and remembers the addresses it looked at."""

    def __init__(self, private_hosts: Iterable[str] = (), lookup: Resolve = system_lookup) -> None:
        self._welcome = tuple(pattern.lower() for pattern in private_hosts)
        self._lookup = lookup
        self._seen: dict[str, tuple[float, tuple[str, ...]]] = {}

    async def admit(self, url: str) -> tuple[str, ...]:
        """The addresses that `url` may be fetched from. Raises NotAllowed, NoSuchHost."""
        host, port = checked_host(url)
        literal = literal_address(host)
        addresses = (str(literal),) if literal else await self._addresses(host)
        if not is_welcome(host, port, self._welcome):
            for address in addresses:
                if not is_public(ipaddress.ip_address(address.split("%", 1)[0])):
                    raise NotAllowed(f"{host} is the private address {address}")
        return addresses

    async def _addresses(self, host: str) -> tuple[str, ...]:
        now = time.monotonic()
        known = self._seen.get(host)
        if known and now - known[0] < LOOKUP_SECONDS:
            return known[1]
        addresses = tuple(await self._lookup(host))
        if not addresses:
            raise NoSuchHost(f"the name {host} has no address")
        if len(self._seen) > 10_000:
            self._seen.clear()
        self._seen[host] = (now, addresses)
        return addresses


def checked_host(url: str) -> tuple[str, int]:
    """Host (lower case) and port of a URL we are willing to open. Raises NotAllowed."""
    if len(url) > LONGEST_URL:
        raise NotAllowed(f"an address of {len(url)} characters is longer than {LONGEST_URL}")
    try:
        parts = urlsplit(url)
        host, port = (parts.hostname or "").lower().rstrip("."), parts.port
    except ValueError as error:
        raise NotAllowed(f"{url[:200]} is not a URL") from error
    if parts.scheme.lower() not in DEFAULT_PORTS:
        raise NotAllowed(f"the scheme {parts.scheme or '(none)'} is not http or https")
    if not host:
        raise NotAllowed(f"{url[:200]} names no host")
    if parts.username or parts.password:
        raise NotAllowed(f"the URL for {host} carries a password")
    return host, port or DEFAULT_PORTS[parts.scheme.lower()]


# --- bodies --------------------------------------------------------------------------------------


def unpack(headers: Mapping[str, str], body: bytes, limit: int) -> bytes:
    """The body without its content encoding, at most `limit` octets. Raises BadBody.

    Only gzip and deflate are undone, since only these are asked for; several may be stacked (RFC 9110, 8.4).
    """
    encodings = [e.strip().lower() for e in headers.get("content-encoding", "").split(",") if e.strip()]
    for encoding in reversed(encodings):
        if encoding in ("gzip", "x-gzip"):
            body = gunzip(body, limit) if body else body
        elif encoding == "deflate":
            body = inflate(body, limit)
        elif encoding != "identity":
            raise BadBody(f"the body is packed as {encoding!r}, which was not asked for")
    if len(body) > limit:
        raise BadBody(f"the body is larger than {limit} octets")
    return body


def gunzip(body: bytes, limit: int) -> bytes:
    """Unpacks all members of a gzip body and checks the trailer. Raises BadBody."""
    if not body.startswith(b"\x1f\x8b"):
        # Some servers announce gzip and send the plain body; browsers show it, so do we.
        return body
    out = bytearray()
    rest = body
    while rest.startswith(b"\x1f\x8b"):
        member = zlib.decompressobj(wbits=31)
        out += _bounded(member, rest, limit - len(out))
        if not member.eof:
            raise BadBody("the gzip body is truncated")
        rest = member.unused_data
    return bytes(out)


def inflate(body: bytes, limit: int) -> bytes:
    """Unpacks a zlib or raw deflate body. Raises BadBody."""
    wbits = 15 if body[:1] and body[0] & 0x0F == 8 else -15
    member = zlib.decompressobj(wbits=wbits)
    out = _bounded(member, body, limit)
    if not member.eof:
        raise BadBody("the deflate body is truncated")
    return out


def _bounded(member: "zlib._Decompress", packed: bytes, limit: int) -> bytes:
    try:
        out = member.decompress(packed, max(1, limit + 1))
    except zlib.error as error:
        raise BadBody(f"the packed body is broken: {error}") from error
    if len(out) > limit:
        raise BadBody(f"the body unpacks to more than {limit} octets")
    return out


def is_gzip(body: bytes) -> bool:
    """Whether a file (not a transfer encoding) is gzip, as sitemaps often are."""
    return body.startswith(b"\x1f\x8b")
