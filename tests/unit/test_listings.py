"""Sitemaps, listing pages, WordPress, and what a homepage offers."""

import gzip
import json
from datetime import UTC, datetime

import pytest

from crawler.connectors.html import CONNECTOR as HTML
from crawler.connectors.sitemap import CONNECTOR as SITEMAP
from crawler.connectors.wordpress_rest import CONNECTOR as WORDPRESS
from crawler.connectors.wordpress_rest import endpoint
from crawler.discover import discover
from crawler.links import article_address
from crawler.robots import read_robots
from crawler.sitemaps import read_sitemap
from domain.errors import ParseError
from domain.model import Checkpoint, Entry, Fetched, Lens, Request, Source

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
SPACE = "xmlns='http://www.sitemaps.org/schemas/sitemap/0.9'"


def source(kind: str, url: str = "https://amt.example/liste", **options: object) -> Source:
    return Source(
        id="amt",
        name="Amt",
        kind=kind,
        url=url,
        language="de",
        markets=("DE",),
        lens=Lens.REGULATOR,
        options=options,
    )


def fetched(body: bytes, context: dict[str, str] | None = None, **headers: str) -> Fetched:
    request = Request("https://amt.example/liste", context=context or {})
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Fetched("amt", request, request.url, 200, named, body, NOW)


def urls(*rows: tuple[str, str]) -> bytes:
    body = "".join(f"<url><loc>{u}</loc>{f'<lastmod>{m}</lastmod>' if m else ''}</url>" for u, m in rows)
    return f"<urlset {SPACE}>{body}</urlset>".encode()


# --- sitemaps ------------------------------------------------------------------------------------


@pytest.mark.parametrize("pack", [bytes, gzip.compress])
def test_sitemaps_come_plain_and_packed(pack: object) -> None:
    found = read_sitemap(pack(urls(("https://amt.example/a", "2026-03-01"))), "amt")  # type: ignore[operator]
    assert [(u.url, u.lastmod) for u in found.urls] == [
        ("https://amt.example/a", datetime(2026, 3, 1, tzinfo=UTC))
    ]


def test_a_sitemap_may_be_a_list_of_lines() -> None:
    assert [u.url for u in read_sitemap(b"https://amt.example/a\nhttps://amt.example/b\n", "amt").urls] == [
        "https://amt.example/a",
        "https://amt.example/b",
    ]


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"<html><body/></html>",
        b"<urlset",
        b"<rss/>",
        b"<!DOCTYPE x><urlset/>",
        gzip.compress(b"<urlset/>", mtime=0)[:-4],
    ],
)
def test_what_is_no_sitemap_is_told(body: bytes) -> None:
    with pytest.raises(ParseError) as told:
        read_sitemap(body, "amt")
    assert told.value.source_id == "amt"


def test_the_first_visit_reaches_back_two_days_and_the_next_overlaps() -> None:
    first = next(iter(SITEMAP.plan(source("sitemap"), Checkpoint("amt"), NOW)))
    assert first.context["since"] == "2026-02-28T09:00:00+00:00"
    body = urls(
        ("https://amt.example/neu", "2026-03-02T08:00:00Z"), ("https://amt.example/alt", "2026-01-01")
    )
    entries = [
        e
        for e in SITEMAP.parse(fetched(body, dict(first.context)), source("sitemap"))
        if isinstance(e, Entry)
    ]
    assert [e.url for e in entries] == ["https://amt.example/neu"]
    after = SITEMAP.advance(source("sitemap"), Checkpoint("amt"), entries)
    following = next(iter(SITEMAP.plan(source("sitemap"), after, NOW)))
    assert following.context["since"] == "2026-02-28T08:00:00+00:00"


def test_an_index_asks_for_its_young_children() -> None:
    rows = "".join(
        f"<sitemap><loc>https://amt.example/{n}.xml</loc><lastmod>2026-03-{n:02d}</lastmod></sitemap>"
        for n in range(1, 31)
    )
    body = f"<sitemapindex {SPACE}>{rows}</sitemapindex>".encode()
    found = list(SITEMAP.parse(fetched(body, {"since": "2026-03-05T00:00:00+00:00"}), source("sitemap")))
    children = [part.url for part in found if isinstance(part, Request)]
    assert children == [f"https://amt.example/{n}.xml" for n in range(30, 18, -1)]
    assert found[0].context == {"since": "2026-03-05T00:00:00+00:00"}  # type: ignore[union-attr]


def test_urls_are_filtered_by_their_address() -> None:
    rows = [(f"https://amt.example/{part}", "") for part in ("presse/a", "presse/archiv/b", "jobs/c")]
    chosen = SITEMAP.parse(fetched(urls(*rows)), source("sitemap", include="/presse/", exclude="/archiv/"))
    assert [e.url for e in chosen if isinstance(e, Entry)] == ["https://amt.example/presse/a"]


def test_undated_urls_come_from_both_ends() -> None:
    rows = [(f"https://amt.example/{n}", "") for n in range(1000)]
    found = [e.url for e in SITEMAP.parse(fetched(urls(*rows)), source("sitemap")) if isinstance(e, Entry)]
    assert len(found) == 200
    assert (found[0], found[-1]) == ("https://amt.example/0", "https://amt.example/999")


# --- listing pages -------------------------------------------------------------------------------

LIST = """<html><head><base href="https://amt.example/presse/"></head><body><ul>
<li class=t><a href="m1.html">weiter</a><h3>Rückruf</h3><span class=d>2. 3. 2026</span><time datetime="2026-03-02"/>
<p>Kurz.</p></li><li class=t><h3>Ohne Link</h3></li><li class=t><a href="m2.html"><h3>Warnung</h3></a></li></ul>
<a class=w href="?seite=2">weiter</a></body></html>""".encode()


@pytest.mark.parametrize(
    "options",
    [
        {"item": "li.t", "summary": "p::text", "next": "a.w::attr(href)", "pages": 2},
        {
            "item": "xpath://li[@class='t']", "link": "xpath:.//a/@href", "title": "xpath:.//h3", "summary": "xpath:p",
            "date": "xpath:.//time/@datetime", "next": "xpath://a[@class='w']/@href", "pages": 2,
        },
    ],
)  # fmt: skip
def test_selectors_are_css_or_xpath(options: dict[str, object]) -> None:
    found = list(HTML.parse(fetched(LIST), source("html", **options)))
    entries = [e for e in found if isinstance(e, Entry)]
    assert [(e.url, e.title, e.summary) for e in entries] == [
        ("https://amt.example/presse/m1.html", "Rückruf", "Kurz."),
        ("https://amt.example/presse/m2.html", "Warnung", ""),
    ]
    assert entries[0].published == datetime(2026, 3, 2, tzinfo=UTC)
    (following,) = (part for part in found if isinstance(part, Request))
    assert following.url == "https://amt.example/presse/?seite=2"


@pytest.mark.parametrize("rule", ["li[", "xpath://li["])
def test_a_wrong_selector_is_named(rule: str) -> None:
    with pytest.raises(ParseError, match="item"):
        list(HTML.parse(fetched(LIST), source("html", item=rule)))


@pytest.mark.parametrize(
    ("path", "looks"),
    [
        ("/2026/03/02/titel", True), ("/digital/artikel-4711234.html", True), ("/wie-man-ein-konto-schuetzt", True),
        ("/politik", False), ("/politik/ausland", False), ("/a-b-c", False), ("/?p=4711234", True),
    ],
)  # fmt: skip
def test_an_article_is_known_by_its_address(path: str, looks: bool) -> None:
    assert article_address(path) is looks


# --- WordPress -----------------------------------------------------------------------------------


def test_wordpress_is_asked_for_changes_and_pages() -> None:
    site = source("wordpress_rest", "https://amt.example/", query={"categories": 7})
    first = next(
        iter(WORDPRESS.plan(site, Checkpoint("amt", {"modified_gmt": "2026-03-02T08:00:00+00:00"}), NOW))
    )
    assert first.url.startswith("https://amt.example/wp-json/wp/v2/posts?per_page=50&page=1")
    assert "modified_after=2026-03-02T07%3A50%3A00" in first.url
    assert "categories=7" in first.url
    body = json.dumps([{"link": "https://amt.example/a", "title": {"rendered": "A"}}]).encode()
    found = list(WORDPRESS.parse(fetched(body, dict(first.context), x_wp_totalpages="3"), site))
    assert [part.url for part in found if isinstance(part, Entry)] == ["https://amt.example/a"]
    assert ["page=2" in part.url for part in found if isinstance(part, Request)] == [True]


@pytest.mark.parametrize("body", [b"<html>", b'{"code": "rest_no_route"}'])
def test_what_is_no_list_of_posts_is_told(body: bytes) -> None:
    with pytest.raises(ParseError):
        list(WORDPRESS.parse(fetched(body, {"page": "1", "since": ""}), source("wordpress_rest")))


def test_an_endpoint_stays_as_it_is() -> None:
    assert endpoint("https://a.example/wp-json/wp/v2/news") == "https://a.example/wp-json/wp/v2/news"
    assert endpoint("https://a.example/blog/") == "https://a.example/blog/wp-json/wp/v2/posts"


# --- what a homepage offers ----------------------------------------------------------------------


def test_declared_feeds_come_first_and_comments_last() -> None:
    html = b"""<html><head><link rel="alternate" type="application/rss+xml" title="Kommentare" href="/comments/feed/">
    <link rel="alternate" type="application/rss+xml" title="Alles" href="/feed/"><link rel="alternate" hreflang="fr"
    href="/fr/"><link rel="alternate" type="application/feed+json" href="/feed.json"></head><body>
    <a href="/feed/">RSS</a><a href="/politik/rss.xml">Politik</a><a href="/feedback">Meinung</a></body></html>"""
    robots = read_robots(200, b"Sitemap: https://amt.example/news-sitemap.xml")
    found = [(o.url, o.kind, o.how) for o in discover(html, "https://amt.example/", robots)]
    assert found == [
        ("https://amt.example/feed/", "rss", "declared"),
        ("https://amt.example/feed.json", "json_feed", "declared"),
        ("https://amt.example/politik/rss.xml", "rss", "linked"),
        ("https://amt.example/news-sitemap.xml", "news_sitemap", "robots"),
        ("https://amt.example/comments/feed/", "rss", "declared"),
    ]


def test_a_page_that_names_none_gets_the_usual_addresses() -> None:
    found = discover(b"<html><body>Hallo</body></html>", "https://amt.example/de/")
    assert {offer.how for offer in found} == {"guess"}
    assert found[0].url == "https://amt.example/feed/"
