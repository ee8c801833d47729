"""Extraction scored on real pages: mean text F1, titles, authors, days, and throughput against trafilatura.

usage: python -m bench.eval_extract [--shared ../shared]   (or LAGEBILD_SHARED)

Reads `data/extraction` and `data/article-extraction-benchmark` of the shared folder. Text is compared by runs of four
words, precision and recall are means over pages (the benchmark's own formula); the title line and the lead are
allowed either way. Exit 1 when a floor is missed, 0 with a word when the folder is not there.
"""

import argparse
import gzip
import html
import json
import os
import re
import statistics
import sys
import time
import unicodedata
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

import trafilatura

from crawler.extract import extract
from domain.model import Page

WORD = re.compile(r"\w+")
RUN = 4
PAIRS = 5
GERMAN_SPEAKING = {"de", "at", "ch", "li", "lu"}
FLOORS = {
    "dach_text_f1": 0.975,
    "other_text_f1": 0.975,
    "dach_title": 0.88,
    "other_title": 0.88,
    "dach_authors": 0.90,
    "other_authors": 0.90,
    "dach_day": 0.98,
    "other_day": 0.98,
    "benchmark_f1": 0.965,
    "throughput": 1.0,
}
BAD_PAGE, BAD_PAGES_ALLOWED = 0.8, 2


@dataclass(frozen=True, slots=True)
class Overlap:
    """Shares of the runs of words in either text that are in both, only in ours, only in the truth."""

    both: float
    ours: float
    truth: float

    @property
    def f1(self) -> float:
        return 2 * self.both / (2 * self.both + self.ours + self.truth) if self.both else 0.0

    @property
    def precision(self) -> float:
        return self.both / (self.both + self.ours) if self.both + self.ours else float(not self.truth)

    @property
    def recall(self) -> float:
        return self.both / (self.both + self.truth) if self.both + self.truth else 0.0


def runs(text: str) -> Counter[tuple[str, ...]]:
    words = WORD.findall(text)
    return (
        Counter(tuple(words[start : start + RUN]) for start in range(max(1, len(words) - RUN + 1)))
        if words
        else Counter()
    )


def overlap(truth: str, ours: str) -> Overlap:
    wanted, found = runs(truth), runs(ours)
    counts = ((wanted & found).total(), (found - wanted).total(), (wanted - found).total())
    total = sum(counts) or 1
    return Overlap(counts[0] / total, counts[1] / total, counts[2] / total)


def mean_f1(overlaps: Iterable[Overlap]) -> float:
    known = list(overlaps)
    precision = statistics.fmean(one.precision for one in known)
    recall = statistics.fmean(one.recall for one in known)
    return 2 * precision * recall / (precision + recall)


def plain(text: str | None) -> str:
    return " ".join(WORD.findall(unicodedata.normalize("NFKC", html.unescape(text or "")).lower()))


def day(stated: object) -> str:
    found = re.search(r"\d{4}-\d\d-\d\d", str(stated or ""))
    return found[0] if found else ""


def page_overlap(row: dict[str, object], page: Page) -> Overlap:
    lead, body = "\n".join(row["lead"] or ()), "\n".join(row["body"] or ())  # type: ignore[call-overload]
    allowed = (body, f"{lead}\n{body}".strip(), f"{row['title']}\n{lead}\n{body}")
    return max((overlap(text, page.text) for text in allowed), key=lambda one: one.f1)


def scored(name: str, rows: list[tuple[dict[str, object], Page]]) -> dict[str, object]:
    overlaps = [(page_overlap(row, page), str(row["file"])) for row, page in rows]
    titles = [plain(str(row["title"])) == plain(page.title) for row, page in rows if row["title"]]
    authors = [
        set(map(plain, row["authors"] or ())) - {""} == set(map(plain, page.authors)) - {""}
        for row, page in rows
    ]  # type: ignore[call-overload]
    days = [day(row["published"]) == day(page.published) for row, page in rows if row["published"]]
    return {
        f"{name}_text_f1": round(mean_f1(one for one, _ in overlaps), 4),
        f"{name}_title": round(statistics.fmean(titles), 3),
        f"{name}_authors": round(statistics.fmean(authors), 3),
        f"{name}_day": round(statistics.fmean(days), 3),
        f"{name}_bad": [file for one, file in overlaps if one.f1 < BAD_PAGE],
        f"{name}_pages": len(rows),
    }


def on_pages(folder: Path) -> dict[str, object]:
    rows = [json.loads(line) for line in (folder / "truth.jsonl").read_text("utf-8").splitlines()]
    read = [(row, extract(gzip.decompress((folder / row["file"]).read_bytes()), row["url"])) for row in rows]
    german = [pair for pair in read if pair[0]["country"] in GERMAN_SPEAKING]
    other = [pair for pair in read if pair[0]["country"] not in GERMAN_SPEAKING]
    return {**scored("dach", german), **scored("other", other)}


def on_benchmark(folder: Path) -> dict[str, object]:
    truth = json.loads((folder / "ground-truth.json").read_text("utf-8"))
    pages = [
        (gzip.decompress((folder / "html" / f"{name}.html.gz").read_bytes()), row)
        for name, row in truth.items()
    ]
    overlaps = [overlap(row["articleBody"], extract(body, row["url"]).text) for body, row in pages]

    def ours() -> None:
        for body, row in pages:
            extract(body, row["url"])

    def theirs() -> None:
        for body, row in pages:
            trafilatura.extract(body, url=row["url"])

    ratios = [seconds(theirs) / seconds(ours) for _ in range(PAIRS)]
    return {
        "benchmark_f1": round(mean_f1(overlaps), 4),
        "benchmark_pages": len(pages),
        "throughput": round(statistics.median(ratios), 3),
        "throughput_spread": [round(min(ratios), 3), round(max(ratios), 3)],
        "trafilatura": trafilatura.__version__,
    }


def seconds(work: Callable[[], None]) -> float:
    started = time.process_time()
    work()
    return time.process_time() - started


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--shared", type=Path, default=Path(os.environ.get("LAGEBILD_SHARED", "../shared")))
    data = parser.parse_args().shared / "data"
    if not (data / "extraction").is_dir():
        print(f"no real pages under {data}; nothing to score")
        return 0
    figures = {**on_pages(data / "extraction"), **on_benchmark(data / "article-extraction-benchmark")}
    print(json.dumps(figures, ensure_ascii=False, indent=1))
    missed = [name for name, floor in FLOORS.items() if float(str(figures[name])) < floor]
    missed += [
        name for name in ("dach_bad", "other_bad") if len(str(figures[name]).split(",")) > BAD_PAGES_ALLOWED
    ]
    if missed:
        print("short of: " + ", ".join(missed), file=sys.stderr)
    return bool(missed)


if __name__ == "__main__":
    sys.exit(main())
