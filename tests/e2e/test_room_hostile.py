"""Nothing that comes from outside runs in a real browser: forty payloads in titles, texts, authors, names and notes, on every kind
of page, in a kept briefing, in feeds and drawings opened as pages, and in what is swapped in.

Each payload calls `hit()`. A page fails if that is called, if a dialog opens, if the browser reports a script that the policy held
back, or if the reader is led away. All is looked at once more with the policy switched off: what the templates write is harmless
by itself.
"""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest

from domain.model import SavedSearch, Source
from domain.ports import Archive
from lagebild.job import publish_edition
from tests.fixtures.hostile import PAYLOADS, fill
from tests.fixtures.room import NOW
from tests.fixtures.room_browser import Site, needs_chromium, served
from web.asked import Search, kept

pytestmark = [*needs_chromium, pytest.mark.timeout(1800)]
NUMBERS = range(1, len(PAYLOADS) + 1)
PAGES = (
    "/",
    "/search",
    "/search?q=hit&order=relevance",
    "/signals?days=90",
    "/incidents",
    "/incident/x1",
    "/dashboard",
    "/chart/attention.svg",
    "/chart/heat.svg",
    "/chart/platforms.svg",
    "/intake",
    "/review",
    "/searches",
    "/sources",
    "/source/bote",
    "/source/bote2",
    "/sources/faults.atom",
    "/feed/kept.atom",
    "/briefing/DE/2026-11-28/de",
    "/people",
    "/audit",
    "/me",
    "/api/v1/items",
    "/api/v1/stories",
    "/api/v1/incidents",
    "/sql/",
    "/sql/lagebild?sql=select+*+from+v_items",
    "/sql/lagebild/v_tags",
)
EXPORTS = ("/export.csv", "/export.jsonl", "/export.xlsx", "/incidents.csv", "/sources/opml")
WATCH = """addEventListener("securitypolicyviolation",
    (event) => window.report(`${event.effectiveDirective}: ${event.sample} ${event.blockedURI}`));"""


class Watched:
    """A browser's page that remembers what ran, or wanted to, and on which page."""

    def __init__(self, context: Any) -> None:
        self.faults: list[str] = []
        self.page = context.new_page()
        self.page.expose_function("hit", lambda *_: self._note("a payload ran"))
        self.page.expose_function("report", self._reported)
        self.page.add_init_script(WATCH)
        self.page.on("dialog", self._dialog)
        self.page.on("console", self._console)

    def look(self, address: str) -> None:
        answer = self.page.goto(address)
        assert answer.status < 400, f"{answer.status} {address}"
        assert self.page.url == address
        led = self.page.evaluate(
            "[...document.querySelectorAll('[href],[src],[action],[formaction]')].flatMap(e => "
            "['href','src','action','formaction'].map(n => e.getAttribute(n) ?? ''))"
            ".filter(a => /^\\s*(javascript|data:text|\\/\\/evil)/i.test(a))"
        )
        assert led == [], address

    def _note(self, what: str) -> None:
        self.faults.append(f"{what} at {self.page.url}")

    def _reported(self, told: str) -> None:
        if told.startswith("script"):
            self._note(f"the policy held back {told}")

    def _dialog(self, dialog: Any) -> None:
        self._note(f"a dialog said {dialog.message!r}")
        dialog.dismiss()

    def _console(self, message: Any) -> None:
        held_back, _, policy = message.text.partition("violates the following Content Security Policy")
        if policy and "style" not in held_back:
            self._note(message.text)


def everything_hostile(archive: Archive) -> Sequence[Source]:
    sources = fill(archive, PAYLOADS)
    for n, word in enumerate(PAYLOADS):
        query = kept(Search(text="hit", outlets=(word,)))
        archive.keep_search(SavedSearch(f"kept{n or ''}", "local", word, query, "atom", NOW, NOW))
    return sources


@pytest.fixture(scope="module")
def hostile_site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    with served(tmp_path_factory.mktemp("hostile"), lambda: NOW, everything_hostile) as site:
        for edition in site.workshop.settings.publish.editions:
            publish_edition(site.workshop, edition)
        yield site


@pytest.fixture(params=[False, True], ids=["policy", "no-policy"])
def watched(request: pytest.FixtureRequest, chromium: Any) -> Iterator[Watched]:
    context = chromium.new_context(locale="de-DE", bypass_csp=request.param)
    context.set_default_timeout(180_000)
    yield Watched(context)
    context.close()


@pytest.mark.parametrize("path", PAGES)
def test_no_page_runs_what_it_shows(hostile_site: Site, watched: Watched, path: str) -> None:
    watched.look(hostile_site.base + path)
    assert watched.faults == []


@pytest.mark.parametrize("kind", ["/item/i{}", "/story/st{}", "/incident/x{}"])
def test_no_title_text_or_name_runs(hostile_site: Site, watched: Watched, kind: str) -> None:
    for n in NUMBERS:
        watched.look(hostile_site.base + kind.format(n))
    assert watched.faults == []


def test_the_briefing_holds_the_payloads_as_words(hostile_site: Site, watched: Watched) -> None:
    watched.look(hostile_site.base + "/briefing/DE/2026-11-28/de")
    assert "<img src=x" in watched.page.locator("body").inner_text()
    assert watched.faults == []


def test_nothing_runs_that_is_swapped_in(hostile_site: Site, watched: Watched) -> None:
    page = watched.page
    watched.look(hostile_site.base + "/search")
    page.get_by_role("link", name="Früher").click()
    page.wait_for_url("**offset=25")
    page.locator("#filters [name=outlet]").first.check()
    page.wait_for_url("**outlet=**")
    watched.look(hostile_site.base + "/item/i2")
    page.locator("form.verdict button[value=right]").first.click()
    page.get_by_text("vermerkt: richtig").first.wait_for()
    watched.look(hostile_site.base + "/signals?days=90")
    waiting = page.locator("section[data-row]", has=page.get_by_role("button", name="Bestätigen"))
    row = page.locator(f"#{waiting.first.get_attribute('id')}")
    row.get_by_role("button", name="Bestätigen").click()
    row.get_by_text("in Prüfung").wait_for()
    assert watched.faults == []


@pytest.mark.parametrize("path", EXPORTS)
def test_an_export_is_saved_and_never_shown(hostile_site: Site, watched: Watched, path: str) -> None:
    watched.look(hostile_site.base + "/search")
    with watched.page.expect_download() as download:
        watched.page.evaluate("address => { location.href = address }", path)
    assert Path(download.value.path()).stat().st_size > 1000
    assert watched.faults == []


def test_the_watch_sees_what_runs(hostile_site: Site, watched: Watched) -> None:
    """The alarm itself works: a page written without care sets it off, with the policy and without."""
    watched.look(hostile_site.base + "/method")
    watched.page.route(
        "**/careless",
        lambda route: route.fulfill(
            content_type="text/html",
            headers={"Content-Security-Policy": "script-src 'self'"},
            body="<!doctype html><title>x</title>" + "".join(PAYLOADS[4:9]),
        ),
    )
    watched.page.goto(hostile_site.base + "/careless")
    watched.page.wait_for_timeout(500)
    assert watched.faults != []
