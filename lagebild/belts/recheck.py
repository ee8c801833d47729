"""The recheck belt: what is held and due -> its source asked again -> gone, changed or still there -> archive."""

import logging
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from crawler.crawl import ask_again, ask_again_async
from crawler.faults import Fault
from crawler.permission import clearance
from crawler.recheck import Findings, RollCall, findings, put_off, questions, unanswered, unasked
from crawler.settings import CrawlSettings
from crawler.visit import CrawlJob
from domain.model import Document, Fetched, Request, Source, Standing
from domain.ports import RecheckArchive
from lagebild.belts.collect import Desk, job_of
from lagebild.secrets import Secrets, secrets_of
from lagebild.watching import expanded

logger = logging.getLogger(__name__)
NO_SECRETS = secrets_of({})
PER_SOURCE = 2_000
AT_ONCE = 20_000
REQUESTS_PER_SOURCE = 200
"""What a host is asked in one run; items beyond that stay due. Platforms that answer for many at once get further."""


@dataclass(slots=True)
class Rechecked:
    """What asking again brought, in items: `there`, `missing` (a first 404), `gone`, `changed`; requests sent."""

    due: int = 0
    there: int = 0
    missing: int = 0
    gone: int = 0
    changed: int = 0
    unclear: int = 0
    requests: int = 0

    def note(self, found: Findings, removed: int, changed: int) -> None:
        """Counts one answer."""
        self.missing += sum(look.missed_at is not None for look in found.looks)
        self.there += sum(look.missed_at is None for look in found.looks)
        self.unclear += len(found.unclear)
        self.gone += removed
        self.changed += changed


@dataclass
class RecheckRun:
    """One run over what is due. Each answer is kept on its own, so that a crash loses one at most."""

    archive: RecheckArchive
    desk: Desk
    calls: dict[str, RollCall]
    requests_per_source: int = REQUESTS_PER_SOURCE
    done: Rechecked = field(default_factory=Rechecked)
    secrets: Secrets = NO_SECRETS

    def asked(self) -> list[tuple[CrawlJob, Sequence[Request]]]:
        """The first requests of every source; what nothing asks for is put off to its next day."""
        now, asked = self.desk.clock(), []
        for call in self.calls.values():
            requests = questions(call)
            self.archive.keep_looks(unasked(call, requests, now), now)
            job = job_of(self.desk, call.source, self.secrets)
            asked.append((job, requests[: self.requests_per_source]))
        return [(job, requests) for job, requests in asked if requests and not job.refused]

    def answer(self, source_id: str, request: Request, brought: Fetched | Fault) -> Iterable[Request]:
        """Keeps what an answer told; returns what to ask next."""
        call, now = self.calls[source_id], self.desk.clock()
        self.done.requests += 1
        if isinstance(brought, Fetched):
            found = findings(brought, call, now)
        else:
            found = unanswered(request, call, now)
        filed = self.desk.filed(map(Document, found.entries), call.source, now)
        looks = (*found.looks, *found.unclear)
        tally = self.archive.keep_looks(looks, now, tombstones=found.tombstones, filed=filed)
        self.done.note(found, tally.removed, tally.updated)
        return found.onward


def recheck_run(
    archive: RecheckArchive,
    desk: Desk,
    sources: Iterable[Source],
    limit: int = AT_ONCE,
    requests_per_source: int = REQUESTS_PER_SOURCE,
    secrets: Secrets = NO_SECRETS,
) -> RecheckRun:
    """A run over the due items of these sources that may be asked today."""
    now = desk.clock()
    allowed = {source.id: expanded(source) for source in sources if clearance(source, now.date()).may_run}
    by_source: dict[str, list[Standing]] = defaultdict(list)
    for item in archive.due_rechecks(now, PER_SOURCE, limit):
        by_source[item.source_id].append(item)
    for name in [name for name in by_source if name not in allowed]:
        # Nobody may be asked: items of sources that are gone must not take the places of others.
        archive.keep_looks(put_off(by_source.pop(name), now), now)
    calls = {name: RollCall(allowed[name], tuple(items)) for name, items in by_source.items()}
    return RecheckRun(
        archive,
        desk,
        calls,
        requests_per_source,
        Rechecked(due=sum(len(call.items) for call in calls.values())),
        secrets,
    )


def recheck(run: RecheckRun, settings: CrawlSettings) -> Rechecked:
    """Asks once for everything in the run."""
    ask_again(run.asked(), settings, run.answer)
    return _told(run.done)


async def recheck_async(run: RecheckRun, settings: CrawlSettings) -> Rechecked:
    """The same inside a running loop; cancelling it keeps what was answered."""
    await ask_again_async(run.asked(), settings, run.answer)
    return _told(run.done)


def _told(done: Rechecked) -> Rechecked:
    logger.info(
        "rechecked due=%d there=%d missing=%d gone=%d changed=%d", done.due, done.there, done.missing, done.gone, done.changed
    )  # fmt: skip
    return done
