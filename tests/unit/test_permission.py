"""May we read it, and what may be kept."""

from dataclasses import replace
from datetime import date, timedelta

import pytest

from crawler.permission import (
    Reservation,
    clearance,
    head_metas,
    licensed,
    read_tdmrep,
    reservation_for,
    rights_of,
    stricter,
)
from domain.model import Lens, Page, Rights, Source, Terms, TermsStatus

TODAY = date(2026, 3, 2)


def source(terms: Terms) -> Source:
    return Source(
        id="x", name="X", kind="rss", url="https://x.example", language="de", markets=("DE",), lens=Lens.MEDIA,
        terms=terms,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("status", "days_ago", "runs", "words"),
    [
        (TermsStatus.OK, 10, True, ""),
        (TermsStatus.OK, 151, True, "within 29 days"),
        (TermsStatus.OK, 180, True, "within 0 days"),
        (TermsStatus.OK, 181, False, "over 180 days"),
        (TermsStatus.CONTRACT, 400, False, "over 180 days"),
        (TermsStatus.PROHIBITED, 1, False, "prohibit"),
        (TermsStatus.UNREVIEWED, None, True, ""),
    ],
)
def test_terms_hold_half_a_year(status: TermsStatus, days_ago: int | None, runs: bool, words: str) -> None:
    checked = None if days_ago is None else TODAY - timedelta(days=days_ago)
    found = clearance(source(Terms(status, checked)), TODAY)
    assert found.may_run is runs
    assert words in found.why
    assert bool(found.why) is bool(words)


TDMREP = b"""[
  {"location": "/frei/*", "tdm-reservation": 0},
  {"location": "/archiv/*.html$", "tdm-reservation": 1, "tdm-policy": "https://x.example/p.json"},
  {"location": "/", "tdm-reservation": 1}
]"""


@pytest.mark.parametrize(
    ("path", "location"),
    [
        ("/frei/a", "/frei/*"), ("/archiv/1.html", "/archiv/*.html$"), ("/archiv/1.html?x", "/"), ("/b", "/"),
        ("", "/"),
    ],
)  # fmt: skip
def test_the_first_matching_location_wins(path: str, location: str) -> None:
    found = reservation_for(f"https://x.example{path}", read_tdmrep(200, TDMREP))
    assert found is not None
    assert found.location == location


@pytest.mark.parametrize("body", [b"", b"{", b"7", b'["x"]', b'[{"location": 3}]', b"<html>"])
def test_a_file_that_is_none_reserves_nothing(body: bytes) -> None:
    assert read_tdmrep(200, body) == ()
    assert read_tdmrep(404, TDMREP) == ()


RESERVED, FREE = Reservation("/", True), Reservation("/", False)


@pytest.mark.parametrize(
    ("tdmrep", "header", "meta", "rights", "evidence"),
    [
        (None, "", "", Rights.ALLOW, ""),
        (RESERVED, "", "", Rights.DENY, "tdmrep.json: /"),
        (FREE, "", "", Rights.ALLOW, "tdmrep.json: /"),
        (RESERVED, "0", "", Rights.ALLOW, "header tdm-reservation: 0"),
        (FREE, "1", "", Rights.DENY, "header tdm-reservation: 1"),
        (FREE, "1", "0", Rights.ALLOW, "meta tdm-reservation: 0"),
        (RESERVED, "", "0", Rights.ALLOW, "meta tdm-reservation: 0"),
        (None, "", "1", Rights.DENY, "meta tdm-reservation: 1"),
        (RESERVED, "perhaps", "", Rights.DENY, "tdmrep.json: /"),
    ],
)
def test_file_then_header_then_meta_and_absence_never_resets(
    tdmrep: Reservation | None, header: str, meta: str, rights: Rights, evidence: str
) -> None:
    html = f'<head><meta name="tdm-reservation" content="{meta}"></head>'.encode() if meta else b""
    headers = {"tdm-reservation": header} if header else {}
    assert rights_of(headers, html, tdmrep) == (rights, evidence)


@pytest.mark.parametrize(
    ("header", "robots", "rights"),
    [
        ("noai", "", Rights.DENY),
        ("", "noindex, follow", Rights.DENY),
        ("", "NOAI,noimageai", Rights.DENY),
        ("", "none", Rights.DENY),
        ("nosnippet", "", Rights.SNIPPET_ONLY),
        ("", "noarchive", Rights.ALLOW),
        ("", "nosnippet", Rights.SNIPPET_ONLY),
        ("", "max-snippet:0", Rights.SNIPPET_ONLY),
        ("", "max-snippet: 50, index", Rights.ALLOW),
        ("googlebot: noindex", "", Rights.ALLOW),
        ("googlebot: noindex, lagebild: noai", "", Rights.DENY),
        ("nosnippet", "noindex", Rights.DENY),
        ("index, follow, max-image-preview:large", "", Rights.ALLOW),
    ],
)
def test_robots_directives_only_restrict(header: str, robots: str, rights: Rights) -> None:
    html = f"<meta name=robots content='{robots}'>".encode()
    found, evidence = rights_of({"x-robots-tag": header}, html)
    assert found is rights
    assert bool(evidence) is (rights is not Rights.ALLOW)


def test_a_meta_for_us_alone_counts() -> None:
    assert rights_of({}, b'<meta content="noai" name="Lagebild">')[0] is Rights.DENY


def test_metas_are_read_from_the_head_only() -> None:
    html = b"""<head><!-- <meta name="a" content="1"> --><META NAME='b' CONTENT="x &amp; y"><meta name=c content=z>
    </head><body><meta name="d" content="1"></body>"""
    assert head_metas(html) == {"b": "x & y", "c": "z"}


def test_the_stricter_decision_holds() -> None:
    deny, allow = (Rights.DENY, "a"), (Rights.ALLOW, "")
    assert stricter(allow, deny) == deny
    assert stricter(allow, (Rights.ALLOW, "b")) == (Rights.ALLOW, "b")
    assert stricter((Rights.SNIPPET_ONLY, "c"), allow) == (Rights.SNIPPET_ONLY, "c")


def test_a_licence_lets_a_reserved_text_be_kept_and_says_so() -> None:
    page = Page(
        url="https://bote.example/1",
        text="Text",
        rights=Rights.DENY,
        rights_evidence="meta tdm-reservation: 1",
    )
    assert licensed(page, source(Terms())) == page
    kept = licensed(page, replace(source(Terms()), licence="contract 7/2026"))
    assert (kept.rights, kept.text) == (Rights.ALLOW, "Text")
    assert kept.rights_evidence == "licence: contract 7/2026; without it meta tdm-reservation: 1"
