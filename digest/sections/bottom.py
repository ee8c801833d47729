"""Section 1: the bottom line. One sentence what, one why it matters, one what we ask; at most 60 words, by rule."""

from dataclasses import dataclass

from digest.facts import Facts, StoryFact
from digest.headlines import headline
from digest.sections.escalations import Case, cases, expected, series_name, severity
from digest.sections.escalations import title as case_title
from digest.sections.parts import byline, figure, section, share
from digest.sections.stories import MINORS, official
from digest.sections.weight import (
    arrows_withheld,
    is_surge,
    lead_story,
    lost_share,
    reported,
    story_of,
)
from digest.shield import first_words, touches
from digest.statistics import TOO_FEW
from digest.wording import Words, joined
from domain.briefing import Block, Bullets, Foreign, Line, Paragraph, Section, Strong
from domain.model import Signal
from domain.severity import band_of

MOST_WORDS = 60
HEADLINE_WORDS = 16
WORTH_TELLING = 0.05
"""Lost share of the usual volume from which the bottom line says so."""
MOST_NOTES = 5


@dataclass(frozen=True, slots=True)
class Bottom:
    what: Line
    why: Line
    ask: Line


def bottom_line(facts: Facts, words: Words) -> Section:
    blocks: list[Block] = [
        *_lead(facts, words),
        *_occasion(facts, words),
        *_unknown(facts, words),
        *_notes(facts, words),
    ]
    if facts.parts:
        blocks.append(Bullets(tuple(_of_market(facts, part, words) for part in facts.parts)))
    return section(words, 1, "bottom", *blocks)


def _lead(facts: Facts, words: Words) -> tuple[Paragraph, ...]:
    """An analyst's assessment first; what the program makes of the day always stands, below it then."""
    own = bottom(facts, words)
    said = facts.analyst.bottom_line.get(words.language)
    if said is None:
        return (Paragraph(own, "lead"),)
    automatic = words.line("analyst.automatic", line=own, byline=byline(facts, words, said))
    return Paragraph((first_words(said.text, MOST_WORDS),), "lead"), Paragraph(automatic, "note")


def _occasion(facts: Facts, words: Words) -> tuple[Paragraph, ...]:
    """Why an update appears; () for the morning's issue."""
    kinds = [words.text(f"occasion.{kind}") for kind in dict.fromkeys(facts.occasions)]
    told = words.text("occasion.lead", reasons=words.join(kinds), time=words.clock(facts.period.start))
    return (Paragraph((told,), "note"),) if kinds else ()


def _notes(facts: Facts, words: Words) -> tuple[Bullets, ...]:
    notes = facts.analyst.notes.get(words.language, ())[-MOST_NOTES:]
    lines: list[Line] = [
        (Strong(byline(facts, words, note)), f": {first_words(note.text, MOST_WORDS)}") for note in notes
    ]
    return (Bullets(tuple(lines)),) if lines else ()


def _unknown(facts: Facts, words: Words) -> tuple[Paragraph, ...]:
    """What the reader must not take for known; () where nothing of weight is open."""
    gaps = unknowns(facts, words)
    line = joined(((Strong(words.text("unknown.lead")), " "), joined(gaps, "; "), "."), "")
    return (Paragraph(line),) if gaps else ()


def unknowns(facts: Facts, words: Words) -> list[Line]:
    """Whether it is true, what authorities and users say, what missing sources hold; at most three."""
    story = told_story(facts)
    gaps: list[Line] = []
    if story is not None and "regulator" not in story.lenses:
        key = {1: "single", 2: "few"}.get(story.publishers, "official")
        gaps.append((words.text(f"unknown.{key}"),))
    if story is not None and voices(facts) < TOO_FEW:
        gaps.append((words.text("unknown.users"),))
    if facts.sources and lost_share(facts) > WORTH_TELLING and any(map(reported, facts.sources)):
        lost = share(facts, words, lost_share(facts), "coverage")
        gaps.append(words.line("unknown.lost", share=lost))
    return gaps


def told_story(facts: Facts) -> StoryFact | None:
    """The story that the bottom line speaks of."""
    found = cases(facts)
    return found[0].story if found else lead_story(facts)


def voices(facts: Facts) -> int:
    """How many stances of users were read."""
    return sum(lens.n for lens in facts.lenses if lens.lens == "user")


def _of_market(facts: Facts, part: Facts, words: Words) -> Line:
    """What happened in one market of a roll-up; that it is the same story is said in a word."""
    story, whole = told_story(part), told_story(facts)
    if story is not None and whole is not None and story.id == whole.id:
        n = figure(part, words, story.publishers, "stories")
        return words.line("rollup.same", market=Strong(words.name("market", part.market)), n=n)
    line = decide(part, words, HEADLINE_WORDS).what
    return words.line("rollup.lead", market=Strong(words.name("market", part.market)), line=line)


def bottom(facts: Facts, words: Words) -> Line:
    """The three sentences as one line."""
    for headline_words in range(HEADLINE_WORDS, 3, -2):
        said = decide(facts, words, headline_words)
        line = joined((said.what, said.why, said.ask), " ")
        if len(plain(line).split()) <= MOST_WORDS:
            break
    return line


def decide(facts: Facts, words: Words, headline_words: int) -> Bottom:
    if not facts.sources and not facts.volume.items:
        return _unset(words)
    if facts.sources and not any(map(reported, facts.sources)):
        return _deaf(words)
    found = cases(facts)
    if found:
        return _escalation(facts, words, found[0], headline_words)
    lead = lead_story(facts)
    if lead is not None:
        return _story(facts, words, lead, headline_words)
    return _blind(facts, words) if arrows_withheld(facts) else _quiet(facts, words)


def _unset(words: Words) -> Bottom:
    return Bottom(
        (words.text("coverage.none_expected"),),
        (words.text("bottom.why_blind"),),
        (words.text("bottom.ask_setup"),),
    )


def _deaf(words: Words) -> Bottom:
    return Bottom(
        (words.text("bottom.what_deaf"),),
        (words.text("bottom.why_blind"),),
        (words.text("bottom.ask_sources"),),
    )


def _blind(facts: Facts, words: Words) -> Bottom:
    what = words.line("bottom.what_blind", share=share(facts, words, lost_share(facts), "coverage"))
    return Bottom(what, (words.text("bottom.why_blind"),), (words.text("bottom.ask_sources"),))


def _quiet(facts: Facts, words: Words) -> Bottom:
    relevant = facts.volume.relevant
    what = words.line("bottom.what_quiet", count=relevant, n=figure(facts, words, relevant, "volume"))
    return Bottom(what, (words.text("bottom.why_quiet"),), (words.text("bottom.ask_none"),))


def _story(facts: Facts, words: Words, story: StoryFact, headline_words: int) -> Bottom:
    urgent = story.severity >= 4 or surging(facts, story) is not None
    key = "bottom.ask_review" if urgent else "bottom.ask_read"
    return Bottom(_what(facts, words, story, headline_words), _why(facts, words, story), (words.text(key),))


def _what(facts: Facts, words: Words, story: StoryFact, headline_words: int) -> Line:
    title = headline(story, words)
    return words.line(
        "bottom.what_story",
        count=story.publishers,
        topic=topic_before(title, words, story),
        headline=spoken(_short(title, headline_words), words),
        n=figure(facts, words, story.publishers, "stories"),
    )


def topic_before(title: Foreign, words: Words, story: StoryFact) -> str:
    """The topic that stands before a headline; "" before a neutral one, which begins with it."""
    return f"{_topic(words, story.topics)}: " if title.quoted else ""


def spoken(title: Foreign, words: Words) -> Line:
    """A headline, with the language named where it is not the reader's."""
    if title.language in ("", words.language):
        return (title,)
    name = words.text("card.in_language", language=words.name("language", title.language))
    return (title, f" ({name})")


def _topic(words: Words, topics: tuple[str, ...]) -> str:
    return words.name("topic", topics[0]) if topics else words.text("section.4")


def _short(title: Foreign, limit: int) -> Foreign:
    return Foreign(first_words(title.text, limit).rstrip(" .:;,"), title.language, title.quoted)


def _why(facts: Facts, words: Words, story: StoryFact) -> Line:
    band = words.name("severity", band_of(story.severity))
    if official(story):
        return (words.text("bottom.why_official"),)
    if touches(story.topics, MINORS) and story.severity >= 4:
        return (words.text("bottom.why_minor", severity=band),)
    surge = surging(facts, story)
    if surge is not None:
        return words.line(
            "bottom.why_surge",
            count=surge.count,
            day=words.day(surge.day),
            n=figure(facts, words, surge.count, "signals"),
            expected=expected(facts, words, surge),
        )
    if story.publishers_now > story.publishers_before > 0:
        before = figure(facts, words, story.publishers_before, "stories")
        return words.line("bottom.why_growth", before=before)
    return (words.text("bottom.why_severity", severity=band),)


def surging(facts: Facts, story: StoryFact) -> Signal | None:
    """The strongest elevated signal that the story is behind."""
    behind = [signal for signal in facts.signals if is_surge(signal) and story_of(facts, signal) == story]
    return max(behind, key=lambda signal: (signal.score, signal.id), default=None)


# --- an escalation -------------------------------------------------------------------------------


def _escalation(facts: Facts, words: Words, case: Case, headline_words: int) -> Bottom:
    return Bottom(
        _case_what(facts, words, case, headline_words),
        _case_why(facts, words, case),
        _case_ask(facts, words, case),
    )


def _case_what(facts: Facts, words: Words, case: Case, headline_words: int) -> Line:
    if case.story is not None:
        return _what(facts, words, case.story, headline_words)
    if case.signal is not None:
        return words.line(
            "bottom.what_signal",
            count=case.signal.count,
            topic=series_name(facts, words, case.signal),
            n=figure(facts, words, case.signal.count, "signals"),
            day=words.day(case.signal.day),
            expected=expected(facts, words, case.signal),
        )
    assert case.incident is not None
    state = words.name("state", case.incident.state.value)
    title = _short(case_title(facts, case, words), headline_words)
    return words.line(
        "bottom.what_incident",
        topic=words.name("severity", band_of(case.incident.severity)),
        headline=title,
        state=state,
    )


def _case_why(facts: Facts, words: Words, case: Case) -> Line:
    if case.story is not None:
        return _why(facts, words, case.story)
    return (words.text("bottom.why_severity", severity=words.name("severity", band_of(severity(case)))),)


def _case_ask(facts: Facts, words: Words, case: Case) -> Line:
    if case.incident is None:
        return (words.text("bottom.ask_propose"),)
    due, owner = case.incident.due_at, case.incident.owner
    if case.incident.acknowledged_at is not None and owner:
        return (words.text("bottom.ask_owned", owner=owner),)
    if due is None:
        return (words.text("bottom.ask_owned", owner=owner),) if owner else (words.text("bottom.ask_review"),)
    if due < facts.as_of:
        return (words.text("bottom.ask_late", time=words.when(due, facts.period.day)),)
    key = "bottom.ask_owner" if owner else "bottom.ask_ack"
    values = {"owner": owner} if owner else {}
    return (words.text(key, None, time=words.when(due, facts.period.day), **values),)


def plain(line: Line) -> str:
    """A line's words alone, without marks."""
    return "".join(part if isinstance(part, str) else part.text for part in line)
