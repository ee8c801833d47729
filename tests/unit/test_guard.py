"""What may be fetched at all."""

import asyncio
import gzip
import zlib
from collections.abc import Sequence

import pytest

from crawler.guard import BadBody, Guard, NoSuchHost, NotAllowed, authority, checked_host, unpack

NAMES = {
    "blatt.example": ("93.184.216.34",),
    "innen.example": ("10.1.2.3",),
    "gemischt.example": ("93.184.216.34", "127.0.0.1"),
    "leer.example": (),
}


async def lookup(host: str) -> Sequence[str]:
    return NAMES[host]


def admit(url: str, *welcome: str) -> tuple[str, ...]:
    return asyncio.run(Guard(welcome, lookup).admit(url))


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1/", "http://127.1/", "http://2130706433/", "http://0x7f.0.0.1/", "http://0177.0.0.1/",
        "http://[::1]/", "http://[::ffff:127.0.0.1]/", "http://[64:ff9b::7f00:1]/", "http://[fe80::1]/",
        "http://169.254.169.254/latest/", "http://10.0.0.1/", "http://192.168.1.1/", "http://100.64.0.1/",
        "http://0.0.0.0/", "http://224.0.0.1/", "http://innen.example/", "http://gemischt.example/",
        "ftp://blatt.example/", "file:///etc/passwd", "http:///x", "http://a:b@blatt.example/", "http://x:99999/",
        "gopher://blatt.example/", "//blatt.example/",
    ],
)  # fmt: skip
def test_private_and_odd_addresses_are_refused(url: str) -> None:
    with pytest.raises(NotAllowed):
        admit(url)


def test_a_public_name_gives_the_addresses_that_were_looked_at() -> None:
    assert admit("https://blatt.example/a") == ("93.184.216.34",)
    assert admit("http://93.184.216.34/") == ("93.184.216.34",)


def test_a_name_without_address_is_no_host() -> None:
    with pytest.raises(NoSuchHost):
        admit("http://leer.example/")


def test_a_private_host_is_welcome_by_the_name_in_the_url_only() -> None:
    assert admit("http://127.0.0.1:8080/", "127.0.0.1") == ("127.0.0.1",)
    assert admit("http://127.0.0.1:8080/", "127.0.0.1:8080") == ("127.0.0.1",)
    assert admit("http://innen.example/", "*.example") == ("10.1.2.3",)
    for url, welcome in (
        ("http://127.0.0.1:9/", "127.0.0.1:8080"),
        ("http://gemischt.example/", "127.0.0.1"),
        ("http://2130706433/", "127.0.0.1"),
    ):
        with pytest.raises(NotAllowed):
            admit(url, welcome)


def test_a_name_is_looked_up_once_a_minute() -> None:
    asked = []

    async def counted(host: str) -> Sequence[str]:
        asked.append(host)
        return ("93.184.216.34",)

    async def twice() -> None:
        guard = Guard((), counted)
        await guard.admit("http://blatt.example/")
        await guard.admit("http://blatt.example/b")

    asyncio.run(twice())
    assert asked == ["blatt.example"]


@pytest.mark.parametrize(
    ("url", "host"),
    [
        ("HTTPS://Blatt.Example./x", ("blatt.example", 443)),
        ("http://blatt.example:8080/", ("blatt.example", 8080)),
    ],
)
def test_host_and_port_are_told_plainly(url: str, host: tuple[str, int]) -> None:
    assert checked_host(url) == host


def test_an_authority_always_names_its_port() -> None:
    assert authority("https://Blatt.example/x") == "blatt.example:443"
    assert authority("http://blatt.example:80/x") == authority("http://blatt.example/y")


# --- bodies --------------------------------------------------------------------------------------

TEXT = b"Der ganze Text. " * 50


def packed_gzip(body: bytes) -> bytes:
    return gzip.compress(body, mtime=0)


def raw_deflate(body: bytes) -> bytes:
    packer = zlib.compressobj(wbits=-15)
    return packer.compress(body) + packer.flush()


@pytest.mark.parametrize(
    ("encoding", "packed"),
    [
        ("", TEXT),
        ("identity", TEXT),
        ("gzip", packed_gzip(TEXT)),
        ("x-gzip", packed_gzip(TEXT[:99]) + packed_gzip(TEXT[99:])),
        ("gzip", TEXT),
        ("deflate", zlib.compress(TEXT)),
        ("deflate", raw_deflate(TEXT)),
        ("gzip, gzip", packed_gzip(packed_gzip(TEXT))),
    ],
    ids=["none", "identity", "gzip", "members", "plain", "zlib", "deflate", "twice"],
)
def test_bodies_are_unpacked(encoding: str, packed: bytes) -> None:
    assert unpack({"content-encoding": encoding}, packed, 10_000) == TEXT


@pytest.mark.parametrize(
    ("encoding", "packed", "words"),
    [
        ("gzip", packed_gzip(TEXT)[:-6], "truncated"),
        ("gzip", packed_gzip(TEXT)[:40], "truncated"),
        ("gzip", packed_gzip(TEXT)[:-8] + b"12345678", "broken"),
        ("deflate", zlib.compress(TEXT)[:-9], "truncated"),
        ("gzip", packed_gzip(b" " * 10_001), "unpacks to more than"),
        ("br", b"x", "not asked for"),
        ("", b" " * 10_001, "larger than"),
    ],
    ids=["trailer", "half", "checksum", "deflate", "bomb", "brotli", "large"],
)
def test_broken_large_and_odd_bodies_are_told(encoding: str, packed: bytes, words: str) -> None:
    with pytest.raises(BadBody, match=words):
        unpack({"content-encoding": encoding}, packed, 10_000)
