"""Feeds in, entries out: a fast parser for clean feeds, feedparser as the judge of all others.

DOCTYPE and ENTITY are refused before any parser sees the body.
"""

from crawler.fastfeed import Unsure, read_clean
from crawler.feed import Feed, refusal, refuse_declarations
from crawler.jsonfeed import parse_json_feed
from crawler.judge import read_leniently

BLANK = b"\xef\xbb\xbf \t\r\n"


def parse_feed(body: bytes, *, content_type: str = "", url: str = "") -> Feed:
    """Reads a feed of any kind. `url` is the base of relative links.

    Raises ParseError (with an empty source id) for what is no feed, for HTML, and for DOCTYPE or ENTITY.
    """
    start = body[:64].lstrip(BLANK) or body.lstrip(BLANK)[:1]
    if not start:
        raise refusal("the body is empty", "check the address in a browser")
    if start[:1] in (b"{", b"["):
        return parse_json_feed(body, url)
    refuse_declarations(body)
    try:
        return read_clean(body, content_type, url)
    except Unsure:
        return read_leniently(body, content_type, url)
