"""Issues from an archive: what is asked, and that the same question as of the same moment has the same answer."""

import json
import os
import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from digest.brief import brief
from digest.formats import html, markdown, text
from digest.formats import json as json_form
from digest.gather import Order, gather
from digest.kept import keep, kept, show, told
from digest.period import period_of
from domain.briefing import Digest, StoryCard
from domain.errors import StorageError
from storage.memory import MemoryArchive
from storage.sqlite.archive import SqliteArchive
from tests.fixtures.digest_archive import LAST, changed_headline, filled, late_arrival


@pytest.fixture(scope="module")
def archive() -> Iterator[SqliteArchive]:
    held = filled()
    yield held
    held.close()


def issue(archive: SqliteArchive, market: str = "DE", day: date = LAST, language: str = "de") -> Digest:
    return brief(gather(archive, Order(market=market, period=period_of(market, day))), language)


def cards(digest: Digest, number: int) -> list[str]:
    found = digest.section(number)
    assert found is not None
    return [block.id for block in found.blocks if isinstance(block, StoryCard)]


def test_an_issue_tells_what_the_archive_holds(archive: SqliteArchive) -> None:
    digest = issue(archive)
    told = text.render(digest).decode()
    assert cards(digest, 2) == ["inc-1"]
    assert cards(digest, 4)[0] == "st-de"
    assert "Rita Berg" in told
    assert "4 [Q" in told


def test_every_mark_on_the_page_is_a_kept_number(archive: SqliteArchive) -> None:
    import re

    digest = issue(archive)
    kept = {mark for mark, _ in digest.numbers}
    printed = set(re.findall(r"\[(Q\d+)\]", text.render(digest).decode()))
    assert printed and printed <= kept


def test_the_swiss_issue_says_which_source_is_down_and_withholds_its_arrows(archive: SqliteArchive) -> None:
    digest = issue(archive, "CH")
    told = text.render(digest).decode()
    assert "Rundschau CH (gesperrt" in told
    assert digest.header.notice
    assert "Pfeile sind weggelassen" in " ".join(told.split())


def test_a_rollup_compares_its_markets_and_finds_what_they_share(archive: SqliteArchive) -> None:
    digest = issue(archive, "DACH")
    assert {"st-de", "st-at", "st-ch", "st-grenze"} == set(cards(digest, 4))
    told = text.render(digest).decode()
    assert "Deutschland:" in told and "Österreich:" in told and "Schweiz:" in told
    marks = [mark for mark, _ in digest.numbers]
    assert marks == [f"Q{n}" for n in range(1, len(marks) + 1)]


def test_a_rebuild_gives_the_same_bytes_whatever_came_later(archive: SqliteArchive) -> None:
    held = filled(days=12)
    before = {form: form.render(issue(held)) for form in (html, text, markdown, json_form)}
    changed_headline(held, "de-tagblatt-1121-1", "Ganz anders", datetime(2026, 11, 22, 9, tzinfo=UTC))
    assert {form: form.render(issue(held)) for form in before} == before
    tomorrow = text.render(issue(held, day=LAST + timedelta(days=1))).decode()
    assert "hat die Überschrift geändert" in " ".join(tomorrow.split())


def test_a_kept_issue_is_set_again_from_its_json(archive: SqliteArchive) -> None:
    held = filled(days=8)
    digest = issue(held)
    assert keep(held, digest)
    assert not keep(held, replace(digest, subject="another"))
    again = kept(held, "DE", LAST, "daily", "de")
    assert again == digest
    for form in (html, text, markdown, json_form):
        assert form.render(again) == form.render(digest)


def test_a_mark_opens_its_query_and_what_changed_since(archive: SqliteArchive) -> None:
    held = filled(days=8)
    digest = issue(held)
    keep(held, digest)
    late = datetime(2026, 11, 22, 9, tzinfo=UTC)
    held.commit(late_arrival(late))
    shown = show(held, digest.id, "q1", late)
    assert shown.reproduced
    assert json.loads(shown.current.value)["items"] == json.loads(shown.kept.value)["items"] + 1
    words = told(shown)
    assert "(+1)" in words and "SELECT" in words and "the same answer as of then" in words


def test_a_mark_that_is_not_there_is_told(archive: SqliteArchive) -> None:
    with pytest.raises(StorageError, match="no number Q7"):
        show(archive, "unknown", "Q7", datetime(2026, 11, 22, tzinfo=UTC))


@pytest.mark.parametrize("zone", ["UTC", "Pacific/Auckland", "America/Los_Angeles"])
def test_the_machines_own_zone_changes_nothing(archive: SqliteArchive, zone: str) -> None:
    here = html.render(issue(archive))
    before = os.environ.get("TZ")
    os.environ["TZ"] = zone
    time.tzset()
    try:
        assert html.render(issue(archive)) == here
    finally:
        os.environ.pop("TZ") if before is None else os.environ.update(TZ=before)
        time.tzset()


def test_an_empty_archive_gives_an_issue_that_says_so() -> None:
    held = MemoryArchive()
    told = text.render(issue(held)).decode()
    assert "keine Quelle eingerichtet" in " ".join(told.split())
    assert "0 [Q1] Beiträge" in " ".join(told.split())


@pytest.mark.parametrize("day", [date(2026, 3, 29), date(2026, 10, 25)])
def test_a_day_of_a_clock_change_is_marked(day: date) -> None:
    held = filled(days=3, a_day=2, last=day)
    told = text.render(issue(held, day=day)).decode()
    assert "Zeitumstellung" in told


@pytest.mark.slow
def test_thirty_days_are_rebuilt_byte_for_byte(archive: SqliteArchive) -> None:
    for back in range(30):
        day = LAST - timedelta(days=back)
        assert html.render(issue(archive, day=day)) == html.render(issue(archive, day=day))


def test_slurs_are_masked_before_anything_is_made_of_them(archive: SqliteArchive) -> None:
    order = Order(
        market="DE", period=period_of("DE", LAST), mask=lambda text: text.replace("Altersprüfung", "A***")
    )
    digest = brief(gather(archive, order), "de")
    assert "Altersprüfung" not in " ".join(block.headline.text for block in cards_of(digest))


def cards_of(digest: Digest) -> list[StoryCard]:
    found = digest.section(4)
    assert found is not None
    return [block for block in found.blocks if isinstance(block, StoryCard)]
