"""Ours: the collect belt over all feeds of a server, twice; the first one is visited before, uncounted. Called by `bench.visits`."""

import json
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from bench.visits import cpu_now
from domain.model import Lens, Source
from lagebild.job import collect_due
from lagebild.settings import Collect, Settings
from lagebild.workshop import Workshop
from storage.sqlite.archive import open_archive


def main() -> None:
    asked = json.loads(sys.argv[1])
    sources = [
        Source(
            id=f"s{n}", name=f"Blatt {n}", kind="rss", url=f"http://127.0.0.1:{asked['port']}/feed/{n}.xml", language="de",
            markets=("DE",), lens=Lens.MEDIA, publisher=f"Haus {n}", fetch_pages=False,
        )
        for n in range(asked["feeds"])
    ]  # fmt: skip
    path = Path(asked["folder"]) / "ours.db"
    settings = Settings(
        archive=path,
        collect=Collect(per_host_delay_seconds=0, concurrency=32, fetch_pages=False, allow_hosts=("127.*",)),
    )
    seconds = []
    with Workshop(settings, sources, open_archive(path)) as workshop:
        collect_due(workshop, only=("s0",), quiet=True)  # libraries and language profiles are in memory then
        for _ in range(2):
            began = cpu_now()
            done = collect_due(workshop, only=[source.id for source in sources[1:]], quiet=True)
            seconds.append(cpu_now() - began)
            assert not done.faults, done.faults[:2]
    assert done.not_modified == asked["feeds"] - 1
    print(json.dumps({"first": seconds[0], "again": seconds[1]}))


if __name__ == "__main__":
    main()
