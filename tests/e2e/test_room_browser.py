"""The reading room in a real browser: an analyst's, a maintainer's and a manager's morning, with and without JavaScript,
and no serious fault of accessibility on any page.

`make test-browser` runs this tier; without a Chromium it is skipped and says so.
"""

import subprocess
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from importlib import resources
from pathlib import Path

import pytest

from lagebild.workshop import utc_now
from tests.fixtures.room_browser import Open, Site, needs_chromium, served, with_and_without

pytestmark = needs_chromium

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
NOT_SERIOUS = ("minor", "moderate")


# --- mornings ------------------------------------------------------------------------------------


@with_and_without
def test_an_analysts_morning(site: Site, opened: Open, javascript: bool) -> None:
    """Today -> story -> evidence -> open an incident -> confirm -> escalate -> export."""
    page = opened(site, "/", javascript=javascript)
    page.get_by_role("link", name="Test: Kinderkonten").first.click()
    page.get_by_role("link", name="Stellungnahme zu Kinderkonten").click()
    assert page.locator("mark", has_text="Kinderkonten").count() >= 1
    page.locator("#topic-youth_safety").get_by_role("button", name="right").click()
    page.locator("#topic-youth_safety").get_by_text("noted").wait_for()

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
    page.keyboard.press("d")
    page.get_by_text("dismissed", exact=True).wait_for()
    [dismissed] = site.archive.incidents()
    assert dismissed.state.value == "dismissed"
    page.keyboard.press("c")  # of the next: the walk goes on by itself
    page.get_by_text("verifying", exact=True).wait_for()
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
    page.get_by_text("die Rede").wait_for()


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
