"""Every fault on the road is told in its own word, none becomes an article, and the others go on."""

from collections.abc import Iterator, Mapping
from datetime import timedelta

import pytest

from crawler.crawl import crawl
from crawler.settings import CrawlSettings
from crawler.visit import CrawlJob
from domain.model import Checkpoint, Harvest, Lens, Outcome, Page, PageKind, Source
from tests.integration.fault_server import FAULTS, FaultServer

TIMEOUT_SECONDS = 4.0
OTHER_KINDS = {"infinite_calendar": "html"}


def extract(html: bytes, url: str) -> Page:
    wall = b"Zustimmung" in html
    return Page(
        url=url, kind=PageKind.CONSENT if wall else PageKind.ARTICLE, title="Seite", text="Der ganze Text."
    )


def source_for(name: str, url: str) -> Source:
    kind = OTHER_KINDS.get(name, "rss")
    options = {"pages": 100} if kind == "html" else {}
    return Source(
        id=name,
        name=name,
        kind=kind,
        url=url,
        language="de",
        markets=("DE",),
        lens=Lens.MEDIA,
        options=options,
    )


@pytest.fixture(scope="module")
def harvests() -> Iterator[Mapping[str, Harvest]]:
    settings = CrawlSettings(
        user_agent="Lagebild/1.0 (+https://lagebild.example)",
        timeout_seconds=TIMEOUT_SECONDS,
        max_body_megabytes=1.0,
        private_hosts=frozenset({"127.0.1.*"}),
        per_host_delay_seconds=0.02,
        extract=extract,
    )
    found: dict[str, Harvest] = {}

    def deliver(harvest: Harvest) -> None:
        assert harvest.source.id not in found, "one harvest per source"
        found[harvest.source.id] = harvest

    with FaultServer() as server:
        sources = [source_for(name, server.url(name)) for name in FAULTS]
        sources.append(source_for("refused", "http://127.0.1.1:9/feed"))
        sources.append(source_for("no_such_name", "http://gibt-es-nicht.invalid/feed"))
        sources.append(source_for("private_address", "http://10.0.0.1/feed"))
        sources.append(source_for("odd_scheme", "gopher://127.0.1.1/feed"))
        jobs = [CrawlJob(source, Checkpoint(source.id), lambda ids: {}) for source in sources]
        crawl(jobs, settings, deliver)
        assert found.keys() == {source.id for source in sources}
        yield found


EXPECTED = [
    ("good", Outcome.OK, ""),
    ("slow_headers", Outcome.UNREACHABLE, "timeout"),
    ("slow_body", Outcome.UNREACHABLE, "timeout"),
    ("reset", Outcome.UNREACHABLE, "broke off"),
    ("short_body", Outcome.UNREACHABLE, "broke off"),
    ("truncated_gzip", Outcome.UNPARSEABLE, "truncated"),
    ("gzip_bomb", Outcome.UNPARSEABLE, "unpacks to more than"),
    ("entity_bomb", Outcome.UNPARSEABLE, "DOCTYPE"),
    ("entity_bomb_in_utf16", Outcome.UNPARSEABLE, "DOCTYPE"),
    ("redirect_loop", Outcome.UNREACHABLE, "redirect"),
    ("redirect_to_loopback", Outcome.BLOCKED, "private address 127.0.0.1"),
    ("redirect_to_metadata", Outcome.BLOCKED, "private address 169.254.169.254"),
    ("redirect_to_ipv6_loopback", Outcome.BLOCKED, "private address ::1"),
    ("redirect_to_mapped_ipv6", Outcome.BLOCKED, "private address"),
    ("redirect_to_decimal", Outcome.BLOCKED, "private address 127.0.0.1"),
    ("redirect_to_octal", Outcome.BLOCKED, "private address 127.0.0.1"),
    ("redirect_to_private_name", Outcome.BLOCKED, "localhost is the private address"),
    ("redirect_to_file", Outcome.BLOCKED, "not allowed"),
    ("private_address", Outcome.BLOCKED, "private address 10.0.0.1"),
    ("odd_scheme", Outcome.BLOCKED, "scheme"),
    ("wrong_charset", Outcome.OK, ""),
    ("utf16_without_bom", Outcome.OK, ""),
    ("plain_named_gzip", Outcome.OK, ""),
    ("broken_xml", Outcome.OK, ""),
    ("html_as_rss", Outcome.UNPARSEABLE, "HTML"),
    ("error_page", Outcome.UNPARSEABLE, "HTML"),
    ("consent_wall", Outcome.UNPARSEABLE, "HTML"),
    ("odd_packing", Outcome.UNPARSEABLE, "'br'"),
    ("empty_body", Outcome.EMPTY, ""),
    ("no_entries", Outcome.EMPTY, ""),
    ("not_modified_unasked", Outcome.UNREACHABLE, "without validators"),
    ("too_many_seconds", Outcome.UNREACHABLE, "HTTP 429"),
    ("too_many_date", Outcome.UNREACHABLE, "HTTP 429"),
    ("too_many_nothing", Outcome.UNREACHABLE, "HTTP 429"),
    ("unavailable", Outcome.UNREACHABLE, "HTTP 503"),
    ("server_error", Outcome.UNREACHABLE, "HTTP 500"),
    ("gone", Outcome.GONE, "HTTP 410"),
    ("missing", Outcome.UNREACHABLE, "HTTP 404"),
    ("unauthorised", Outcome.BLOCKED, "HTTP 401"),
    ("forbidden", Outcome.BLOCKED, "HTTP 403"),
    ("legal_reasons", Outcome.BLOCKED, "HTTP 451"),
    ("endless_body", Outcome.UNPARSEABLE, "larger than allowed"),
    ("huge_header", Outcome.UNREACHABLE, ""),
    ("garbage", Outcome.UNREACHABLE, ""),
    ("infinite_calendar", Outcome.EMPTY, ""),
    ("consent_wall_page", Outcome.OK, ""),
    ("robots_disallow", Outcome.BLOCKED, "robots.txt forbids"),
    ("robots_down", Outcome.UNREACHABLE, "robots.txt could not be read (HTTP 503)"),
    ("self_signed", Outcome.UNREACHABLE, "certificate"),
    ("wrong_name", Outcome.UNREACHABLE, "certificate"),
    ("expired", Outcome.UNREACHABLE, "certificate"),
    ("refused", Outcome.UNREACHABLE, "could not be read"),
    ("no_such_name", Outcome.UNREACHABLE, "has no address"),
]


@pytest.mark.parametrize(("name", "outcome", "words"), EXPECTED)
def test_a_fault_is_told_in_its_own_word(
    harvests: Mapping[str, Harvest], name: str, outcome: Outcome, words: str
) -> None:
    visit = harvests[name].visit
    assert visit.outcome is outcome, visit.reason
    assert words in visit.reason
    assert bool(visit.reason) is not outcome.reported or not words


def test_every_fault_has_its_line() -> None:
    assert FAULTS.keys() <= {name for name, _, _ in EXPECTED}


def test_no_fault_becomes_an_article(harvests: Mapping[str, Harvest]) -> None:
    with_documents = {name for name, harvest in harvests.items() if harvest.documents}
    readable = {name for name, outcome, _ in EXPECTED if outcome is Outcome.OK}
    assert with_documents == readable


def test_titles_survive_wrong_charsets(harvests: Mapping[str, Harvest]) -> None:
    for name in ("good", "wrong_charset", "utf16_without_bom", "plain_named_gzip"):
        (document,) = harvests[name].documents
        assert document.entry.title == "Müller prüft Händler"
        assert document.page is not None
        assert document.page.text == "Der ganze Text."


def test_a_consent_wall_keeps_the_feeds_own_text(harvests: Mapping[str, Harvest]) -> None:
    (document,) = harvests["consent_wall_page"].documents
    assert document.page_fault == "consent wall"
    assert document.page is not None
    assert (document.page.kind, document.page.text) == (PageKind.CONSENT, "")
    assert document.entry.summary == "Ein kurzer Anriss."


def test_retry_after_is_kept_in_seconds_and_as_a_date(harvests: Mapping[str, Harvest]) -> None:
    assert harvests["too_many_seconds"].visit.retry_after == timedelta(seconds=120)
    assert harvests["unavailable"].visit.retry_after == timedelta(seconds=60)
    by_date = harvests["too_many_date"].visit.retry_after
    assert by_date is not None
    assert timedelta(seconds=240) < by_date <= timedelta(seconds=300)


def test_what_cannot_be_parsed_is_kept_as_a_letter(harvests: Mapping[str, Harvest]) -> None:
    (letter,) = harvests["html_as_rss"].letters
    assert letter.stage == "feed"
    assert b"Etwas ging schief" in letter.body
    (packed,) = harvests["truncated_gzip"].letters
    assert packed.body.startswith(b"\x1f\x8b")


def test_a_calendar_without_end_is_cut(harvests: Mapping[str, Harvest]) -> None:
    assert harvests["infinite_calendar"].visit.requests <= 5
