"""Whatever comes over the wire is read or refused in a typed error; nothing else escapes, nothing hangs."""

import time

from hypothesis import given, settings
from hypothesis import strategies as st

from crawler.discover import discover
from crawler.feeds import parse_feed
from crawler.guard import BadBody, unpack
from crawler.permission import head_metas, read_tdmrep
from crawler.robots import read_robots
from crawler.sitemaps import read_sitemap
from domain.errors import ParseError

SEEDS = [
    b"<?xml version='1.0' encoding='utf-8'?><rss version='2.0'><channel><title>B</title><item><title>M\xc3\xbcller &amp; "
    b"S\xc3\xb6hne</title><link>https://b.example/1?a=1&amp;b=2</link><guid>g</guid><pubDate>Mon, 02 Mar 2026 07:15:00 "
    b"+0100</pubDate><description><![CDATA[<p>x</p>]]></description></item></channel></rss>",
    b"<feed xmlns='http://www.w3.org/2005/Atom' xml:lang='de'><title>B</title><entry><title type='html'>A &lt;b&gt;"
    b"</title><link href='https://b.example/1'/><id>urn:1</id><updated>2026-03-02T07:15:00Z</updated></entry></feed>",
    "<?xml version='1.0' encoding='utf-16'?><rss><channel><item><title>ä</title></item></channel></rss>".encode("utf-16"),
    b'{"version": "https://jsonfeed.org/version/1.1", "items": [{"id": 1, "url": "/a", "tags": ["x"]}]}',
    b"<urlset xmlns='http://www.sitemaps.org/schemas/sitemap/0.9'><url><loc>https://b.example/</loc></url></urlset>",
]  # fmt: skip
SCRAPS = [b"<", b">", b"&", b"]]>", b"<![CDATA[", b"<!DOCTYPE", b"&#0;", b"&#x110000;", b"\x00", b"\xff", b"\xef\xbb\xbf",
          b"<!--", b"xmlns:a=''", b"encoding='utf-7'", b"xml:base='\x01'", b'{"items": 7}', b"href='http://['"]  # fmt: skip
LONGEST_SECONDS = 5.0


@st.composite
def mutated(draw: st.DrawFn) -> bytes:
    """A seed with a few cuts, doublings and scraps."""
    body = draw(st.sampled_from(SEEDS))
    for _ in range(draw(st.integers(0, 4))):
        at, to = sorted((draw(st.integers(0, len(body))), draw(st.integers(0, len(body)))))
        scrap = draw(st.sampled_from([b"", body[at:to] * 2, *SCRAPS]))
        body = body[:at] + scrap + body[min(to, at + draw(st.integers(0, 40))) :]
    return body


@settings(max_examples=300, deadline=None)
@given(
    mutated(),
    st.sampled_from(["", "text/xml", "application/rss+xml; charset=iso-8859-1", "text/html; charset=x"]),
)
def test_a_mutated_feed_is_read_or_refused(body: bytes, content_type: str) -> None:
    began = time.monotonic()
    try:
        feed = parse_feed(body, content_type=content_type, url="https://b.example/rss")
    except ParseError as error:
        assert error.message
    else:
        assert all(isinstance(entry.title, str) and isinstance(entry.url, str) for entry in feed.entries)
    assert time.monotonic() - began < LONGEST_SECONDS


@settings(max_examples=150, deadline=None)
@given(mutated())
def test_a_mutated_sitemap_is_read_or_refused(body: bytes) -> None:
    try:
        read_sitemap(body, "x")
    except ParseError as error:
        assert error.source_id == "x"


@settings(max_examples=150, deadline=None)
@given(st.one_of(mutated(), st.binary(max_size=300)))
def test_small_files_of_any_bytes_are_read(body: bytes) -> None:
    read_robots(200, body).allows("https://b.example/ä?b", "lagebild")
    read_tdmrep(200, body)
    head_metas(body)
    discover(body, "https://b.example/")


@settings(max_examples=150, deadline=None)
@given(st.binary(max_size=300), st.sampled_from(["gzip", "deflate", "gzip, deflate", "br", ""]))
def test_packed_bytes_are_unpacked_or_refused(body: bytes, encoding: str) -> None:
    try:
        assert len(unpack({"content-encoding": encoding}, b"\x1f\x8b\x08\x00" + body, 1000)) <= 1000
    except BadBody as error:
        assert str(error)
