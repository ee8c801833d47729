"""A day's issue in all formats, at 2,000 and at 20,000 items of that day."""

import tempfile
from pathlib import Path

from bench.figures import END, fill
from bench.pairs import QUICK_PAIRS, Result, cpu
from digest.brief import brief
from digest.gather import Order, gather
from digest.period import period_of
from domain.registry import names_in, plug
from lagebild.labels import names
from lagebild.settings import EDITIONS
from nlp.shield import cut_slurs
from storage.sqlite.archive import SqliteArchive, open_archive

FORMATS = "digest.formats"


def issue(archive: SqliteArchive) -> None:
    """Facts, both languages, every format."""
    edition = EDITIONS[0]
    day = END.date()
    order = Order(
        market=edition.market, period=period_of(edition.market, day, cutoff=edition.cut_off, zone=edition.zone),
        names=names(), versions={"annotators": "risk/1"}, mask=cut_slurs,
    )  # fmt: skip
    facts = gather(archive, order)
    for language in edition.languages:
        digest = brief(facts, language)
        for name in names_in(FORMATS):
            plug(FORMATS, name).render(digest)


def measure(quick: bool) -> list[Result]:
    sizes = (500, 2_000) if quick else (2_000, 6_000, 20_000)
    seconds = {}
    for size in sizes:
        with tempfile.TemporaryDirectory() as folder:
            archive = open_archive(Path(folder) / "a.db")
            fill(archive, size)
            issue(archive)
            seconds[size] = min(cpu(lambda archive=archive: issue(archive)) for _ in range(QUICK_PAIRS))
            archive.close()
    ratio = seconds[sizes[-1]] / seconds[sizes[0]]
    work = f"two languages in all formats; CPU at {sizes[-1]:,} items a day ÷ at {sizes[0]:,}"
    more = {"seconds": {str(size): round(value, 2) for size, value in seconds.items()}}
    return [Result("brief", work, "itself, smaller", ratio, (ratio, ratio), 4, at_least=False, more=more)]
