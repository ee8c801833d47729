"""All pages of a feed server, fetched and read: by our belt, or by Scrapy alone and then trafilatura alone."""

import json
import sys
import tempfile
from pathlib import Path
from typing import Any

from bench.visits import cpu_now
from domain.model import Lens, Source


def ours(asked: dict[str, int]) -> float:
    from lagebild.job import collect_due
    from lagebild.settings import Collect, Settings
    from lagebild.workshop import Workshop
    from storage.sqlite.archive import open_archive

    sources = [
        Source(
            id=f"s{n}", name=f"Blatt {n}", kind="rss", url=f"http://127.0.0.1:{asked['port']}/feed/{n}.xml", language="de",
            markets=("DE",), lens=Lens.MEDIA, publisher=f"Haus {n}",
        )
        for n in range(asked["feeds"])
    ]  # fmt: skip
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "a.db"
        polite = Collect(per_host_delay_seconds=0, concurrency=16, allow_hosts=("127.*",))
        with Workshop(Settings(archive=path, collect=polite), sources, open_archive(path)) as workshop:
            collect_due(workshop, only=("s0",), quiet=True)  # page readers and libraries are in memory then
            began = cpu_now()
            collected = collect_due(workshop, only=[source.id for source in sources[1:]], quiet=True)
            spent = cpu_now() - began
    assert collected.tally.new + collected.tally.copies == (asked["feeds"] - 1) * asked["entries"], collected
    return spent


def bare(asked: dict[str, int]) -> float:
    import scrapy
    import trafilatura
    from scrapy.crawler import CrawlerProcess

    pages: list[tuple[str, bytes]] = []

    class Pages(scrapy.Spider):
        name = "pages"

        async def start(self) -> Any:
            for n in range(1, asked["feeds"]):
                yield scrapy.Request(f"http://127.0.0.1:{asked['port']}/feed/{n}.xml", callback=self.feed)

        def feed(self, response: Any) -> Any:
            for link in response.xpath("//item/link/text()").getall():
                yield scrapy.Request(link, callback=self.page)

        def page(self, response: Any) -> None:
            pages.append((response.url, response.body))

    process = CrawlerProcess(
        {"LOG_ENABLED": False, "CONCURRENT_REQUESTS": 16, "CONCURRENT_REQUESTS_PER_DOMAIN": 16}
    )
    process.crawl(Pages)
    trafilatura.extract("<html><body><article><p>Ein Absatz, der gelesen wird.</p></article></body></html>")
    began = cpu_now()
    process.start()
    for url, body in pages:
        trafilatura.extract(body, url=url)
    spent = cpu_now() - began
    assert len(pages) == (asked["feeds"] - 1) * asked["entries"], len(pages)
    return spent


def main() -> None:
    print({"ours": ours, "bare": bare}[sys.argv[1]](json.loads(sys.argv[2])))


if __name__ == "__main__":
    main()
