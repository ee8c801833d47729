"""Asking again over real sockets: what is gone at its source is gone here, wherever it stood."""

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from crawler.dedupe import NearIndex
from domain.model import Lens, Search, Source, TermsStatus
from lagebild.belts.recheck import recheck, recheck_run
from lagebild.job import collect_due, desk_of, recheck_due
from lagebild.settings import Collect, Settings
from lagebild.workshop import Workshop
from storage.sqlite import open_archive
from tests.integration.site import Answer, Site

NOW = datetime(2026, 11, 28, 7, 0, tzinfo=UTC)
PAGE = "<html><body><article><h1>{0}</h1><p>{0} steht hier in einem ganzen Satz, der lang genug ist.</p></article></body></html>"


@pytest.fixture
def site() -> Iterator[Site]:
    with Site() as site:
        yield site


@pytest.fixture
def workshop(site: Site, tmp_path: Path) -> Iterator[Workshop]:
    collect = Collect(allow_hosts=("*.localhost",), per_host_delay_seconds=0.005)
    settings = Settings(archive=tmp_path / "a.db", collect=collect)
    source = Source(
        id="blatt", name="Blatt", kind="rss", url=site.url("/feed"), language="de", markets=("DE",), lens=Lens.MEDIA,
    )  # fmt: skip
    with Workshop(settings, (source,), open_archive(settings.archive), clock=lambda: NOW) as opened:
        yield opened


def after(workshop: Workshop, **span: float) -> Workshop:
    return replace(workshop, clock=lambda: NOW + timedelta(**span))


def titles(workshop: Workshop) -> set[str]:
    return {hit.item.title for hit in workshop.archive.search(Search()).hits}


def test_gone_at_once_missing_after_two_days_and_outages_never(site: Site, workshop: Workshop) -> None:
    stories = {"a": "Erpressung", "b": "Rueckruf", "c": "Datenleck", "d": "Bleibt"}
    site.feed("/feed", *stories.items())
    for slug, title in stories.items():
        site.routes[f"/{slug}"] = Answer(PAGE.format(title), headers={"etag": f'"{slug}"'})
    collect_due(workshop, quiet=True)
    assert titles(workshop) == set(stories.values())
    assert recheck_due(after(workshop, hours=23), quiet=True).due == 0

    site.routes |= {"/a": Answer(status=410), "/b": Answer(status=404), "/c": Answer(status=503)}  # an outage
    done = recheck_due(after(workshop, days=1), quiet=True)
    assert (done.gone, done.missing, done.there, done.unclear) == (1, 1, 1, 1)
    assert titles(workshop) == {"Rueckruf", "Datenleck", "Bleibt"}
    assert workshop.archive.search(Search(text="Erpressung")).hits == ()

    site.routes["/c"] = Answer(PAGE.format("Datenleck"))
    done = recheck_due(after(workshop, days=2), quiet=True)
    assert (done.due, done.gone, done.unclear) == (2, 1, 0)
    assert titles(workshop) == {"Datenleck", "Bleibt"}

    site.asked.clear()
    recheck_due(after(workshop, days=3, hours=1), quiet=True)
    assert [ask.headers["if-none-match"] for ask in site.asked if ask.path == "/d"] == ['"d"']


def test_a_source_whose_terms_forbid_reading_is_not_asked(site: Site, workshop: Workshop) -> None:
    site.feed("/feed", ("a", "Erpressung"))
    site.routes["/a"] = Answer(PAGE.format("Erpressung"))
    collect_due(workshop, quiet=True)
    site.asked.clear()
    blocked = replace(
        workshop.sources[0], terms=replace(workshop.sources[0].terms, status=TermsStatus.PROHIBITED)
    )
    assert recheck_due(replace(after(workshop, days=1), sources=(blocked,)), quiet=True).due == 0
    assert site.paths() == []


def test_a_kept_issue_loses_the_words_of_what_is_gone(site: Site, workshop: Workshop) -> None:
    title = "Jugendliche berichten von Erpressung im Netz"
    site.feed("/feed", ("a", title))
    site.routes["/a"] = Answer(PAGE.format(title))
    collect_due(workshop, quiet=True)
    (hit,) = workshop.archive.search(Search()).hits
    body = json.dumps({"item_id": hit.item.id, "text": f"- {title} (Blatt)"})
    workshop.archive.keep_digest("d", "DE", NOW.date(), "daily", "de", body, [])
    site.routes["/a"] = Answer(status=410)
    recheck_due(after(workshop, days=1), quiet=True)
    assert title not in (workshop.archive.digest("DE", NOW.date(), "daily", "de") or "")


def test_a_source_that_is_gone_does_not_take_the_places_of_others(site: Site, workshop: Workshop) -> None:
    site.feed("/feed", ("a", "Erpressung"))
    site.routes["/a"] = Answer(PAGE.format("Erpressung"))
    collect_due(workshop, quiet=True)
    gone = replace(after(workshop, days=1), sources=())
    assert recheck_due(gone, quiet=True).due == 0
    assert workshop.archive.due_rechecks(NOW + timedelta(days=2), 10, 10) == []


def test_one_host_is_asked_so_much_at_once_and_the_rest_stays_due(site: Site, workshop: Workshop) -> None:
    stories = {name: f"Meldung {name}" for name in ("a", "b", "c")}
    site.feed("/feed", *stories.items())
    site.routes |= {f"/{name}": Answer(PAGE.format(title)) for name, title in stories.items()}
    collect_due(workshop, quiet=True)
    tomorrow = after(workshop, days=1)
    desk = desk_of(tomorrow, NearIndex(timedelta(days=7)))
    run = recheck_run(tomorrow.archive, desk, tomorrow.sources, requests_per_source=2)
    assert recheck(run, tomorrow.crawl_settings).requests == 2
    assert len(workshop.archive.due_rechecks(NOW + timedelta(days=1), 10, 10)) == 1
