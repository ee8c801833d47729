"""Kept searches: kept whole, told once by mail, read as a feed by who knows the address."""

import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.datastructures import QueryParams
from starlette.testclient import TestClient

from domain.model import SavedSearch, Search
from domain.ports import Archive
from lagebild.subscriptions import queue_news
from storage.sqlite import open_archive
from tests.fixtures.room_client import client_of
from tests.fixtures.room_world import NOW, fill
from web.asked import address_of, kept, search_from, search_of

ATOM = "{http://www.w3.org/2005/Atom}"
words = st.lists(st.text("abcäß &=+", min_size=1), max_size=3).map(tuple)
searches = st.builds(
    Search,
    text=st.text('mobbing"-& ').map(str.strip),
    markets=words,
    topics=words,
    outlets=words,
    entities=words,
    min_severity=st.integers(0, 5),
    since=st.none() | st.integers(0, 10**9).map(lambda seconds: NOW - timedelta(seconds=seconds)),
    relevant_only=st.booleans(),
    order=st.sampled_from(["newest", "relevance"]),
    limit=st.just(25),
)


@given(searches)
def test_a_search_survives_keeping_and_its_address(wanted: Search) -> None:
    assert search_from(kept(wanted)) == wanted
    assert search_of(QueryParams(address_of(wanted))) == wanted


@pytest.fixture
def archive(tmp_path: Path) -> Iterator[Archive]:
    opened = open_archive(tmp_path / "room.db")
    fill(opened)
    yield opened
    opened.close()


@pytest.fixture
def room(archive: Archive, tmp_path: Path) -> TestClient:
    return client_of(archive, tmp_path)


def keep(room: TestClient, **given: str) -> int:
    token = re.findall(r'name="token" value="([0-9a-f]+)"', room.get("/search").text)[0]
    return room.post("/searches", data={"token": token, "name": "Kinderkonten", **given}).status_code


def test_a_feed_holds_the_newest_hits_with_headlines_as_lists_show_them(
    room: TestClient, archive: Archive
) -> None:
    assert keep(room, query="min=0&q=&topic=child_sexual_exploitation", channel="atom") == 303
    [saved] = archive.saved_searches("local")
    answer = room.get(f"/feed/{saved.id}.atom")
    entries = ElementTree.fromstring(answer.content).findall(f"{ATOM}entry")
    assert ["headline not shown" in (e.findtext(f"{ATOM}title") or "") for e in entries] == [True]
    assert room.get("/feed/other.atom").status_code == 404


def test_a_search_is_listed_and_dropped_by_its_owner(room: TestClient, archive: Archive) -> None:
    keep(room, query="q=Kinderkonten&market=DE", channel="")
    [saved] = archive.saved_searches("local")
    page = room.get("/searches").text
    assert "/search?q=Kinderkonten&amp;market=DE" in page
    token = re.findall(r'name="token" value="([0-9a-f]+)"', page)[0]
    assert room.post("/searches/other/drop", data={"token": token}).status_code == 404
    room.post(f"/searches/{saved.id}/drop", data={"token": token})
    assert archive.saved_searches() == []


def test_a_mail_needs_an_address(room: TestClient, archive: Archive) -> None:
    assert keep(room, query="q=x", channel="mail", address="anna") == 422
    assert keep(room, query="q=x", channel="mail", address="anna@example.org, b@example.org") == 422
    assert archive.saved_searches() == []


def subscription(told_through: datetime) -> SavedSearch:
    query = kept(Search(text="Kinderkonten"))
    return SavedSearch("s", "anna", "Kinderkonten", query, "mail:anna@example.org", NOW, told_through)


def test_what_is_new_is_told_once(archive: Archive) -> None:
    archive.keep_search(subscription(NOW - timedelta(hours=4, minutes=5)))
    assert queue_news(archive, NOW, "https://lage.example") == 1
    assert queue_news(archive, NOW, "https://lage.example") == 0
    [mail] = archive.deliveries()
    body = mail.body.decode()
    assert (mail.channel, mail.recipient) == ("smtp", "anna@example.org")
    assert "Stellungnahme zu Kinderkonten" in body
    assert "Test: Kinderkonten gelangen" not in body, "seen before"
    assert "https://lage.example/item/amt" in body


def test_a_mail_speaks_its_readers_language(room: TestClient, archive: Archive) -> None:
    assert keep(room, query="q=Kinderkonten", channel="mail", address="anna@example.org") == 303
    [plain] = archive.saved_searches()
    assert plain.mail == ("en", "anna@example.org")
    german = replace(
        plain, channel="mail:de:anna@example.org", told_through=NOW - timedelta(hours=4, minutes=5)
    )
    archive.keep_search(german)
    assert queue_news(archive, NOW, "https://lage.example") == 1
    [mail] = archive.deliveries()
    body = mail.body.decode()
    assert body.startswith("Kinderkonten: 2 neu\n")
    assert "28.11.2026, 04:00 UTC" in body
    assert "So endet diese Mail: https://lage.example/searches" in body
    assert "anna@example.org" in room.get("/searches").text
    assert subscription(NOW).mail == ("en", "anna@example.org")  # kept before mails had a language


def test_a_run_that_died_before_it_remembered_tells_nothing_twice(archive: Archive) -> None:
    before = subscription(NOW - timedelta(hours=4, minutes=5))
    archive.keep_search(before)
    queue_news(archive, NOW, "")
    archive.keep_search(before)
    assert queue_news(archive, NOW, "") == 0
    assert len(archive.deliveries()) == 1
