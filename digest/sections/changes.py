"""Section 3: what changed since the last issue, corrections included."""

from digest.facts import Correction, Facts, StoryFact
from digest.headlines import headline
from digest.sections.escalations import cases
from digest.sections.parts import cell, figure, link, marks_line, nothing, section
from digest.sections.stories import permalink, printed
from digest.sections.weight import active, lost_share, ranked, reopened, status, weighty
from digest.shield import NEVER_SHOWN, clean, cut, touches
from digest.wording import Words, joined
from domain.briefing import Block, Bullets, Figure, Foreign, Line, Link, Paragraph, Section, Table
from domain.model import Rights

LINKS_PER_LINE = 3
SHORT = 60
MOST_CORRECTIONS = 5


def since_last(facts: Facts, words: Words) -> Section:
    groups = grouped(facts)
    lines = [_group(facts, words, key, stories) for key, stories in groups.items() if stories]
    if facts.corrections:
        n = figure(facts, words, len(facts.corrections), "corrections")
        lines.append(words.line("since.corrected", n=n))
    first = () if facts.issue_before else (Paragraph((words.text("since.first"),), "note"),)
    blocks: list[Block] = [*first, *split_by_day(facts, words)]
    if lines:
        blocks += [Bullets(tuple(lines)), *_corrections(facts, words)]
    if facts.parts:
        blocks.append(markets(facts, words))
    return section(words, 3, "since", *blocks) if blocks else nothing(words, 3, "since")


def split_by_day(facts: Facts, words: Words) -> tuple[Block, ...]:
    """An issue of several days (Monday's) tells them one by one."""
    if len(facts.period.days) < 2:
        return ()
    counts = {point.day: point.count for point in facts.daily}
    days: list[Line] = [
        (f"{words.short_date(day)} ", figure(facts, words, counts[day], "daily"))
        for day in facts.period.days
        if day in counts
    ]
    return (Paragraph(words.line("since.days", days=joined(days)), "note"),) if days else ()


def markets(facts: Facts, words: Words) -> Table:
    """A roll-up's markets side by side, in raw counts; coverage tells how far they compare."""
    marks = [part.mark("volume") for part in facts.parts]
    return Table(
        caption=words.line("rollup.caption", mark=marks_line(marks)),
        head=words.words("rollup.head"),
        rows=tuple(_market(part, words) for part in facts.parts),
        numeric=(1, 2, 3, 4, 5),
        name="markets",
    )


def _market(part: Facts, words: Words) -> tuple[Line, ...]:
    covered = 1 - lost_share(part)
    share = Figure(words.percent(covered), part.mark("coverage"), round(covered, 6), bare=True)
    return (
        (words.name("market", part.market),),
        cell(part, words, part.volume.relevant, "volume"),
        cell(part, words, part.volume.publishers, "volume"),
        cell(part, words, len(grouped(part)["new"]), "stories"),
        cell(part, words, len(cases(part)), "incidents"),
        (share,),
    )


def grouped(facts: Facts) -> dict[str, list[StoryFact]]:
    """Stories by what happened to them, each in one group, in the printed order."""
    groups: dict[str, list[StoryFact]] = {"new": [], "grew": [], "shrank": [], "reopened": [], "closed": []}
    for story in ranked(facts):
        change = change_of(story, facts)
        if change and weighty(story):
            groups[change].append(story)
    groups["closed"] = sorted(
        (
            story
            for story in facts.stories
            if not active(story) and weighty(story) and story.publishers_before
        ),
        key=lambda story: (-story.publishers, story.id),
    )
    return groups


def change_of(story: StoryFact, facts: Facts) -> str:
    """new, reopened, grew, shrank, or "" when as many publishers wrote as before."""
    if status(story, facts.period) == "new":
        return "new"
    if reopened(story, facts.period):
        return "reopened"
    if story.publishers_now == story.publishers_before:
        return ""
    return "grew" if story.publishers_now > story.publishers_before else "shrank"


def _group(facts: Facts, words: Words, key: str, stories: list[StoryFact]) -> Line:
    count = words.line(f"since.{key}", n=figure(facts, words, len(stories), "stories"))
    links: list[Line] = [(_link(facts, words, story),) for story in stories[:LINKS_PER_LINE]]
    if len(stories) > LINKS_PER_LINE:
        links.append((words.text("since.rest", n=words.number(len(stories) - LINKS_PER_LINE)),))
    return joined((count, joined(links, "; ")), " – ")


def _link(facts: Facts, words: Words, story: StoryFact) -> Link | Foreign:
    title = headline(story, words)
    text = cut(title.text, SHORT)
    url = f"#story-{story.id}" if story in printed(facts) else permalink(facts, story)
    return Link(text, url, title.language) if url else Foreign(text, title.language)


def _corrections(facts: Facts, words: Words) -> tuple[Block, ...]:
    lines = tuple(_correction(words, correction) for correction in facts.corrections[:MOST_CORRECTIONS])
    return (Bullets(lines),) if lines else ()


def _correction(words: Words, correction: Correction) -> Line:
    outlet = link(correction.outlet, correction.url, correction.language)
    if correction.rights is Rights.DENY or touches(correction.topics, NEVER_SHOWN):
        return words.line(f"since.{correction.kind}_kept", outlet=outlet)
    old = Foreign(clean(correction.old), correction.language, quoted=True)
    new = Foreign(clean(correction.new), correction.language, quoted=True)
    return words.line(f"since.{correction.kind}", outlet=outlet, old=old, new=new)
