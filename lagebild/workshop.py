"""Everything a run works with, joined once: settings, sources, archive, annotators, clock."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import cached_property
from pathlib import Path

from crawler.pool import Job as PageJob
from crawler.pool import PagePool
from crawler.settings import CrawlSettings
from domain.model import Source
from domain.ports import Annotator, Archive, Clock
from lagebild.belts.publish import Press
from lagebild.labels import names
from lagebild.prints import Prints
from lagebild.readers import Readers
from lagebild.settings import Settings
from nlp.story_memory import StoryMemory
from nlp.story_vectors import StoryEncoder, StoryVectors, load_story_encoder

EXTRACT_WORKERS = 2
SHARED = ("present_annotators", "readers", "story_encoder", "story_memory", "press", "pages")
"""Tools that know no time."""


def utc_now() -> datetime:
    """The wall clock."""
    return datetime.now(UTC)


def page_pool() -> PagePool:
    """Processes that read article pages; they start with the first page."""
    return PagePool(EXTRACT_WORKERS)


def crawl_settings_of(settings: Settings, pages: PagePool) -> CrawlSettings:
    """What the crawler is told, with the pages read in `pages`."""
    given = settings.collect
    agent = f"{given.user_agent} (+{given.contact})" if given.contact else given.user_agent
    return CrawlSettings(
        user_agent=agent,
        timeout_seconds=given.timeout_seconds,
        max_body_megabytes=given.max_body_megabytes,
        per_host_delay_seconds=given.per_host_delay_seconds,
        concurrency=given.concurrency,
        fetch_pages=given.fetch_pages,
        private_hosts=frozenset(given.allow_hosts),
        extract=lambda html, url: pages.read(PageJob(html, url)),
    )


@dataclass(frozen=True)
class Workshop:
    """The tools of one run over one archive."""

    settings: Settings
    sources: Sequence[Source]
    archive: Archive
    clock: Clock = utc_now
    apart: bool = False
    """Whether texts are read in a process of their own, as the service does."""

    @property
    def key_file(self) -> Path:
        """Where the keys of the pseudonyms lie: beside the archive, not in it."""
        return self.settings.archive.with_name(self.settings.archive.name + ".keys")

    @property
    def annotators(self) -> tuple[Annotator, ...]:
        """Who reads, in the order they read; loaded when first needed, since models take seconds."""
        return self.readers.annotators() if self.apart else self.present_annotators

    @property
    def annotator_names(self) -> list[str]:
        """Names and versions of those who read, in their order."""
        return [annotator.name for annotator in self.annotators]

    @cached_property
    def readers(self) -> Readers:
        """The process that reads for us, started when first needed."""
        return Readers(self.settings)

    @cached_property
    def prints(self) -> Prints:
        """What new texts are compared with, filled when first needed and kept as long as this workshop."""
        window = timedelta(days=self.settings.collect.copies_window_days)
        return Prints(self.archive, window, self.clock())

    @property
    def story_kind(self) -> str:
        """The name of the story encoder, which chooses the weights of the links."""
        return self.readers.introduced.story_kind if self.apart else self.story_encoder.kind

    @cached_property
    def present_annotators(self) -> tuple[Annotator, ...]:
        """The annotators in this process."""
        from lagebild.mentions import namer
        from lagebild.overrides import overrides_of
        from lagebild.teaching import judge_of
        from nlp.entities import EntityAnnotator
        from nlp.risk import RiskAnnotator

        return (
            EntityAnnotator(self.settings.privacy.public_people),
            RiskAnnotator(
                namer(self.archive),
                judge_of(self.settings.archive, self.archive),
                overrides_of(self.archive),
            ),
            StoryVectors(self.story_encoder),
        )

    @cached_property
    def story_encoder(self) -> StoryEncoder:
        """What tells stories apart; shares its encoder with the risk annotator."""
        return load_story_encoder()

    @cached_property
    def story_memory(self) -> StoryMemory:
        """What the placer remembers between placings."""
        return StoryMemory()

    @cached_property
    def press(self) -> Press:
        """What printing an issue needs."""
        given = self.settings.publish
        versions = dict(annotator.name.split("/", 1) for annotator in self.annotators)
        return Press(given.folder, given.formats, names(), versions, self.settings.web.base_url)

    @cached_property
    def crawl_settings(self) -> CrawlSettings:
        """How the crawler fetches."""
        return replace(crawl_settings_of(self.settings, self.pages), clock=self.clock)

    @cached_property
    def pages(self) -> PagePool:
        """Where article pages are read: processes of their own, started at the first page."""
        return page_pool()

    def succeeding(self, before: "Workshop") -> "Workshop":
        """This one with what `before` has loaded: models, page readers and, if it is the same, the archive and its index."""
        same = self.settings.archive == before.settings.archive
        one = replace(self, archive=before.archive) if same else self
        loaded = (
            "pages",
            "story_encoder",
            *(("present_annotators", "readers", "prints", "story_memory") if same else ()),
        )
        one.__dict__.update({name: before.__dict__[name] for name in loaded if name in before.__dict__})
        return one

    def at(self, clock: Clock) -> "Workshop":
        """The same tools at another time. What is loaded already is shared; what is not, is loaded by each."""
        other = replace(self, clock=clock)
        other.__dict__.update({name: tool for name, tool in vars(self).items() if name in SHARED})
        return other

    def stop_reading(self) -> None:
        """Ends the reading process at once, if there is one."""
        if "readers" in self.__dict__:
            self.readers.stop()

    def close(self) -> None:
        """Ends the processes that read pages and texts, if any were started."""
        if "pages" in self.__dict__:
            self.pages.close()
        if "readers" in self.__dict__:
            self.readers.close()

    def __enter__(self) -> "Workshop":
        return self

    def __exit__(self, kind: object, error: object, trace: object) -> None:
        self.close()
