"""Manual intake for the reading room: a link or a text that somebody brings becomes an item like any other."""

import re
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures import TimeoutError as TooLong
from datetime import timedelta
from multiprocessing import get_context

from crawler.dedupe import NearIndex
from crawler.pool import Job
from domain.errors import LagebildError
from domain.model import (
    Checkpoint,
    Document,
    Entry,
    Harvest,
    Lens,
    Outcome,
    Page,
    Rights,
    Source,
    Visit,
)
from lagebild.job import desk_of
from lagebild.settings import Settings
from lagebild.workshop import Workshop, crawl_settings_of, page_pool
from web.desk import Brought, Intake

SOURCE_ID = "manual"
PATIENCE_SECONDS = 60
HTTP_OK = 200
SHORTEST_BESIDE_A_FORM = 500
"""Characters; many articles have a form to sign in above them, but they are longer than what stands on a page of its own."""
PAGES = ("", "text/html", "application/xhtml+xml", "text/plain")
PASSWORD = re.compile(rb"""<input[^>]{0,500}type\s*=\s*["']?password""", re.IGNORECASE)


class IntakeRefused(LagebildError):
    """Nothing was taken in."""


def intake(workshop: Workshop) -> Intake:
    """Files what people bring in this archive; returns the id of the item."""

    def take(brought: Brought) -> str:
        source = source_of(brought)
        page = None if brought.text.strip() else fetched(brought.url, workshop.settings)
        now = workshop.clock()
        document = Document(entry_of(brought, page), page)
        window = timedelta(days=workshop.settings.collect.copies_window_days)
        desk = desk_of(workshop, NearIndex(window, workshop.archive.fingerprints(now - window)))
        visit = Visit(
            source_id=SOURCE_ID, started_at=now, finished_at=now, outcome=Outcome.OK, entries=1, fresh=1
        )
        harvest = Harvest(source, visit, Checkpoint(SOURCE_ID), (document,))
        filed = desk.filed((document,), source, now)
        if not filed:
            raise IntakeRefused(
                "this was erased on request and is kept out", remedy="ask who keeps the privacy log"
            )
        desk.receive(harvest)
        return filed[0].item.id

    return take


def source_of(brought: Brought) -> Source:
    """A source of the moment: what the person says of where it comes from. Raises IntakeRefused."""
    if not brought.text.strip() and not brought.url.startswith(("https://", "http://")):
        raise IntakeRefused("neither a text nor an http address", remedy="paste one of the two")
    outlet = brought.outlet.strip() or "–"
    return Source(
        id=SOURCE_ID,
        name=outlet,
        kind="manual",
        url=brought.url,
        language=brought.language,
        markets=(brought.market,),
        lens=Lens(brought.lens),
        publisher=outlet,
        fetch_pages=False,
    )


def entry_of(brought: Brought, page: Page | None) -> Entry:
    """What was brought in a source's form; the same address or text again is the same item."""
    return Entry(
        source_id=SOURCE_ID,
        raw_id=brought.url or f"text:{brought.title}\n{brought.text}"[:2000],
        url=brought.url,
        title=brought.title.strip() or (page.title if page else ""),
        content=brought.text if brought.text.strip() else "",
        language=brought.language,
        published=brought.published,
    )


def fetched(url: str, settings: Settings) -> Page:
    """The article at an address, read in a process of its own. Raises IntakeRefused with what to do instead."""
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as process:
        asked = process.submit(_read, url, settings)
        try:
            page = asked.result(PATIENCE_SECONDS)
        except TooLong as error:
            for child in (process._processes or {}).values():
                child.terminate()
            raise IntakeRefused(f"{url} did not answer in time", remedy="paste the text") from error
    if isinstance(page, str):
        raise IntakeRefused(page, remedy="paste what you may keep")
    if not page.text or page.rights is Rights.DENY:
        raise IntakeRefused(
            f"no text was found at {url}, or it may not be kept", remedy="paste what you may keep"
        )
    return page


def other_kind(body: bytes, content_type: str) -> str:
    """What kind of file this is instead of a page, "" when it is a page."""
    kind = content_type.partition(";")[0].strip().lower()
    return "" if kind in PAGES and not body.lstrip().startswith(b"%PDF") else kind or "a file of unknown kind"


def _read(url: str, settings: Settings) -> Page | str:
    """The page, or why there is none: our errors have a remedy beside their message and do not cross processes."""
    from crawler.crawl import fetch_one  # starts the reactor's module: in this process alone

    with page_pool() as pages:
        try:
            answer = fetch_one(url, crawl_settings_of(settings, pages))
            if answer.status != HTTP_OK:
                return f"{url} answered {answer.status}"
            kind = answer.headers.get("content-type", "")
            if other := other_kind(answer.body, kind):
                return f"{url} is no page but {other}"
            page = pages.read(Job(answer.body, answer.url, kind))
            asks_for_password = PASSWORD.search(answer.body) and len(page.text) < SHORTEST_BESIDE_A_FORM
            return f"no text was found at {url} but a form to sign in" if asks_for_password else page
        except LagebildError as error:
            return error.message
