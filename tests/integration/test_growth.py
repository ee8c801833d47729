"""Five thousand sources due at once: memory stays flat and all are served in fair order."""

from pathlib import Path

import pytest

from crawler.crawl import crawl
from crawler.settings import CrawlSettings
from crawler.visit import CrawlJob
from domain.model import Checkpoint, Harvest, Lens, Outcome, Source
from lagebild.memory import own_megabytes
from tests.integration.site import Site

SOURCES = 5_000
# What Python's own arenas and Scrapy's statistics move by; a leak of 10 KB a source would be 40 MB.
FLAT_MEGABYTES = 25.0


@pytest.mark.slow
@pytest.mark.timeout(1500)
@pytest.mark.skipif(not Path("/proc/self/statm").exists(), reason="reads resident memory from /proc")
def test_five_thousand_sources_at_once() -> None:
    memory: list[float] = []
    done: list[int] = []

    def deliver(harvest: Harvest) -> None:
        assert harvest.visit.outcome is Outcome.OK, harvest.visit.reason
        done.append(int(harvest.source.id[1:]))
        if len(done) % 500 == 0:
            memory.append(own_megabytes() or 0.0)

    with Site() as site:
        site.feed("/rss", ("a", "Erster Titel"), ("b", "Zweiter Titel"))
        jobs = [
            CrawlJob(
                Source(
                    id=f"s{n}", name="x", kind="rss", url=f"http://s{n}.localhost:{site.port}/rss", language="de",
                    markets=("DE",), lens=Lens.MEDIA, fetch_pages=False,
                ),
                Checkpoint(f"s{n}"),
                lambda ids: {},
            )
            for n in range(SOURCES)
        ]  # fmt: skip
        settings = CrawlSettings(
            user_agent="Lagebild/1.0 (+https://lagebild.example)",
            private_hosts=frozenset({"*.localhost"}),
            per_host_delay_seconds=0.0,
        )
        crawl(jobs, settings, deliver)

    assert sorted(done) == list(range(SOURCES))
    # Fair: a source waits for no more than those under way with it.
    assert max(abs(place - number) for place, number in enumerate(done)) <= 256
    assert memory[-1] - memory[1] < FLAT_MEGABYTES, memory
