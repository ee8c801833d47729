"""The reading room in a real browser: an analyst's, a maintainer's and a manager's morning, with and without JavaScript,
and no serious fault of accessibility on any page.

`make test-browser` runs this tier; without a Chromium it is skipped and says so.
"""

import shutil
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from importlib import resources
from pathlib import Path
from typing import Any

import pytest
import uvicorn

from domain.ports import Archive, Clock
from lagebild.reading_room import room as room_of
from lagebild.settings import Collect, Settings
from lagebild.workshop import Workshop, utc_now
from storage.sqlite import open_archive
from tests.fixtures.room_world import NOW, SOURCES, fill

CHROMIUM = next(
    (found for name in ("chromium", "chromium-browser", "google-chrome") if (found := shutil.which(name))), ""
)
FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(not CHROMIUM, reason="no Chromium on this machine: install Debian's package chromium"),
]

PAGES = (
    "/",
    "/search?q=Kinderkonten",
    "/item/kinder",
    "/item/heikel",
    "/story/s1",
    "/searches",
    "/signals",
    "/incidents",
    "/intake",
    "/dashboard",
    "/review",
    "/sources",
    "/source/bote",
    "/method",
)
PATIENCE_MS = 180_000
"""A machine that does much else at once still passes; what hangs is found all the same."""
NOT_SERIOUS = ("minor", "moderate")


@dataclass
class Site:
    """A running room over an archive of its own. `asked_elsewhere` lists requests that left this machine."""

    base: str
    archive: Archive
    asked_elsewhere: list[str] = field(default_factory=list)


@contextmanager
def served(folder: Path, clock: Clock = lambda: NOW) -> Iterator[Site]:
    archive = open_archive(folder / "room.db")
    fill(archive)
    settings = Settings(
        archive=folder / "room.db",
        sources=folder / "sources.yaml",
        collect=Collect(allow_hosts=("127.0.0.1",)),
    )
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    app = room_of(Workshop(settings, SOURCES, archive, clock))
    server = uvicorn.Server(uvicorn.Config(app, host="127.0.0.1", port=port, log_level="error"))
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started:
        time.sleep(0.02)
    try:
        yield Site(f"http://127.0.0.1:{port}", archive)
    finally:
        server.should_exit = True
        thread.join(timeout=5)
        archive.close()


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    with served(tmp_path) as running:
        yield running


@pytest.fixture(scope="module")
def shared_site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    with served(tmp_path_factory.mktemp("room")) as running:
        yield running


@pytest.fixture(scope="module")
def chromium(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=list(FLAGS))
        yield browser
        browser.close()


Open = Callable[..., Any]


@pytest.fixture
def opened(chromium: Any) -> Iterator[Open]:
    """Opens a page of a site in a fresh browser profile; whatever else it asks for is refused and noted."""
    contexts = []

    def open_(site: Site, path: str, *, javascript: bool = True, language: str = "en-GB", **more: Any) -> Any:
        context = chromium.new_context(java_script_enabled=javascript, locale=language, **more)
        contexts.append(context)
        context.set_default_timeout(PATIENCE_MS)
        page = context.new_page()
        page.on(
            "request",
            lambda asked: (
                asked.url.startswith((site.base, "data:")) or site.asked_elsewhere.append(asked.url)
            ),
        )
        page.goto(site.base + path)
        return page

    yield open_
    for context in contexts:
        context.close()


with_and_without = pytest.mark.parametrize("javascript", [True, False], ids=["script", "no-script"])


# --- mornings ------------------------------------------------------------------------------------


@with_and_without
def test_an_analysts_morning(site: Site, opened: Open, javascript: bool) -> None:
    """Today -> story -> evidence -> open an incident -> confirm -> escalate -> export."""
    page = opened(site, "/", javascript=javascript)
    page.get_by_role("link", name="Test: Kinderkonten").first.click()
    page.get_by_role("link", name="Stellungnahme zu Kinderkonten").click()
    assert page.locator("mark", has_text="Kinderkonten").count() >= 1
    page.locator("#topic-youth_safety").get_by_role("button", name="right").click()
    assert page.locator("#topic-youth_safety").get_by_text("noted").count() == 1

    page.get_by_role("link", name="Open an incident").click()
    page.get_by_label("Severity").select_option("4")
    page.get_by_role("button", name="Open").click()
    page.get_by_label("State").select_option("verifying")
    page.locator("form", has=page.get_by_label("State")).get_by_role("button", name="Save").click()
    page.get_by_label("State").select_option("escalated")
    page.locator("form", has=page.get_by_label("State")).get_by_role("button", name="Save").click()
    [incident] = site.archive.incidents(("escalated",))
    assert incident.item_ids == ("amt",)
    assert incident.acknowledged_at is not None

    page.goto(f"{site.base}/search?q=Kinderkonten")
    with page.expect_download() as download:
        page.get_by_role("link", name="CSV").click()
    rows = Path(download.value.path()).read_text("utf-8-sig").splitlines()
    assert len(rows) == 1 + 3
    assert site.asked_elsewhere == []


FEED = """<?xml version="1.0"?><rss version="2.0"><channel><title>Stummfunk</title><link>{base}/</link>
<item><title>Stummfunk ist wieder da</title><link>{base}/1</link><guid>1</guid>
<pubDate>Sat, 28 Nov 2026 06:00:00 GMT</pubDate><description>Ein ganzer Satz mit Inhalt.</description></item>
</channel></rss>"""
ENTRY = """  - id: stumm
    name: Stummfunk
    kind: rss
    url: {url}
    language: de
    market: DE
    lens: media
    pages: false
"""


class Publisher(BaseHTTPRequestHandler):
    """A publisher that moved its feed: the old address is refused, the new one answers."""

    def do_GET(self) -> None:
        base = f"http://127.0.0.1:{self.server.server_address[1]}"
        known = {"/rss": (200, FEED.format(base=base)), "/robots.txt": (404, ""), "/feed": (403, "no")}
        status, body = known.get(self.path, (404, ""))
        self.send_response(status)
        self.send_header("Content-Type", "application/rss+xml" if status == 200 else "text/plain")
        self.end_headers()
        self.wfile.write(body.encode())

    def log_message(self, *_: object) -> None:
        """Says nothing."""


@pytest.fixture
def publisher() -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Publisher)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_address[1]}"
    server.shutdown()


@pytest.mark.timeout(900)
@with_and_without
def test_a_maintainers_morning(tmp_path: Path, publisher: str, opened: Open, javascript: bool) -> None:
    """A broken source -> try it -> mend its address -> try that -> apply -> the next visit is green."""
    file = tmp_path / "sources.yaml"
    file.write_text("version: 1\nsources:\n" + ENTRY.format(url=f"{publisher}/feed"), encoding="utf-8")
    with served(tmp_path, utc_now) as site:  # the visit is made by a command of its own, at the hour it is
        page = opened(site, "/sources?faulty=1", javascript=javascript)
        page.get_by_role("link", name="Stummfunk").click()
        page.get_by_role("button", name="Try now").click()
        assert page.locator("#tried").get_by_text("blocked").count() == 1

        box = page.get_by_label("Entry in sources.yaml")
        box.fill(box.input_value().replace("/feed", "/rss"))
        page.get_by_role("button", name="Try now").click()
        assert page.locator("#tried").get_by_text("Stummfunk ist wieder da").count() == 1
        assert page.locator("#difference ins").get_by_text("/rss").count() == 1
        page.get_by_role("button", name="Apply to the file").click()
        assert f"{publisher}/rss" in file.read_text("utf-8")

        collected(tmp_path)
        page.goto(f"{site.base}/source/stumm")
        assert page.get_by_text("✓").count() == 1


def collected(folder: Path) -> None:
    """The next visit, as the service would make it."""
    (folder / "lagebild.toml").write_text(
        'archive = "room.db"\nsources = "sources.yaml"\n[collect]\nallow_hosts = ["127.0.0.1"]\n', "utf-8"
    )
    command = [sys.executable, "-c", "from lagebild.cli import main; main()", "collect", "--source", "stumm"]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 0, done.stderr[-2000:]


def test_signals_are_decided_by_key(site: Site, opened: Open) -> None:
    """j walks, d asks for a reason first, c confirms, ? lists the keys."""
    page = opened(site, "/signals")
    page.keyboard.press("?")
    assert page.get_by_role("dialog").is_visible()
    page.keyboard.press("Escape")
    page.keyboard.press("j")
    page.keyboard.press("d")
    page.keyboard.type("ein Fehlalarm")
    page.keyboard.press("Escape")
    with page.expect_navigation():
        page.keyboard.press("d")
    [dismissed] = site.archive.incidents()
    assert dismissed.state.value == "dismissed"
    with page.expect_navigation():
        page.keyboard.press("c")
    assert {incident.state.value for incident in site.archive.incidents()} == {"dismissed", "verifying"}


@with_and_without
def test_a_manager_acknowledges_from_a_mail(site: Site, opened: Open, javascript: bool) -> None:
    """The mail's link opens a page; only its button acknowledges, so that a mail scanner cannot."""
    page = opened(site, "/incidents?title=Kinderkonten&story=s1", javascript=javascript)
    page.get_by_role("button", name="Open").click()
    place = page.url.removeprefix(site.base)

    mail = opened(site, f"{place}#acknowledge", javascript=javascript)
    assert site.archive.incidents()[0].acknowledged_at is None
    mail.get_by_role("button", name="Acknowledge").click()
    assert site.archive.incidents()[0].acknowledged_at is not None
    assert mail.get_by_role("button", name="Acknowledge").count() == 0


@with_and_without
def test_a_sensitive_passage_is_unfolded_alone(site: Site, opened: Open, javascript: bool) -> None:
    page = opened(site, "/item/heikel", javascript=javascript)
    assert "die Rede" not in page.content()
    page.get_by_role("button", name="Sensitive passage").click()
    assert page.get_by_text("die Rede").is_visible()


# --- for everybody -------------------------------------------------------------------------------


@pytest.mark.parametrize("path", PAGES)
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_serious(shared_site: Site, opened: Open, path: str, scheme: str) -> None:
    page = opened(shared_site, path, color_scheme=scheme)
    page.evaluate(resources.files("axe_playwright_python").joinpath("axe.min.js").read_text("utf-8"))
    found = page.evaluate("() => axe.run(document, {resultTypes: ['violations']})")["violations"]
    serious = [
        f"{fault['id']}: {fault['help']}: {node['html'][:160]}"
        for fault in found
        if fault["impact"] not in NOT_SERIOUS
        for node in fault["nodes"]
    ]
    assert serious == []


@pytest.mark.parametrize("path", PAGES)
@pytest.mark.parametrize("language", ["de-DE", "en-GB"])
def test_no_page_is_wider_than_a_phone(shared_site: Site, opened: Open, path: str, language: str) -> None:
    page = opened(shared_site, path, language=language, viewport={"width": 360, "height": 800})
    assert page.evaluate("document.documentElement.scrollWidth") <= 360


def test_the_first_tab_leads_to_the_content_and_focus_is_seen(shared_site: Site, opened: Open) -> None:
    page = opened(shared_site, "/")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "skip"
    assert page.evaluate("getComputedStyle(document.activeElement).outlineStyle") != "none"
