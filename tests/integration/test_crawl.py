"""The door: sources in, harvests out, over real sockets."""

import asyncio
import ssl
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path

import pytest
import trustme

from crawler.crawl import crawl, crawl_async, reactor_loop
from crawler.letters import reread
from crawler.round import Progress
from crawler.settings import CrawlSettings
from crawler.survey import discover_site
from crawler.visit import CrawlJob
from domain.errors import FetchError, Forbidden, ItemError, ParseError, StorageError
from domain.model import (
    Checkpoint,
    Harvest,
    Lens,
    Limits,
    Outcome,
    Page,
    Rights,
    Source,
    Terms,
    TermsStatus,
)
from tests.integration.site import Answer, Site


@pytest.fixture
def site() -> Iterator[Site]:
    with Site() as site:
        site.routes["*"] = Answer("<html><body><p>Der ganze Text.</p></body></html>")
        yield site


def extract(html: bytes, url: str) -> Page:
    if b"unlesbar" in html:
        raise ItemError("nichts zu lesen", item_id=url, remedy="")
    return Page(url=url, title="Seite", text=html.decode())


def settings(**changes: object) -> CrawlSettings:
    base: dict[str, object] = {
        "user_agent": "Lagebild/1.0 (+https://lagebild.example; desk@lagebild.example)",
        "private_hosts": frozenset({"*.localhost"}),
        "per_host_delay_seconds": 0.005,
        "timeout_seconds": 5.0,
        "extract": extract,
    }
    return CrawlSettings(**(base | changes))  # type: ignore[arg-type]


def source(url: str, **changes: object) -> Source:
    base: dict[str, object] = {
        "id": "blatt", "name": "Blatt", "kind": "rss", "url": url, "language": "de", "markets": ("DE",),
        "lens": Lens.MEDIA,
    }  # fmt: skip
    return Source(**(base | changes))  # type: ignore[arg-type]


class Shelf:
    """What an archive would know: checkpoints and entries, kept between visits."""

    def __init__(self) -> None:
        self.checkpoints: dict[str, Checkpoint] = {}
        self.held: dict[str, datetime | None] = {}
        self.harvests: list[Harvest] = []

    def known(self, raw_ids: Sequence[str]) -> Mapping[str, datetime | None]:
        return {raw_id: self.held[raw_id] for raw_id in raw_ids if raw_id in self.held}

    def keep(self, harvest: Harvest) -> None:
        self.harvests.append(harvest)
        self.checkpoints[harvest.source.id] = harvest.checkpoint
        self.held |= {d.entry.raw_id: d.entry.updated for d in harvest.documents}

    def visit(self, *sources: Source, **changes: object) -> Harvest:
        """One run; returns the last harvest."""
        jobs = [CrawlJob(s, self.checkpoints.get(s.id, Checkpoint(s.id)), self.known) for s in sources]
        crawl(jobs, settings(**changes), self.keep)
        return self.harvests[-1]


@pytest.fixture
def shelf() -> Shelf:
    return Shelf()


def slugs(harvest: Harvest) -> list[str]:
    return [document.entry.raw_id for document in harvest.documents]


def test_a_first_visit_brings_entries_with_their_pages(site: Site, shelf: Shelf) -> None:
    site.feed("/rss", ("a", "Erster Titel"), ("b", "Zweiter Titel"))
    found = shelf.visit(source(site.url("/rss")))
    assert (found.visit.outcome, found.visit.entries, found.visit.fresh, found.visit.pages) == (
        Outcome.OK,
        2,
        2,
        2,
    )
    assert [d.page and "ganze Text" in d.page.text for d in found.documents] == [True, True]
    assert site.paths() == ["/rss", "/a", "/b"]


def test_we_say_who_we_are(site: Site, shelf: Shelf) -> None:
    site.feed("/rss", ("a", "Titel"))
    shelf.visit(source(site.url("/rss")))
    assert {a.headers["user-agent"] for a in site.asked} == {settings().user_agent}
    assert all("cookie" not in a.headers and "referer" not in a.headers for a in site.asked)


def test_a_second_visit_asks_conditionally_and_finds_nothing(site: Site, shelf: Shelf) -> None:
    site.feed("/rss", ("a", "Titel"), etag='"v1"', last_modified="Mon, 02 Mar 2026 06:00:00 GMT")
    shelf.visit(source(site.url("/rss")))
    found = shelf.visit(source(site.url("/rss")))
    assert (found.visit.outcome, found.visit.not_modified, found.documents) == (Outcome.UNCHANGED, 1, ())
    headers = site.asked[-1].headers
    assert headers["if-none-match"] == '"v1"'
    assert headers["if-modified-since"] == "Mon, 02 Mar 2026 06:00:00 GMT"


def test_an_unchanged_body_is_not_parsed_again(site: Site, shelf: Shelf) -> None:
    site.feed("/rss", ("a", "Titel"))
    shelf.visit(source(site.url("/rss")))
    found = shelf.visit(source(site.url("/rss")))
    assert (found.visit.outcome, found.visit.status, found.visit.entries) == (Outcome.UNCHANGED, 200, 0)


def test_only_new_entries_and_changed_headlines_are_fetched(site: Site, shelf: Shelf) -> None:
    site.feed("/rss", ("a", "Alter Titel"), ("b", "Zweiter Titel"))
    shelf.visit(source(site.url("/rss")))
    site.asked.clear()
    site.feed("/rss", ("a", "Neuer Titel"), ("b", "Zweiter Titel"), ("c", "Dritter Titel"))
    found = shelf.visit(source(site.url("/rss")))
    assert slugs(found) == ["a", "c"]
    assert site.paths() == ["/rss", "/a", "/c"]


def test_a_live_blog_is_read_again_while_it_is_written(site: Site, shelf: Shelf) -> None:
    now = "Mon, 02 Mar 2026 06:00:00 GMT"
    ticker = ("ticker", f"Liveticker: Prozess beginnt</title><pubDate>{now}</pubDate><title>")
    site.feed("/rss", ticker, ("a", "Erster"))
    at = {"clock": lambda: datetime(2026, 3, 2, 9, tzinfo=UTC)}
    shelf.visit(source(site.url("/rss")), **at)
    site.feed("/rss", ticker, ("a", "Erster"), ("b", "Zweiter"))
    assert slugs(shelf.visit(source(site.url("/rss")), **at)) == ["ticker", "b"]
    site.feed("/rss", ticker, ("a", "Erster"))
    later = {"clock": lambda: datetime(2026, 3, 4, 9, tzinfo=UTC)}
    assert slugs(shelf.visit(source(site.url("/rss")), **later)) == []


def test_a_page_that_sends_on_is_followed_and_one_that_reloads_is_read(site: Site, shelf: Shelf) -> None:
    site.feed("/rss", ("old", "Erster"), ("reloads", "Zweiter"))
    refresh = '<html><head><meta http-equiv="refresh" content="{}"></head><body>Hier.</body></html>'
    site.routes["/old"] = Answer(refresh.format("0; url=/new"))
    site.routes["/reloads"] = Answer(refresh.format("300"))
    sent_on, reloaded = shelf.visit(source(site.url("/rss"))).documents
    assert (sent_on.page and sent_on.page.url) == site.url("/new")
    assert reloaded.page is not None
    assert "Hier." in reloaded.page.text


@pytest.mark.parametrize(
    "target", ["http://169.254.169.254/latest", "http://10.0.0.1/x", "file:///etc/passwd"]
)
def test_a_page_cannot_send_us_where_the_guard_forbids(site: Site, shelf: Shelf, target: str) -> None:
    site.feed("/rss", ("old", "Erster"))
    site.routes["/old"] = Answer(f'<meta http-equiv="refresh" content="0; url={target}"><p>Hier.')
    (document,) = shelf.visit(source(site.url("/rss"))).documents
    assert document.page is None or document.page.url == site.url("/old")
    assert document.page is not None or document.page_fault.startswith("not allowed")


def test_a_page_that_fails_keeps_the_feeds_own_text(site: Site, shelf: Shelf) -> None:
    site.feed("/rss", ("a", "Erster"), ("b", "Zweiter"), ("c", "Dritter"))
    site.routes["/a"] = Answer(status=500)
    site.routes["/b"] = Answer("<p>unlesbar</p>")
    site.routes["/c"] = Answer("%PDF", headers={"content-type": "application/pdf"})
    found = shelf.visit(source(site.url("/rss")))
    faults = [d.page_fault for d in found.documents]
    assert faults == ["HTTP 500", "unreadable: nichts zu lesen", "not a page: application/pdf"]
    assert all(d.page is None and d.entry.summary == "Ein Anriss." for d in found.documents)
    assert [letter.stage for letter in found.letters] == ["page"]


@pytest.mark.parametrize(("length", "fault"), [(3_000, ""), (9_000, "not allowed: an address of 90")])
def test_a_long_address_is_fetched_and_an_absurd_one_is_told(
    site: Site, shelf: Shelf, length: int, fault: str
) -> None:
    site.feed("/rss", ("a" * length, "Lang"), ("b", "Kurz"))
    long, short = shelf.visit(source(site.url("/rss"))).documents
    assert short.page is not None
    assert (long.page is None, long.page_fault[: len(fault) or None]) == (bool(fault), fault)


def test_a_charset_told_by_the_header_alone_reaches_the_page(site: Site, shelf: Shelf) -> None:
    site.feed("/rss", ("a", "Titel"))
    latin = {"content-type": "text/html; charset=ISO-8859-1"}
    site.routes["/a"] = Answer("<p>Müller</p>", headers=latin, encoding="iso-8859-1")
    (document,) = shelf.visit(source(site.url("/rss"))).documents
    assert document.page is not None
    assert document.page.text == "<p>Müller</p>"


@pytest.mark.parametrize(
    ("named", "until", "outcome"),
    [
        ("blatt.localhost", None, Outcome.OK),
        ("anders.localhost", None, Outcome.UNREACHABLE),
        ("blatt.localhost", datetime(2020, 1, 1, tzinfo=UTC), Outcome.UNREACHABLE),
    ],
)
def test_certificates_are_verified(
    shelf: Shelf,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    named: str,
    until: datetime | None,
    outcome: Outcome,
) -> None:
    authority = trustme.CA()
    authority.cert_pem.write_to_path(str(tmp_path / "ca.pem"))
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "ca.pem"))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert(named, not_after=until).configure_cert(context)
    with Site(context) as safe:
        safe.feed("/rss", ("a", "Titel"))
        visit = shelf.visit(source(safe.url("/rss"))).visit
    assert visit.outcome is outcome, visit.reason
    assert ("certificate" in visit.reason) is (outcome is not Outcome.OK)


def test_beyond_the_page_cap_the_feeds_text_is_enough(site: Site, shelf: Shelf) -> None:
    site.feed("/rss", *((f"s{n}", f"Titel {n}") for n in range(5)))
    found = shelf.visit(source(site.url("/rss"), limits=Limits(pages=2)))
    assert [d.page_fault for d in found.documents] == ["", "", *["page cap of 2 reached"] * 3]


def test_entries_without_any_text_wait_for_the_next_visit(site: Site, shelf: Shelf) -> None:
    site.feed("/rss", *((f"s{n}", f"Titel {n}") for n in range(3)), summary="", etag='"1"')
    capped = source(site.url("/rss"), limits=Limits(pages=2))
    assert slugs(shelf.visit(capped)) == ["s0", "s1"]
    assert slugs(shelf.visit(capped)) == ["s2"]
    assert shelf.visit(capped).visit.outcome is Outcome.UNCHANGED


def test_a_source_that_wants_no_pages_gets_none(site: Site, shelf: Shelf) -> None:
    site.feed("/rss", ("a", "Titel"))
    found = shelf.visit(source(site.url("/rss"), fetch_pages=False))
    assert site.paths() == ["/rss"]
    assert found.documents[0].page is None


def test_the_cap_on_megabytes_stops_pages(site: Site, shelf: Shelf) -> None:
    site.routes["*"] = Answer("<p>" + "x" * 700_000 + "</p>")
    site.feed("/rss", *((f"s{n}", f"Titel {n}") for n in range(4)))
    found = shelf.visit(source(site.url("/rss"), limits=Limits(megabytes=1)))
    assert [d.page_fault for d in found.documents] == ["", "", *["the cap of 1 MB is reached"] * 2]


def test_when_a_sources_time_is_over_its_harvest_comes_anyway(site: Site, shelf: Shelf) -> None:
    site.answer_seconds = 0.4
    site.feed("/rss", *((f"s{n}", f"Titel {n}") for n in range(6)))
    found = shelf.visit(source(site.url("/rss")), source_seconds=2.0)
    assert found.visit.outcome is Outcome.OK
    assert 0 < found.visit.pages < 6
    assert len(found.documents) == 6


def test_robots_bind_listings_and_pages(site: Site, shelf: Shelf) -> None:
    site.routes["/robots.txt"] = Answer("User-agent: *\nDisallow: /geheim\nDisallow: /verboten.rss")
    site.feed("/rss", ("geheim", "Titel"))
    found = shelf.visit(source(site.url("/rss")))
    assert found.documents[0].page_fault.startswith("robots.txt forbids")
    forbidden = shelf.visit(source(site.url("/verboten.rss")))
    assert forbidden.visit.outcome is Outcome.BLOCKED
    assert site.paths() == ["/rss"]


def test_a_documented_interface_may_be_asked_with_a_reason(site: Site, shelf: Shelf) -> None:
    site.routes["/robots.txt"] = Answer("User-agent: *\nDisallow: /")
    site.feed("/rss", ("a", "Titel"))
    reason = {"ignore_robots_because": "die Schnittstelle ist dokumentiert"}
    found = shelf.visit(source(site.url("/rss"), options=reason, fetch_pages=False))
    assert found.visit.outcome is Outcome.OK


def test_a_crawl_delay_is_kept(site: Site, shelf: Shelf) -> None:
    site.routes["/robots.txt"] = Answer("User-agent: lagebild\nCrawl-delay: 0.3")
    site.feed("/rss", ("a", "Erster"), ("b", "Zweiter"))
    shelf.visit(source(site.url("/rss")))
    moments = [a.at for a in site.asked if a.path in ("/rss", "/a", "/b")]
    assert min(b - a for a, b in pairwise(moments)) >= 0.3


def test_a_reservation_keeps_the_text_out(site: Site, shelf: Shelf) -> None:
    site.routes["/.well-known/tdmrep.json"] = Answer('[{"location": "/", "tdm-reservation": 1}]')
    site.feed("/rss", ("a", "Erster"), ("b", "Zweiter"))
    site.routes["/b"] = Answer("<p>Frei.</p>", headers={"tdm-reservation": "0"})
    reserved, free = (d.page for d in shelf.visit(source(site.url("/rss"))).documents)
    assert reserved is not None
    assert (reserved.rights, reserved.text, reserved.rights_evidence) == (Rights.DENY, "", "tdmrep.json: /")
    assert free is not None
    assert (free.rights, free.text) == (Rights.ALLOW, "<p>Frei.</p>")


def test_a_reservation_is_told_of_entries_whose_page_was_not_read(site: Site, shelf: Shelf) -> None:
    site.routes["/.well-known/tdmrep.json"] = Answer('[{"location": "/a", "tdm-reservation": 1}]')
    site.feed("/rss", ("a", "Erster"), ("b", "Zweiter"))
    reserved, free = shelf.visit(source(site.url("/rss"), fetch_pages=False)).documents
    assert reserved.page is not None
    assert (reserved.page.rights, reserved.page.text) == (Rights.DENY, "")
    assert free.page is None


def test_a_site_is_asked_for_its_feeds(site: Site) -> None:
    site.routes["/"] = Answer("<link rel=alternate type='application/rss+xml' href='/rss' title='Alles'>")
    site.feed("/rss", ("a", "Titel"))
    site.routes["/robots.txt"] = Answer("Sitemap: https://blatt.example/sitemap.xml")
    assert [(o.url, o.kind) for o in discover_site(site.url("/"), settings())] == [
        (site.url("/rss"), "rss"),
        ("https://blatt.example/sitemap.xml", "sitemap"),
    ]
    assert [(o.kind, o.how) for o in discover_site(site.url("/rss"), settings())] == [("rss", "itself")]


def test_an_address_that_cannot_be_had_is_an_error(site: Site) -> None:
    with pytest.raises(Forbidden):
        discover_site("http://10.0.0.1/", settings())
    with pytest.raises(FetchError):
        discover_site("http://gibt-es-nicht.invalid/", settings())


def test_a_dead_letter_is_read_again(site: Site, shelf: Shelf) -> None:
    site.routes["/rss"] = Answer("<html>kaputt</html>")
    (letter,) = shelf.visit(source(site.url("/rss"))).letters
    with pytest.raises(ParseError):
        reread(letter, source(site.url("/rss")), Checkpoint("blatt"), extract, letter.seen_at)
    site.feed("/rss", ("a", "Titel"))
    mended = replace(letter, body=site.routes["/rss"].body.encode())
    found = reread(mended, source(site.url("/rss")), Checkpoint("blatt"), extract, letter.seen_at)
    assert slugs(found) == ["a"]


def test_terms_that_prohibit_keep_us_away(site: Site, shelf: Shelf) -> None:
    found = shelf.visit(source(site.url("/rss"), terms=Terms(TermsStatus.PROHIBITED)))
    assert (found.visit.outcome, site.asked) == (Outcome.SKIPPED, [])
    assert "prohibit" in found.visit.reason


def test_an_unknown_kind_is_skipped(site: Site, shelf: Shelf) -> None:
    assert shelf.visit(source(site.url("/rss"), kind="rrs")).visit.outcome is Outcome.SKIPPED


def test_a_permanent_move_is_reported_and_nothing_is_changed(site: Site, shelf: Shelf) -> None:
    site.routes["/alt"] = Answer(status=301, headers={"location": "/rss"})
    site.feed("/rss", ("a", "Titel"))
    found = shelf.visit(source(site.url("/alt")))
    assert found.visit.outcome is Outcome.OK
    assert found.visit.reason == f"moved permanently to {site.url('/rss')}"
    site.routes["/alt"] = Answer(status=302, headers={"location": "/rss"})
    assert shelf.visit(source(site.url("/alt"))).visit.reason == ""


def test_a_host_that_says_later_is_left_alone_by_all(site: Site, shelf: Shelf) -> None:
    site.routes["/eins"] = Answer(status=429, headers={"retry-after": "30"})
    site.feed("/zwei", ("a", "Titel"))
    sources = [source(site.url("/eins"), id="eins"), source(site.url("/zwei"), id="zwei")]
    shelf.visit(*sources, concurrency=1)
    waits = {h.source.id: h.visit.retry_after for h in shelf.harvests}
    assert waits["eins"] == timedelta(seconds=30)
    assert waits["zwei"] is not None
    assert site.paths() == ["/eins"]


def test_progress_is_told_after_each_source(site: Site) -> None:
    site.feed("/rss", ("a", "Titel"))
    told: list[Progress] = []
    jobs = [
        CrawlJob(source(site.url("/rss"), id=name), Checkpoint(name), lambda ids: {})
        for name in ("eins", "zwei")
    ]
    crawl(jobs, settings(), lambda harvest: None, on_progress=told.append)
    assert [(p.done, p.total) for p in told] == [(1, 2), (2, 2)]


def test_what_the_archive_raises_ends_the_run_and_is_raised(site: Site) -> None:
    site.feed("/rss", ("a", "Titel"))

    def deliver(harvest: Harvest) -> None:
        raise StorageError("die Platte ist voll", remedy="Platz schaffen")

    jobs = [
        CrawlJob(source(site.url("/rss"), id=f"s{n}"), Checkpoint("x"), lambda ids: {}) for n in range(300)
    ]
    with pytest.raises(StorageError):
        crawl(jobs, settings(), deliver)
    assert len(site.paths()) < 300


def test_the_clock_is_the_callers(site: Site, shelf: Shelf) -> None:
    site.feed("/rss", ("a", "Titel"))
    at = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)
    visit = shelf.visit(source(site.url("/rss")), clock=lambda: at).visit
    assert (visit.started_at, visit.finished_at) == (at, at)


def test_parallel_runs_are_one_guest(site: Site) -> None:
    """200 requests to one host from four spiders: no gap is shorter than the delay."""
    delay, pages = 0.02, 9
    for n in range(20):
        site.feed(f"/rss{n}", *((f"s{n}-{k}", f"Titel {k}") for k in range(pages)))
    jobs = [
        CrawlJob(source(site.url(f"/rss{n}"), id=f"s{n}"), Checkpoint(f"s{n}"), lambda ids: {})
        for n in range(20)
    ]
    harvests: list[Harvest] = []

    async def both() -> None:
        polite = settings(per_host_delay_seconds=delay)
        halves = (crawl_async(half, polite, harvests.append) for half in (jobs[:10], jobs[10:]))
        await asyncio.gather(*halves)

    reactor_loop().run_until_complete(both())
    assert len(site.paths()) == 20 * (pages + 1)
    assert {h.visit.outcome for h in harvests} == {Outcome.OK}
    assert min(b.at - a.at for a, b in pairwise(site.asked)) >= delay


def test_a_cancelled_run_stops_and_delivers_nothing_more(site: Site) -> None:
    site.answer_seconds = 0.3
    for n in range(30):
        site.feed(f"/rss{n}", (f"a{n}", "Titel"))
    jobs = [
        CrawlJob(source(site.url(f"/rss{n}"), id=f"s{n}"), Checkpoint(f"s{n}"), lambda ids: {})
        for n in range(30)
    ]
    harvests: list[Harvest] = []

    async def run() -> int:
        task = asyncio.ensure_future(crawl_async(jobs, settings(), harvests.append))
        await asyncio.sleep(1.5)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        delivered = len(harvests)
        await asyncio.sleep(0.8)
        return delivered

    delivered = reactor_loop().run_until_complete(run())
    assert len(harvests) == delivered < 30
