"""What every look into the reading room needs: a room over an archive of its own, and a browser."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.fixtures.room_browser import CHROMIUM, FLAGS, Open, Site, served

PATIENCE_MS = 180_000
"""A machine that does much else at once still passes; what hangs is found all the same."""


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
