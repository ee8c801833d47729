"""The collect belt: due sources -> harvests -> filed items -> archive."""

import logging
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Protocol

from crawler.crawl import crawl, crawl_async
from crawler.dedupe import NearIndex, fingerprint, judge, settled
from crawler.normalise import normalise
from crawler.rhythm import HISTORY, hints_of, next_due, weighed
from crawler.settings import CrawlSettings
from crawler.visit import CrawlJob
from domain.errors import ConfigError
from domain.model import (
    Author,
    Batch,
    Document,
    Filed,
    Harvest,
    Item,
    New,
    Source,
    Tally,
    Tombstone,
    Updated,
    Visit,
)
from domain.ports import Clock, CollectArchive, LedgerArchive
from lagebild.budget import SourcePurse
from lagebild.pseudonyms import alias_of
from lagebild.secrets import Secrets, secrets_of
from lagebild.watching import expanded
from nlp.language import detect

logger = logging.getLogger(__name__)
DETECTED_CHARACTERS = 400
Pseudonym = Callable[[Author], str]
References = Callable[[str], Sequence[str]]
"""All pseudonyms that an author, by raw id, has had."""
Admit = Callable[[Iterable[Document]], Iterable[Document]]


@dataclass(slots=True)
class Collected:
    """What a run brought: visits by outcome, and what changed in the archive."""

    outcomes: Counter[str] = field(default_factory=Counter)
    faults: list[Visit] = field(default_factory=list)
    tally: Tally = field(default_factory=Tally)
    requests: int = 0
    not_modified: int = 0

    def add(self, visit: Visit, tally: Tally) -> None:
        self.outcomes[visit.outcome.value] += 1
        if not visit.outcome.reported:
            self.faults.append(visit)
        self.requests += visit.requests
        self.not_modified += visit.not_modified
        self.tally = Tally(*(a + b for a, b in zip(_counts(self.tally), _counts(tally), strict=True)))

    @property
    def sources(self) -> int:
        return self.outcomes.total()


class CollectRun:
    """One run over some sources: its jobs, and where their harvests go.

    Every harvest is committed on its own, so that a crash loses one at most.
    """

    def __init__(
        self,
        desk: "Desk",
        sources: Sequence[Source],
        on_visit: Callable[[Visit], None] | None = None,
        secrets: Secrets | None = None,
    ) -> None:
        self.desk = desk
        self.collected = Collected()
        self.jobs = [job_of(desk, source, secrets or secrets_of({})) for source in sources]
        self._on_visit = on_visit

    def deliver(self, harvest: Harvest) -> None:
        """Takes one harvest in."""
        visit, tally = self.desk.receive(harvest)
        self.collected.add(visit, tally)
        if self._on_visit:
            self._on_visit(visit)


def collect(run: CollectRun, settings: CrawlSettings) -> Collected:
    """Visits the run's sources once."""
    crawl(run.jobs, settings, run.deliver)
    run.desk.settle()
    return run.collected


async def collect_async(run: CollectRun, settings: CrawlSettings) -> Collected:
    """The same inside a running loop; cancelling it keeps what was delivered."""
    await crawl_async(run.jobs, settings, run.deliver)
    run.desk.settle()
    return run.collected


def job_of(desk: "Desk", source: Source, secrets: Secrets) -> CrawlJob:
    """What a visit needs; without its secret a source is refused and says so."""

    def known(raw_ids: Sequence[str]) -> Mapping[str, datetime | None]:
        return desk.archive.known_entries(source.id, raw_ids)

    purse, checkpoint = SourcePurse(desk.archive, source, desk.clock), desk.archive.checkpoint(source.id)
    try:
        return CrawlJob(expanded(source), checkpoint, known, secrets(source.auth), purse)
    except ConfigError as error:
        return CrawlJob(source, checkpoint, known, refused=str(error))


def _counts(tally: Tally) -> tuple[int, ...]:
    return (tally.new, tally.updated, tally.copies, tally.known, tally.removed)


class CollectLedger(CollectArchive, LedgerArchive, Protocol):
    """What the collect belt asks of the archive, budgets included."""


@dataclass(frozen=True, slots=True)
class Desk:
    """Receives harvests: normalises, detects the language, tells copies, and files all in one transaction."""

    archive: CollectLedger
    index: NearIndex
    clock: Clock
    pseudonym: Pseudonym | None = None
    references: References | None = None
    alias: Pseudonym | None = None
    admit: Admit | None = None
    public: frozenset[str] = frozenset()
    """Accounts (`name@server`) whose author is named."""
    handles: frozenset[str] = frozenset()
    """Handles, as `bare_handle` spells them, that stay in articles."""

    def receive(self, harvest: Harvest) -> tuple[Visit, Tally]:
        """Commits a harvest; the visit as its source's rhythm judges it, and what changed."""
        now = self.clock()
        filed = self.filed(harvest.documents, harvest.source, now)
        before = self.archive.history(now - HISTORY, harvest.source.id)
        visit = weighed(harvest.visit, before)
        batch = Batch(
            visit=visit,
            checkpoint=harvest.checkpoint,
            filed=filed,
            tombstones=tuple(self._tombstones(harvest.tombstones)),
            letters=harvest.letters,
            next_due=next_due(harvest.source, [*before, visit], now, hints_of(harvest.checkpoint)),
        )
        tally = self.archive.commit(batch)
        self._learn(filed)
        logger.info("collected source=%s outcome=%s new=%d", harvest.source.id, visit.outcome, tally.new)
        return visit, tally

    def filed(self, documents: Iterable[Document], source: Source, now: datetime) -> tuple[Filed, ...]:
        """The documents as items, each once, with what the archive already holds of them."""
        admitted = documents if self.admit is None else self.admit(documents)
        items = {item.id: item for item in (self._item(document, source, now) for document in admitted)}
        hashes = self.archive.known_hashes(list(items)) if items else {}
        return tuple(self._file(item, hashes.get(item.id)) for item in items.values())

    def _tombstones(self, tombstones: Iterable[Tombstone]) -> Iterable[Tombstone]:
        """What names an author is known to the archive by the author's pseudonyms only."""
        for one in tombstones:
            if one.raw_id or not self.references:
                yield one
            else:
                yield from (replace(one, author=reference) for reference in self.references(one.author))

    def settle(self) -> int:
        """Looks at what nobody has read yet once more, now that all have answered; how many changed their place."""
        return self.archive.settle_copies(settled(self.archive.open_fingerprints(), self.index))

    def _item(self, document: Document, source: Source, now: datetime) -> Item:
        author = document.entry.author
        if author is not None and alias_of(author).partition("|")[2] in self.public:
            author = replace(author, kind="organisation")
            document = replace(document, entry=replace(document.entry, author=author))
        item = spoken(document, source, now, self.pseudonym, self.handles)
        if self.alias is None or author is None or not item.author_ref:
            return item
        return replace(item, author_alias=self.alias(author))

    def _file(self, item: Item, known_hash: str | None) -> Filed:
        print_ = fingerprint(item)
        return Filed(item, print_, judge(item, print_, known_hash, self.index))

    def _learn(self, filed: Iterable[Filed]) -> None:
        """Representatives enter the index only once they are committed."""
        self.index.add_all(one.fingerprint for one in filed if isinstance(one.verdict, New | Updated))


def spoken(
    document: Document,
    source: Source,
    now: datetime,
    pseudonym: Pseudonym | None = None,
    handles: frozenset[str] = frozenset(),
) -> Item:
    """The document as an item in its own language."""
    item = normalise(document, source, language=source.language, now=now, pseudonym=pseudonym, public=handles)
    words = f"{item.title}\n{item.text or item.lead}"[:DETECTED_CHARACTERS]
    guess = detect(words, source_language=source.language)
    return replace(item, language=guess.language, language_flags=guess.flags)
