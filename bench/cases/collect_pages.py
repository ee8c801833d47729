"""Article pages fetched and read, beside Scrapy alone and then trafilatura alone on the same pages.

Each side runs in a process of its own; CPU of the whole tree, start-up left out. Ours also asks robots.txt, keeps a gate
per host, guards addresses, dedupes and files.
"""

import json
import subprocess
import sys
from pathlib import Path

import scrapy
import trafilatura

from bench.feed_server import FeedServer
from bench.pairs import PAIRS, QUICK_PAIRS, Result, spread_of

ROOT = Path(__file__).parents[2]


def measure(quick: bool) -> list[Result]:
    feeds, pairs = (6, QUICK_PAIRS) if quick else (41, PAIRS)
    with FeedServer(feeds, 30) as server:
        ratios = [seconds("bare", server) / seconds("ours", server) for _ in range(pairs)]
    work = f"{(feeds - 1) * 30:,} article pages from {feeds - 1} feeds"
    baseline = f"Scrapy {scrapy.__version__}, then trafilatura {trafilatura.__version__}"
    return [Result("collect-pages", work, baseline, *spread_of(ratios), 0.90)]


def seconds(who: str, server: FeedServer) -> float:
    asked = json.dumps({"port": server.port, "feeds": server.feeds, "entries": server.entries})
    done = subprocess.run(
        [sys.executable, "-m", "bench.visit_pages", who, asked],
        stdout=subprocess.PIPE,
        text=True,
        check=True,
        cwd=ROOT,
    )
    return float(done.stdout.splitlines()[-1])
