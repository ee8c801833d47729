"""Extraction never raises, whatever a server sends."""

import random
from pathlib import Path

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from crawler.extract import extract
from domain.model import Page, PageKind

PAGES = sorted((Path(__file__).parents[1] / "fixtures" / "pages").glob("*/page.html"))
SCRAPS = [b"<", b">", b"</p>", b"<p", b"<!--", b"]]>", b"\x00", b"\xff\xfe", b"&#x110000;", b"&", b"<script>", b"</html>", b'"@type":',
          b"<table>", b"{", b"\xc3", b"<svg>", b"<br>" * 40, b"<div>" * 300, b"\xed\xa0\x80", b'<meta charset="utf-7">', b"<html/>"]  # fmt: skip


def mutated(body: bytes, seed: int, steps: int) -> bytes:
    chance = random.Random(seed)
    page = bytearray(body)
    for _ in range(steps):
        at = chance.randrange(len(page) + 1)
        change = chance.randrange(4)
        if change == 0:
            page[at:at] = chance.choice(SCRAPS)
        elif change == 1:
            del page[at : at + chance.randrange(1, 400)]
        elif change == 2:
            page[at:at] = page[max(0, at - 200) : at]
        elif at < len(page):
            page[at] = chance.randrange(256)
    return bytes(page[: chance.randrange(len(page) + 1)]) if chance.random() < 0.2 else bytes(page)


@settings(max_examples=120, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(which=st.integers(0, len(PAGES) - 1), seed=st.integers(0, 2**32), steps=st.integers(1, 30))
def test_a_mutated_page_gives_a_page(which: int, seed: int, steps: int) -> None:
    page = extract(mutated(PAGES[which].read_bytes(), seed, steps), "https://www.nzz.ch/x")
    assert isinstance(page, Page)
    if page.kind in (PageKind.CONSENT, PageKind.ERROR):
        assert page.text == ""


@settings(max_examples=80, deadline=None)
@given(body=st.binary(max_size=400), content_type=st.text(max_size=30))
def test_any_bytes_give_a_page(body: bytes, content_type: str) -> None:
    assert isinstance(extract(body, "https://www.blatt.example/x", content_type=content_type), Page)


@settings(max_examples=60, deadline=None)
@given(url=st.text(max_size=40))
def test_any_address_gives_a_page(url: str) -> None:
    assert extract(b"<html><body><p>Text</p></body></html>", url).url == url
