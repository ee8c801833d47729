"""robots.txt as RFC 9309 says, section by section, with Google's published edge cases."""

import pytest

from crawler.robots import Robots, product_token, read_robots

EXAMPLE = """\
User-Agent: *
Disallow: *.gif$
Disallow: /example/
Allow: /publications/

User-Agent: foobot
Disallow:/
Allow:/example/page.html
Allow:/example/allowed.gif

User-Agent: barbot
User-Agent: bazbot
Disallow: /example/page.html

User-Agent: quxbot

EOF
"""
LONGEST = "User-Agent: foobot\nAllow: /example/page/\nDisallow: /example/page/disallowed.gif\n"


def allows(text: str, path: str, agent: str = "foobot") -> bool:
    return read_robots(200, text.encode()).allows(f"https://www.example.com{path}", agent)


CASES = [
    # 5.1, the simple example
    (EXAMPLE, "/example/page.html", "foobot", True),
    (EXAMPLE, "/example/allowed.gif", "foobot", True),
    (EXAMPLE, "/publications/x", "foobot", False),
    (EXAMPLE, "/example/page.html", "barbot", False),
    (EXAMPLE, "/example/page.html", "bazbot", False),
    (EXAMPLE, "/example/other.html", "bazbot", True),
    (EXAMPLE, "/example/page.html", "quxbot", True),
    (EXAMPLE, "/example/x", "otherbot", False),
    (EXAMPLE, "/pictures/a.gif", "otherbot", False),
    (EXAMPLE, "/pictures/a.gif?x=1", "otherbot", True),
    (EXAMPLE, "/publications/x", "otherbot", True),
    # 5.2, the longest match
    (LONGEST, "/example/page/a.html", "foobot", True),
    (LONGEST, "/example/page/disallowed.gif", "foobot", False),
    # 2.2.1, product tokens
    ("user-agent: FOOBOT\ndisallow: /", "/x", "foobot", False),
    ("User-agent: foobot\nDisallow: /\nUser-agent: *\nAllow: /", "/x", "foobot", False),
    ("User-agent: *\nDisallow: /\nUser-agent: foobot\nAllow: /", "/x", "foobot", True),
    ("User-agent: foobot\nDisallow: /a\n\nUser-agent: foobot\nDisallow: /b", "/a", "foobot", False),
    ("User-agent: foobot\nDisallow: /a\n\nUser-agent: foobot\nDisallow: /b", "/b", "foobot", False),
    ("User-agent: foobot-news\nDisallow: /", "/x", "foobot", True),
    ("User-agent: foo\nDisallow: /", "/x", "foobot", True),
    ("User-agent: foobot/2.1\nDisallow: /", "/x", "foobot", False),
    ("User-agent: *\nDisallow: /a\n\nUser-agent: *\nDisallow: /b", "/b", "foobot", False),
    ("Disallow: /\nUser-agent: foobot\nAllow: /", "/x", "foobot", True),
    ("Disallow: /", "/x", "foobot", True),
    ("User-agent: otherbot\nDisallow: /", "/x", "foobot", True),
    ("User-agent: a\nUser-agent: foobot\nDisallow: /x", "/x", "foobot", False),
    ("User-agent: foobot\nCrawl-delay: 3\nUser-agent: b\nDisallow: /x", "/x", "foobot", False),
    ("User-agent: foobot\nSitemap: https://x.example/s.xml\nDisallow: /x", "/x", "foobot", False),
    # 2.2.2, rules: order, ties, empty patterns, the file itself
    ("User-agent: *\nDisallow: /\nAllow: /x", "/x", "foobot", True),
    ("User-agent: *\nAllow: /x\nDisallow: /x", "/x", "foobot", True),
    ("User-agent: *\nDisallow: /x\nAllow: /x", "/x", "foobot", True),
    ("User-agent: *\nDisallow:", "/x", "foobot", True),
    ("User-agent: *\nDisallow: /", "/robots.txt", "foobot", True),
    ("User-agent: *\nDisallow: /x", "/X", "foobot", True),
    ("User-agent: *\nDisallow: /foo/", "/foo", "foobot", True),
    ("User-agent: *\nDisallow: /foo", "/foobar", "foobot", False),
    ("", "/x", "foobot", True),
    # 2.2.2, percent encoding
    ("User-agent: *\nDisallow: /path/file-with-a-%2A.html", "/path/file-with-a-*.html", "foobot", False),
    ("User-agent: *\nDisallow: /foo/bar?baz=https://foo.bar", "/foo/bar?baz=https://foo.bar", "foobot", False),
    ("User-agent: *\nDisallow: /foo/bar/ツ", "/foo/bar/%E3%83%84", "foobot", False),
    ("User-agent: *\nDisallow: /foo/bar/%E3%83%84", "/foo/bar/%E3%83%84", "foobot", False),
    ("User-agent: *\nDisallow: /foo/bar/%e3%83%84", "/foo/bar/ツ", "foobot", False),
    ("User-agent: *\nDisallow: /foo/bar/%62%61%7A", "/foo/bar/baz", "foobot", False),
    # 2.2.3, special characters
    ("User-agent: * # everyone\nDisallow: /x # not this", "/x", "foobot", False),
    ("User-agent: *\nDisallow: /x$", "/x", "foobot", False),
    ("User-agent: *\nDisallow: /x$", "/xy", "foobot", True),
    ("User-agent: *\nDisallow: /this/*/exactly", "/this/path/exactly", "foobot", False),
    ("User-agent: *\nDisallow: /this/*/exactly", "/this/exactly", "foobot", True),
    ("User-agent: *\nDisallow: /*.php$", "/index.php", "foobot", False),
    ("User-agent: *\nDisallow: /*.php$", "/index.php?x", "foobot", True),
    ("User-agent: *\nDisallow: /fish*", "/fish.html", "foobot", False),
    ("User-agent: *\nDisallow: *", "/x", "foobot", False),
    ("User-agent: *\nDisallow: /*?", "/a?b", "foobot", False),
    ("User-agent: *\nDisallow: /*?", "/a", "foobot", True),
    # Google's table of precedence
    ("User-agent: *\nAllow: /p\nDisallow: /", "/page", "foobot", True),
    ("User-agent: *\nAllow: /folder\nDisallow: /folder", "/folder/page", "foobot", True),
    ("User-agent: *\nAllow: /page\nDisallow: /*.htm", "/page.htm", "foobot", False),
    ("User-agent: *\nAllow: /page\nDisallow: /*.ph", "/page.php5", "foobot", True),
    ("User-agent: *\nAllow: /$\nDisallow: /", "/", "foobot", True),
    ("User-agent: *\nAllow: /$\nDisallow: /", "/page.htm", "foobot", False),
    # line ends, spaces, marks
    ("User-agent: *\r\nDisallow: /x\r\n", "/x", "foobot", False),
    ("User-agent: *\rDisallow: /x\r", "/x", "foobot", False),
    ("\ufeffUser-agent: *\nDisallow: /x", "/x", "foobot", False),
    ("  User-agent : *\n\tDisallow :  /x  ", "/x", "foobot", False),
    ("User-agent: *\n\n\nDisallow: /x", "/x", "foobot", False),
    ("<html>not found</html>", "/x", "foobot", True),
]  # fmt: skip


@pytest.mark.parametrize(("text", "path", "agent", "allowed"), CASES)
def test_a_rule(text: str, path: str, agent: str, allowed: bool) -> None:
    assert allows(text, path, agent) is allowed


@pytest.mark.parametrize("status", [400, 401, 403, 404, 410, 429, 499])
def test_an_unavailable_file_allows_everything(status: int) -> None:
    assert read_robots(status, b"User-agent: *\nDisallow: /").allows("https://x.example/", "foobot")


@pytest.mark.parametrize("status", [None, 500, 503, 599])
def test_an_unreachable_file_forbids_everything(status: int | None) -> None:
    robots = read_robots(status, b"timeout" if status is None else b"")
    assert not robots.allows("https://x.example/", "foobot")
    assert robots.unreachable == ("timeout" if status is None else f"HTTP {status}")


def test_only_the_first_half_megabyte_is_read() -> None:
    text = b"User-agent: *\nDisallow: /a\n" + b"# filler\n" * 60_000 + b"Disallow: /b\n"
    robots = read_robots(200, text)
    assert not robots.allows("https://x.example/a", "foobot")
    assert robots.allows("https://x.example/b", "foobot")


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("User-agent: *\nCrawl-delay: 2.5", 2.5),
        ("User-agent: *\nCrawl-delay: 9999", 60.0),
        ("User-agent: *\nRequest-rate: 1/10", 10.0),
        ("User-agent: otherbot\nCrawl-delay: 9", 0.0),
        ("User-agent: *\nCrawl-delay: soon", 0.0),
        ("", 0.0),
    ],
)
def test_a_crawl_delay_is_applied_within_a_minute(text: str, seconds: float) -> None:
    assert read_robots(200, text.encode()).delay_seconds("foobot") == seconds


def test_sitemaps_are_named() -> None:
    assert read_robots(200, b"Sitemap: https://x.example/s.xml").sitemaps() == ("https://x.example/s.xml",)
    assert Robots().sitemaps() == ()


@pytest.mark.parametrize(
    ("agent", "token"),
    [("Lagebild/1.0 (+https://x.example)", "Lagebild"), ("foo-bot_x 2", "foo-bot_x"), ("", "*")],
)
def test_the_product_token_is_the_name(agent: str, token: str) -> None:
    assert product_token(agent) == token
