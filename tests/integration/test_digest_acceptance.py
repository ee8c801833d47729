"""What a briefing is accepted by, check by check: same bytes, kept numbers, hard days, small mail, no request."""

import os
import re
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import date, datetime, timedelta

import pytest

from digest.brief import brief
from digest.formats import email, html, text
from digest.gather import Order, gather
from digest.kept import keep, kept
from digest.period import period_of
from domain.briefing import Digest, Figure
from domain.model import Batch, Checkpoint, Filed, New, Outcome, Visit
from domain.registry import names_in, plug
from storage.memory import MemoryArchive
from storage.sqlite.archive import SqliteArchive
from tests.fixtures.digest_archive import LAST, SOURCES, _print, filled

MAIL_OCTETS = 90_000
CLOCKS_GO_BACK = date(2026, 10, 25)
HEADLINES = {
    "five hundred characters": "Wort " * 100,
    "right to left": "פלטפורמה נחקרת בגרמניה",
    "emoji": "🙈🙉🙊 Streit um 👨‍👩‍👧‍👦-Konten 🇩🇪",
    "hostile": "<script>alert(1)</script><img src=https://evil.example/x onerror=alert(1)>\u202eegel\x00\x1b[31m",
    "nothing but marks": "»«",
    "a formula": "=HYPERLINK('https://evil.example')",
}


@pytest.fixture(scope="module")
def archive() -> Iterator[SqliteArchive]:
    held = filled()
    yield held
    held.close()


def issue(held: SqliteArchive, market: str = "DE", language: str = "de", day: date = LAST) -> Digest:
    return brief(gather(held, Order(market=market, period=period_of(market, day))), language)


@contextmanager
def machine_in(zone: str) -> Iterator[None]:
    before = os.environ.get("TZ")
    os.environ["TZ"] = zone
    time.tzset()
    try:
        yield
    finally:
        os.environ.pop("TZ") if before is None else os.environ.update(TZ=before)
        time.tzset()


# --- the same database as of the same moment gives the same bytes ---------------------------------


@pytest.mark.slow
def test_thirty_days_over_the_end_of_summer_time_are_the_same_on_machines_of_other_zones() -> None:
    days = [LAST - timedelta(days=back) for back in range(30)]
    assert CLOCKS_GO_BACK in days
    held = filled(days=32)
    first = {day: rendered(held, day) for day in days}
    for zone in ("Pacific/Auckland", "America/St_Johns"):
        with machine_in(zone):
            assert {day: rendered(held, day) for day in days} == first


def rendered(held: SqliteArchive, day: date) -> tuple[bytes, bytes]:
    digest = issue(held, "CH" if day.day % 2 else "DE", "en" if day.day % 3 else "de", day)
    return html.render(digest), text.render(digest)


# --- every printed number is a kept one -----------------------------------------------------------


@pytest.mark.parametrize("market", ["DE", "DACH"])
def test_every_printed_number_appears_among_the_kept_ones(archive: SqliteArchive, market: str) -> None:
    digest = replace(issue(archive, market), edition="acceptance", id=f"acceptance-{market}")
    keep(archive, digest)
    marks = {mark for mark, _ in kept(archive, market, LAST, "acceptance", "de").numbers}
    figures = list(figures_of(digest))
    assert figures
    assert {figure.mark for figure in figures} <= marks


def figures_of(value: object) -> Iterator[Figure]:
    """All figures anywhere in an issue."""
    if isinstance(value, Figure):
        yield value
    elif isinstance(value, tuple | list):
        for part in value:
            yield from figures_of(part)
    elif hasattr(value, "__dataclass_fields__"):
        for name in value.__dataclass_fields__:
            yield from figures_of(getattr(value, name))


# --- it is built on hard days ---------------------------------------------------------------------


def nothing() -> SqliteArchive:
    return MemoryArchive()


def one_source() -> SqliteArchive:
    held = MemoryArchive()
    held.sync_sources(SOURCES[:1], moment(9))
    held.commit(batch(held, "Ein einziger Beitrag"))
    return held


def all_down() -> SqliteArchive:
    held = filled(days=9)
    held.sync_sources(SOURCES, moment(23, days=1))
    for source in SOURCES:
        visit = Visit(
            source_id=source.id, started_at=moment(4), finished_at=moment(4), outcome=Outcome.BLOCKED
        )
        held.commit(Batch(visit, Checkpoint(source.id), ()))
    return held


def moment(hour: int, days: int = 0) -> datetime:
    end = period_of("DE", LAST).end
    return end.replace(hour=0, minute=5) + timedelta(hours=hour) - timedelta(days=days)


def batch(held: SqliteArchive, title: str) -> Batch:
    from random import Random

    from tests.fixtures.digest_archive import _item

    item = replace(
        _item(SOURCES[0], moment(0, days=1), 1, Random(1)), title=title, lead=title, content_hash=title
    )
    visit = Visit(source_id=item.source_id, started_at=moment(1), finished_at=moment(1), outcome=Outcome.OK)
    return Batch(visit, Checkpoint(item.source_id), (Filed(item, _print(item), New()),))


@pytest.mark.parametrize("world", [nothing, one_source, all_down])
def test_an_issue_is_built_in_every_form_whatever_there_is(world: Callable[[], SqliteArchive]) -> None:
    held = world()
    for language in ("de", "en"):
        digest = issue(held, language=language)
        assert [section.number for section in digest.sections] == list(range(1, 12))
        for name in names_in("digest.formats"):
            assert plug("digest.formats", name).render(digest)


def test_when_every_source_is_down_the_title_says_so(archive: SqliteArchive) -> None:
    digest = issue(all_down())
    assert "unvollständige Abdeckung" in digest.header.title
    assert "Keine Quelle hat geliefert." in str(digest.section(1))


@pytest.mark.parametrize("day", [date(2026, 3, 29), CLOCKS_GO_BACK])
def test_an_issue_is_built_on_a_day_of_a_clock_change(day: date) -> None:
    digest = issue(filled(days=3, a_day=2, last=day), day=day)
    assert re.search(r"Zeitumstellung: (23|25) Stunden", text.render(digest).decode())


@pytest.mark.parametrize("title", HEADLINES.values(), ids=HEADLINES.keys())
def test_no_headline_breaks_a_form(title: str) -> None:
    held = filled(days=3)
    old = held.items(["de-tagblatt-1121-1"])[0]
    new = replace(old, title=title, lead=title, content_hash=title)
    visit = Visit(source_id=old.source_id, started_at=moment(1), finished_at=moment(1), outcome=Outcome.OK)
    held.commit(Batch(visit, Checkpoint(old.source_id), (Filed(new, _print(new), New()),)))
    held.run("UPDATE story SET title = ? WHERE story_id = 'st-de'", (title,))
    digest = issue(held)
    for name in names_in("digest.formats"):
        assert plug("digest.formats", name).render(digest)
    for page in (html.render(digest).decode(), email.page(digest)[0], text.render(digest).decode()):
        for evil in ("<script", "<img src=https", "\x00", "\x1b", "\u202e"):
            assert evil not in page


# --- it is small, whole, and asks nobody ----------------------------------------------------------


def test_the_mail_of_three_markets_stays_under_ninety_kilobytes(archive: SqliteArchive) -> None:
    page, images = email.page(issue(archive, "DACH"))
    assert len(page.encode()) < MAIL_OCTETS
    assert len(images) <= 3
    assert all(len(image) < 150_000 for image in images)


@pytest.mark.parametrize("market", ["DE", "CH", "DACH"])
@pytest.mark.parametrize("language", ["de", "en"])
def test_the_text_part_contains_every_section(archive: SqliteArchive, market: str, language: str) -> None:
    digest = issue(archive, market, language)
    (part,) = (p for p in email.message(digest).walk() if p.get_content_type() == "text/plain")
    told = part.get_content()
    for section in digest.sections:
        assert re.search(rf"^{section.number} {re.escape(section.title)}", told, re.MULTILINE)


def test_setting_an_issue_makes_no_request(archive: SqliteArchive, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*said: object) -> None:
        raise AssertionError(f"a form asked the network: {said}")

    digest = issue(archive)
    monkeypatch.setattr(socket.socket, "connect", refuse)
    monkeypatch.setattr(socket, "getaddrinfo", refuse)
    for name in names_in("digest.formats"):
        assert plug("digest.formats", name).render(digest)
