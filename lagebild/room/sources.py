"""A maintainer's tools for the reading room: health, one visit now, and changes to sources.yaml."""

import difflib
import os
import signal
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures import TimeoutError as TooLong
from dataclasses import replace
from datetime import datetime, timedelta
from hashlib import sha256
from importlib import import_module
from multiprocessing import get_context
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import overload

from crawler.rhythm import SourceHealth, health
from domain.errors import ConfigError, Conflict
from domain.model import Source
from lagebild.settings import Settings
from lagebild.sources.edit import entry_in, entry_text, name_of, problems_of, rewritten, slug, with_entry
from lagebild.sources.load import load, read
from lagebild.sources.opml import document, outlines
from lagebild.workshop import Workshop
from web.desk import Bench, Draft, Tried

HISTORY = timedelta(days=100)
HEALTH_KEPT = timedelta(hours=1)
TRIED_ITEMS = 3
PATIENCE_SECONDS = 150
NEW_ENTRY = """  - id: new-source
    name: New source
    kind: rss
    url: "https://example.org/feed"
    language: de
    market: DE
    lens: media
"""


class LiveSources(Sequence[Source]):
    """The sources as the file says now; a file that is not sound leaves the last sound ones in force."""

    def __init__(self, workshop: Workshop) -> None:
        self._path = workshop.settings.sources
        self._held = tuple(workshop.sources)
        self._seen = _stamp(self._path)

    def _now(self) -> tuple[Source, ...]:
        if (stamp := _stamp(self._path)) != self._seen:
            self._seen = stamp
            loaded = read(self._path) if stamp else None
            if loaded and not loaded.errors:
                self._held = loaded.sources
        return self._held

    @overload
    def __getitem__(self, at: int) -> Source: ...
    @overload
    def __getitem__(self, at: slice) -> Sequence[Source]: ...
    def __getitem__(self, at: int | slice) -> Source | Sequence[Source]:
        return self._now()[at]

    def __len__(self) -> int:
        return len(self._now())

    def __iter__(self) -> Iterator[Source]:
        return iter(self._now())


class Healths:
    """How each source is, kept until the source is visited again, or an hour at most: the reading takes milliseconds each."""

    def __init__(self, workshop: Workshop) -> None:
        self._archive, self._clock = workshop.archive, workshop.clock
        self._kept: dict[str, tuple[datetime, datetime, SourceHealth | None]] = {}

    def of(self, sources: Sequence[Source]) -> dict[str, SourceHealth]:
        """By source; those never visited are left out."""
        now, latest = self._clock(), self._archive.latest_visits()
        found = (self._one(source.id, latest[source.id], now) for source in sources if source.id in latest)
        return {one.source_id: one for one in found if one}

    def _one(self, source_id: str, visited: datetime, now: datetime) -> SourceHealth | None:
        kept = self._kept.get(source_id)
        if kept is None or kept[0] != visited or not timedelta(0) <= now - kept[1] < HEALTH_KEPT:
            told = health(self._archive.history(now - HISTORY, source_id), now)
            self._kept[source_id] = kept = (visited, now, told)
        return kept[2]


def _stamp(path: Path) -> tuple[int, int] | None:
    """What tells that a file was written; None when there is none."""
    try:
        told = path.stat()
    except FileNotFoundError:
        return None
    return told.st_mtime_ns, told.st_size


def bench(workshop: Workshop) -> Bench:
    """The tools over this archive and its sources.yaml."""
    path, sources, healths = workshop.settings.sources, LiveSources(workshop), Healths(workshop)

    def try_now(source_id: str, lines: str) -> Tried:
        known = load_draft(path, source_id, lines) if lines else list(sources)
        source = next((one for one in known if one.id == source_id), None) or (known[-1] if lines else None)
        if source is None:
            raise ConfigError(f"there is no source {source_id!r}", remedy="choose one of the list")
        return tried(source, workshop.settings)

    def faults() -> bytes:
        told = healths.of(sources).values()
        feed_of: Callable[[list[SourceHealth]], bytes] = import_module(
            "lagebild.commands.sources.faults"
        ).feed_of
        return feed_of([one for one in told if not one.is_well])

    return Bench(
        editable=path.exists(),
        health=lambda: healths.of(sources),
        entry=lambda source_id: entry_in(_text(path), source_id) if source_id else NEW_ENTRY,
        draft=lambda source_id, lines: drafted(path, source_id, lines),
        apply=lambda source_id, lines, mark: applied(path, source_id, lines, mark),
        try_now=try_now,
        opml=lambda: document(sources),
        read_opml=lambda content, market, language, lens: from_opml(
            sources, content, {"language": language, "market": market, "lens": lens}
        ),
        faults=faults,
    )


def _text(path: Path) -> str:
    return path.read_text(encoding="utf-8") if path.exists() else ""


def _mark(text: str) -> str:
    return sha256(text.encode()).hexdigest()


def drafted(path: Path, source_id: str, lines: str) -> Draft:
    """What the file would say, as a difference, and what would be wrong with it."""
    before = _text(path)
    after = with_entry(before, source_id, lines)
    diff = difflib.unified_diff(
        before.splitlines(keepends=True), after.splitlines(keepends=True), path.name, path.name, n=2
    )
    told = tuple(f"{p.line}:{p.column} {p.field}: {p.message}; {p.remedy}" for p in problems_of(path, after))
    return Draft("".join(diff), told, _mark(before))


def applied(path: Path, source_id: str, lines: str, mark: str) -> None:
    """Writes the change and lets a running service take it up. Raises Conflict when the file changed since."""
    before = _text(path)
    if _mark(before) != mark:
        raise Conflict(f"{path.name} has changed since", remedy="look at the difference again")
    rewritten(path, with_entry(before, source_id, lines))
    if callable(signal.getsignal(signal.SIGHUP)):
        os.kill(os.getpid(), signal.SIGHUP)  # `lagebild serve` reads its files again


def load_draft(path: Path, source_id: str, lines: str) -> Sequence[Source]:
    """The sources as a draft would have them. Raises ConfigError."""
    with TemporaryDirectory() as folder:
        draft = Path(folder) / path.name
        draft.write_text(with_entry(_text(path), source_id, lines), encoding="utf-8")
        return load(draft)


def from_opml(sources: Sequence[Source], content: bytes, common: Mapping[str, str]) -> str:
    """Lines for those feeds of a list that are not there yet. Raises ConfigError."""
    taken, addresses = {source.id for source in sources}, {source.url for source in sources}
    lines = []
    for outline in outlines(content):
        if outline.url in addresses:
            continue
        addresses.add(outline.url)
        name = outline.title or name_of(outline.url)
        source_id = _free(slug(name), taken)
        taken.add(source_id)
        lines.append(entry_text({"id": source_id, "name": name, "kind": "rss", "url": outline.url, **common}))
    return "".join(lines)


def _free(wanted: str, taken: set[str]) -> str:
    return next(i for i in (wanted, *(f"{wanted}-{n}" for n in range(2, 10_000))) if i not in taken)


# --- one visit now -------------------------------------------------------------------------------


def tried(source: Source, settings: Settings) -> Tried:
    """One visit in a process of its own: the crawler's reactor starts once in a process. Raises ConfigError."""
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as process:
        visit = process.submit(_visited, source, settings)
        try:
            return visit.result(PATIENCE_SECONDS)
        except TooLong as error:
            for child in (process._processes or {}).values():
                child.terminate()
            raise ConfigError(
                f"{source.id} did not answer within {PATIENCE_SECONDS} s", remedy="try again later"
            ) from error


def _visited(source: Source, settings: Settings) -> Tried:
    told = import_module("lagebild.commands.sources.try")
    harvest = told.fetched_now(replace(source, limits=replace(source.limits, pages=TRIED_ITEMS)), settings)
    items = tuple(
        (
            document.entry.url,
            document.page_fault,
            tuple((row.field, row.value, row.origin) for row in told.rows_of(document, source)),
        )
        for document in harvest.documents[:TRIED_ITEMS]
    )
    return Tried(harvest.visit.outcome.value, harvest.visit.reason, harvest.visit.entries, items)
