"""What makes a second issue of a day: news that the issues before it could not tell. Pure."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from digest.facts import Analyst, Facts, Said
from digest.sections.escalations import Case, cases
from domain.briefing import Digest, StoryCard

ESCALATE, STORIES = 2, 4


@dataclass(frozen=True, slots=True)
class Occasion:
    """One reason for an update: a case nobody was told of, a correction of what was told, a word of the analyst."""

    kind: Literal["escalation", "correction", "analyst"]
    subject: str


def occasions_of(facts: Facts, earlier: Sequence[Digest], heard: datetime) -> tuple[Occasion, ...]:
    """Why the day needs another issue; () when it does not.

    `facts` begin where the last of the `earlier` issues ended; analysts were `heard` up to then.
    """
    told, shown = ids_of(earlier, ESCALATE), ids_of(earlier, STORIES)
    new = [Occasion("escalation", case.id) for case in cases(facts) if not was_told(case, told)]
    changed = [one.item_id for one in facts.corrections if one.story_id in shown | told]
    authors = {said.by for said in words_of(facts.analyst) if said.at is not None and said.at > heard}
    return (
        *new,
        *(Occasion("correction", item) for item in changed),
        *(Occasion("analyst", name) for name in sorted(authors)),
    )


def was_told(case: Case, told: set[str]) -> bool:
    """An incident that somebody opened for a signal of the morning is no news of its own."""
    signals = case.incident.signal_ids if case.incident else ()
    return not told.isdisjoint((case.id, *signals))


def words_of(analyst: Analyst) -> Iterator[Said]:
    yield from analyst.bottom_line.values()
    for by_language in analyst.why.values():
        yield from by_language.values()
    for notes in analyst.notes.values():
        yield from notes


def ids_of(issues: Sequence[Digest], number: int) -> set[str]:
    """The stories and cases that a section of these issues printed."""
    sections = [section for issue in issues if (section := issue.section(number)) is not None]
    return {block.id for section in sections for block in section.blocks if isinstance(block, StoryCard)}
