"""Article pages to text, beside trafilatura and news-please, on Zyte's benchmark pages where they are there."""

import gzip
import json
import os
import subprocess
from pathlib import Path

import trafilatura

from bench.pairs import PAIRS, QUICK_PAIRS, Result, cpu, paired, spread_of
from bench.peers import peer_python, version_of
from crawler.extract import extract

FOLDER = Path(os.environ.get("LAGEBILD_SHARED", "../shared")) / "data" / "article-extraction-benchmark"
SCRIPT = Path(__file__).parents[1] / "peers" / "extract_newsplease.py"


def measure(quick: bool) -> list[Result]:
    if not FOLDER.is_dir():
        return []
    truth = json.loads((FOLDER / "ground-truth.json").read_text("utf-8"))
    names = list(truth)[: 60 if quick else 181]
    pages = [
        (gzip.decompress((FOLDER / "html" / f"{n}.html.gz").read_bytes()), truth[n]["url"]) for n in names
    ]

    def ours() -> None:
        for body, url in pages:
            extract(body, url)

    def theirs() -> None:
        for body, url in pages:
            trafilatura.extract(body, url=url)

    pairs = QUICK_PAIRS if quick else PAIRS
    work = f"{len(pages)} pages of Zyte's benchmark"
    ratio, spread = paired(ours, theirs, pairs)
    results = [
        Result("extract-trafilatura", work, f"trafilatura {trafilatura.__version__}", ratio, spread, 1.0)
    ]
    if version_of("news-please") and peer_python():
        others = [newsplease(names) / cpu(ours) for _ in range(QUICK_PAIRS)]
        told = f"news-please {version_of('news-please')}"
        results.append(Result("extract-news-please", work, told, *spread_of(others), 5))
    return results


def newsplease(names: list[str]) -> float:
    """CPU seconds that news-please takes for these pages, start-up left out."""
    done = subprocess.run(
        [str(peer_python()), str(SCRIPT), str(FOLDER.resolve()), json.dumps(names)],
        stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, check=True,
    )  # fmt: skip
    return float(done.stdout.splitlines()[-1])
