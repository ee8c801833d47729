"""The main job: collect, enrich, publish, and a summary a person can read in ten seconds."""

import asyncio
import os
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from pathlib import Path

from crawler.dedupe import NearIndex
from crawler.settings import OnAnswer
from domain.model import Source, Visit
from lagebild.belts.collect import Collected, CollectRun, Desk, collect, collect_async
from lagebild.belts.enrich import Enriched, place_everything, read_everything
from lagebild.belts.publish import Issue, publish, publish_update, publish_week
from lagebild.belts.recheck import AT_ONCE, Rechecked, RecheckRun, recheck, recheck_async, recheck_run
from lagebild.belts.watch import watch
from lagebild.console import step
from lagebild.handles import public_handles
from lagebild.privacy import print_again
from lagebild.pseudonyms import SUPPRESSION, key_named, pseudonym_of, references_of
from lagebild.secrets import secrets_of
from lagebild.settings import Edition
from lagebild.suppression import doorkeeper
from lagebild.workshop import Workshop


@dataclass(slots=True)
class Done:
    """What the whole job did."""

    collected: Collected = field(default_factory=Collected)
    enriched: Enriched = field(default_factory=Enriched)
    issues: Sequence[Issue] = ()


def collect_due(
    workshop: Workshop, *, everything: bool = False, only: Sequence[str] = (), quiet: bool = False
) -> Collected:
    """Visits the sources whose time has come; all enabled ones with `everything`, the named ones with `only`."""
    workshop.archive.sync_sources(workshop.sources, workshop.clock())
    chosen = _chosen(workshop, everything, only)
    with step(f"collect from {len(chosen)} sources", quiet=quiet) as told:
        run = collect_run(workshop, chosen, lambda visit: told.advance(visit.source_id))
        return collect(run, workshop.crawl_settings)


async def collect_due_async(workshop: Workshop, on_answer: OnAnswer | None = None) -> Collected:
    """Visits the sources whose time has come, inside a running loop."""
    run = collect_run(workshop, _chosen(workshop, everything=False, only=()))
    return await collect_async(run, replace(workshop.crawl_settings, on_answer=on_answer))


def waiting_items(workshop: Workshop) -> int:
    """How many items the annotator with the longest queue has not read."""
    return max(workshop.archive.backlog(workshop.annotator_names).values(), default=0)


def collect_run(
    workshop: Workshop, sources: Sequence[Source], on_visit: Callable[[Visit], None] | None = None
) -> CollectRun:
    """A run with the near-copy index of the last days."""
    desk = desk_of(workshop, workshop.prints.catch_up())
    return CollectRun(desk, sources, on_visit, secrets_of(os.environ))


def desk_of(workshop: Workshop, index: NearIndex) -> Desk:
    """Where harvests are filed: pseudonyms of the present epoch, and of all epochs for those who leave; the suppressed
    are left out."""
    names, references = pseudonym_of(workshop.key_file, workshop.clock()), references_of(workshop.key_file)
    admit = doorkeeper(workshop.archive, key_named(workshop.key_file, SUPPRESSION))
    public = frozenset(name.lstrip("@").lower() for name in workshop.settings.privacy.public_accounts)
    handles = public_handles(workshop.settings.privacy)
    return Desk(
        workshop.archive, index, workshop.clock, names, references, names.of_handle, admit, public, handles
    )


def recheck_due(workshop: Workshop, *, limit: int = AT_ONCE, quiet: bool = False) -> Rechecked:
    """Asks again for what is held and due, politely; issues that lost words are printed again."""
    run, begun = _recheck_run(workshop, limit), workshop.clock()
    with step(f"ask again for {run.done.due} items", quiet=quiet):
        done = recheck(run, workshop.crawl_settings)
    print_again(workshop, begun)
    return done


async def recheck_due_async(workshop: Workshop) -> Rechecked:
    """The same inside a running loop."""
    begun = workshop.clock()
    done = await recheck_async(_recheck_run(workshop, AT_ONCE), workshop.crawl_settings)
    await asyncio.to_thread(print_again, workshop, begun)
    return done


def _recheck_run(workshop: Workshop, limit: int) -> RecheckRun:
    enabled = [source for source in workshop.sources if source.enabled]
    window = timedelta(days=workshop.settings.collect.copies_window_days)
    return recheck_run(
        workshop.archive,
        desk_of(workshop, NearIndex(window, ())),
        enabled,
        limit,
        secrets=secrets_of(os.environ),
    )


def _chosen(workshop: Workshop, everything: bool, only: Sequence[str]) -> list[Source]:
    by_id = {source.id: source for source in workshop.sources if source.enabled}
    if only:
        return [by_id[name] for name in only if name in by_id]
    if everything:
        return list(by_id.values())
    return [by_id[name] for name in workshop.archive.due_sources(workshop.clock()) if name in by_id]


def enrich_all(workshop: Workshop, *, quiet: bool = False) -> Enriched:
    """Reads what is unread, places it in stories, and looks for signals."""
    return arrange_all(workshop, read_all(workshop, quiet=quiet), quiet=quiet)


def read_all(workshop: Workshop, *, quiet: bool = False) -> Enriched:
    """Every annotator reads what it has not read."""
    with step("read new items", quiet=quiet) as told:
        return read_everything(workshop.archive, workshop.annotators, workshop.clock, told.advance)


def arrange_all(workshop: Workshop, enriched: Enriched, *, quiet: bool = False) -> Enriched:
    """Places what is read in stories, and looks for signals; `enriched` comes back with what that came to."""
    with step("place items in stories", quiet=quiet) as told:
        enriched.placed, enriched.stories = place_everything(
            workshop.archive, workshop.story_kind, workshop.clock, workshop.story_memory, told.advance
        )
    with step("look for signals", quiet=quiet) as told:
        enriched.signals = watch(
            workshop.archive, workshop.settings.publish.editions, workshop.clock(), told.advance
        )
    return enriched


def publish_all(workshop: Workshop, day: date | None = None, *, quiet: bool = False) -> Sequence[Issue]:
    """Writes the briefing of each configured market in each of its languages."""
    with step("write briefings", quiet=quiet) as told:
        issues = []
        for edition in workshop.settings.publish.editions:
            for issue in publish_edition(workshop, edition, day):
                issues.append(issue)
                told.advance(f"{issue.market} {issue.language}")
        return issues


def publish_edition(workshop: Workshop, edition: Edition, day: date | None = None) -> Sequence[Issue]:
    """Writes one market's issues."""
    return tuple(publish(workshop.archive, workshop.press, edition, workshop.clock(), day))


def publish_news(workshop: Workshop, edition: Edition, *, whatever: bool = False) -> Sequence[Issue]:
    """Writes one market's next update, when there is news for it or `whatever` there is."""
    now = workshop.clock()
    return tuple(publish_update(workshop.archive, workshop.press, edition, now, whatever=whatever))


def publish_report(workshop: Workshop, edition: Edition) -> Sequence[Issue]:
    """Writes one market's report of the last closed week."""
    return tuple(publish_week(workshop.archive, workshop.press, edition, workshop.clock()))


def whole_job(workshop: Workshop, *, everything: bool = True, quiet: bool = False) -> Done:
    """From sources to the morning's briefing."""
    collected = collect_due(workshop, everything=everything, quiet=quiet)
    return Done(collected, enrich_all(workshop, quiet=quiet), publish_all(workshop, quiet=quiet))


def summary(done: Done) -> str:
    """Ten lines: sources ok and not, items, copies, topics, and where the briefing is."""
    collected, tally = done.collected, done.collected.tally
    lines = [
        f"sources   {collected.sources - len(collected.faults)} of {collected.sources} reported{_faults(collected.faults)}",
        f"items     {tally.new} new, {tally.copies} copies, {tally.updated} updated, {tally.known} known, {tally.removed} removed",
        f"read      {done.enriched.read} items; {done.enriched.stories} stories touched; {done.enriched.signals} signals",
    ]
    if done.enriched.topics:
        lines.append(f"topics    {_most(done.enriched.topics)}")
    lines += [f"briefing  {path}" for path in _pages(done.issues)]
    return "\n".join(lines)


def _faults(faults: Sequence[Visit]) -> str:
    if not faults:
        return ""
    counts = Counter(visit.outcome.value.replace("_", " ") for visit in faults)
    return " (" + ", ".join(f"{n} {name}" for name, n in counts.most_common()) + ")"


def _most(counts: Counter[str], shown: int = 6) -> str:
    return ", ".join(f"{name} {n}" for name, n in counts.most_common(shown))


def _pages(issues: Sequence[Issue]) -> list[Path]:
    return [path for issue in issues for path in issue.paths if path.suffix == ".html"]
