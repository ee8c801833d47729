"""Forty ways to smuggle markup, in titles, texts, names and reasons: no page holds an element that was not ours."""

from collections.abc import Iterator
from html.parser import HTMLParser

import pytest

from storage.memory import MemoryArchive
from tests.fixtures.hostile import PAYLOADS, fill
from tests.fixtures.room import browser, desk_over
from web.app import ROUTES
from web.desk import Desk

HARMLESS = "Ein Titel wie jeder andere"


class Elements(HTMLParser):
    """The elements of a page with the names of their attributes; where addresses lead; what scripts hold."""

    def __init__(self, text: str) -> None:
        super().__init__(convert_charrefs=True)
        self.found: set[tuple[str, str]] = set()
        self.addresses: set[str] = set()
        self.inline: list[str] = []
        self._in_script = False
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found |= {(tag, name) for name, _ in attrs} | {(tag, "")}
        for name, value in attrs:
            if name in ("href", "src", "action", "formaction", "data", "srcdoc"):
                self.addresses.add((value or "").strip())
        self._in_script = tag == "script"

    def handle_endtag(self, tag: str) -> None:
        self._in_script = False

    def handle_data(self, data: str) -> None:
        if self._in_script and data.strip():
            self.inline.append(data)


def room_with(words: tuple[str, ...]) -> Desk:
    """A room over an archive in which everything that comes from outside says these words."""
    archive = MemoryArchive()
    return desk_over(archive, sources=fill(archive, words, harmless=words[0] == HARMLESS))


def pages() -> list[str]:
    """Every page of the room that can be looked at, from its own table of doors."""
    filled = {
        "item_id": "i1",
        "story_id": "s1",
        "incident_id": "x1",
        "source_id": "bote",
        "market": "DE",
        "day": "2026-11-28",
    }
    found = []
    for door in ROUTES:
        if "GET" in (door.methods or ()) and not door.path.startswith(
            ("/static", "/api", "/export", "/metrics")
        ):
            path = door.path_format
            for name in door.param_convertors:
                path = path.replace("{" + name + "}", filled.get(name, "x"))
            found.append(path)
    numbers = range(2, len(PAYLOADS) + 1)
    return [*found, *(f"/item/i{n}" for n in numbers), *(f"/story/st{n}" for n in numbers)]


@pytest.fixture(scope="module")
def hostile() -> Iterator[Desk]:
    desk = room_with(PAYLOADS)
    yield desk
    desk.archive.close()


@pytest.fixture(scope="module")
def plain() -> Iterator[Desk]:
    desk = room_with(tuple(f"{HARMLESS}" for _ in PAYLOADS))
    yield desk
    desk.archive.close()


@pytest.mark.parametrize("path", pages())
def test_words_from_outside_add_no_element_and_lead_nowhere(hostile: Desk, plain: Desk, path: str) -> None:
    answer, usual = browser(hostile).get(path), browser(plain).get(path)
    assert answer.status_code == usual.status_code
    assert answer.status_code < 500
    if "html" not in answer.headers.get("content-type", ""):
        assert answer.headers["x-content-type-options"] == "nosniff"
        return
    seen, ours = Elements(answer.text), Elements(usual.text)
    assert seen.found <= ours.found
    assert seen.inline == []
    for address in seen.addresses:
        assert address.startswith(("/", "#", "?", "https://", "data:image/")) or address == "", address
    assert not any(name.startswith("on") for _, name in seen.found)
    assert "49{" not in answer.text


@pytest.mark.parametrize(
    "page", ["/search", "/signals", "/incidents", "/sources", "/dashboard", "/audit", "/sign-in"]
)
def test_words_in_an_address_add_no_element(plain: Desk, page: str) -> None:
    names = (
        "q",
        "market",
        "topic",
        "since",
        "order",
        "offset",
        "lang",
        "next",
        "title",
        "by",
        "days",
        "entity",
        "name",
    )
    client = browser(plain)
    usual = Elements(client.get(page, params=dict.fromkeys(names, HARMLESS)).text)
    for payload in PAYLOADS:
        answer = client.get(page, params=dict.fromkeys(names, payload))
        assert answer.status_code < 500
        seen = Elements(answer.text)
        assert seen.inline == []
        assert seen.found <= usual.found, payload
        assert not [a for a in seen.addresses if not a.startswith(("/", "#", "?", "https://", "data:image/"))]


PROTECTION = {
    "x-content-type-options": "nosniff",
    "referrer-policy": "same-origin",
    "cross-origin-opener-policy": "same-origin",
}


@pytest.mark.parametrize(
    "path",
    ["/", "/search", "/item/i1", "/nothing", "/static/style.css", "/export.csv", "/api/v1/items", "/healthz"],
)
def test_every_answer_is_protected(plain: Desk, path: str) -> None:
    answer = browser(plain).get(path)
    for name, value in PROTECTION.items():
        assert answer.headers[name] == value
    policy = dict(
        part.strip().partition(" ")[::2] for part in answer.headers["content-security-policy"].split(";")
    )
    assert policy["default-src"] == "'none'"
    assert policy["script-src"] == "'self'"
    assert policy["style-src"] == "'self'"
    assert policy["frame-ancestors"] == policy["base-uri"] == "'none'"
    assert policy["form-action"] == "'self'"
    assert "server" not in answer.headers


def test_a_refused_host_and_a_refused_form_are_protected_too(plain: Desk) -> None:
    for answer in (
        browser(plain).get("/", headers={"host": "x.example"}),
        browser(plain).post("/incidents", data={}),
    ):
        assert answer.status_code in (421, 403)
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert "script-src 'self'" in answer.headers["content-security-policy"]
