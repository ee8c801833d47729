"""Section 2: what needs a named person now."""

from dataclasses import dataclass
from datetime import datetime

from digest.facts import Facts, Report, StoryFact
from digest.headlines import best_report, headline
from digest.sections.parts import figure, incident_title, link, nothing, section, severity_badge
from digest.sections.weight import OPEN_STATES, story_of
from digest.shield import HELPLINE, NEVER_SHOWN, clean, cut, neutral_headline, quote, touches
from digest.wording import Words
from domain.briefing import Badge, Block, Figure, Foreign, Line, Link, Paragraph, Section, StoryCard
from domain.model import Incident, IncidentState, Level, Signal

MOST = 3
SERIES_CHARACTERS = 50
SERIOUS = 4


@dataclass(frozen=True, slots=True)
class Case:
    """Something to escalate: an incident somebody opened, or a signal the program proposes."""

    id: str
    incident: Incident | None = None
    signal: Signal | None = None
    story: StoryFact | None = None
    reports: tuple[Report, ...] = ()


def cases(facts: Facts) -> list[Case]:
    """Open incidents first (escalated, then severity, then due time), then proposed signals by score."""
    return [_of_incident(facts, incident) for incident in _incidents(facts)] + [
        _of_signal(facts, signal) for signal in _proposed(facts)
    ]


def _incidents(facts: Facts) -> list[Incident]:
    urgent = [
        incident
        for incident in facts.incidents
        if incident.state is IncidentState.ESCALATED
        or (incident.state in OPEN_STATES and incident.severity >= SERIOUS)
    ]
    return sorted(
        urgent,
        key=lambda incident: (
            incident.state is not IncidentState.ESCALATED,
            -incident.severity,
            incident.due_at or datetime.max.replace(tzinfo=facts.as_of.tzinfo),
            incident.id,
        ),
    )


def _proposed(facts: Facts) -> list[Signal]:
    known = {signal_id for incident in facts.incidents for signal_id in incident.signal_ids}
    loud = [
        signal
        for signal in facts.signals
        if signal.level is Level.ESCALATE and not signal.muted and signal.id not in known
    ]
    return sorted(loud, key=lambda signal: (-signal.score, signal.id))


def _of_incident(facts: Facts, incident: Incident) -> Case:
    story = next((story for story in facts.stories if story.id in incident.story_ids), None)
    return Case(incident.id, incident, None, story, _reports(facts, incident.item_ids, story))


def _of_signal(facts: Facts, signal: Signal) -> Case:
    story = story_of(facts, signal)
    return Case(signal.id, None, signal, story, _reports(facts, signal.item_ids, story))


def _reports(facts: Facts, item_ids: tuple[str, ...], story: StoryFact | None) -> tuple[Report, ...]:
    if story is not None:
        return story.reports
    wanted = set(item_ids)
    everywhere = (
        *facts.singles,
        *facts.regulator,
        *(report for held in facts.stories for report in held.reports),
    )
    return tuple({report.item_id: report for report in everywhere if report.item_id in wanted}.values())


# --- words ---------------------------------------------------------------------------------------


def escalate_now(facts: Facts, words: Words) -> Section:
    found = cases(facts)
    if not found:
        return nothing(words, 2, "escalate")
    blocks: list[Block] = [card(facts, words, case) for case in found[:MOST]]
    if len(found) > MOST:
        blocks.append(Paragraph((words.text("escalate.more", count=len(found) - MOST),), "note"))
    return section(words, 2, "escalate", *blocks)


def card(facts: Facts, words: Words, case: Case) -> StoryCard:
    topics = case.story.topics if case.story else ()
    told = best_report(case.story, words) if case.story else None
    best = told or (case.reports[0] if case.reports else None)
    return StoryCard(
        id=case.id,
        anchor=f"case-{case.id}",
        permalink=_permalink(facts, case),
        headline=title(facts, case, words),
        badges=(severity_badge(words, severity(case)), state_badge(case, words)),
        facts=_facts(facts, words, case),
        links=(*evidence(facts, words, case.reports, 3), *acknowledge(facts, words, case)),
        quote=quote(best, topics, words) if best else (),
        helpline=helpline(words, topics),
        severity=severity(case),
        status="escalate",
        topics=topics,
    )


def severity(case: Case) -> int:
    if case.incident:
        return case.incident.severity
    return case.story.severity if case.story else SERIOUS


def state_badge(case: Case, words: Words) -> Badge:
    state = case.incident.state.value if case.incident else "proposed"
    return Badge(words.name("state", state), "escalate")


def title(facts: Facts, case: Case, words: Words) -> Foreign:
    """The incident's own title (ours, so unquoted), else the story's, else the series' name."""
    if case.incident and not (case.story and touches(case.story.topics, NEVER_SHOWN)):
        return Foreign(incident_title(case.incident.title, words), words.language)
    if case.story:
        return headline(case.story, words)
    if case.signal:
        return Foreign(series_name(facts, words, case.signal), words.language)
    return Foreign(neutral_headline((), (), words), words.language)


def series_name(facts: Facts, words: Words, signal: Signal) -> str:
    """Jugendschutz, Plattform TikTok, Vorgang „…“ in the reader's words."""
    if signal.dimension == "topic":
        return words.name("topic", signal.label)
    story = story_of(facts, signal) if signal.dimension == "story" else None
    if story is not None:
        return f"{words.name('dimension', 'story')} {_named(story, words)}"
    if signal.dimension == "silence":
        group, _, name = signal.label.rpartition(":")
        gone = next((story for story in facts.stories if story.id == name), None)
        if gone is not None:
            return f"{words.name('dimension', 'silence')} {_named(gone, words)}"
        return (
            f"{words.name('dimension', 'silence')} {words.name('lens' if group == 'class' else group, name)}"
        )
    return f"{words.name('dimension', signal.dimension)} {words.name(signal.dimension, signal.label)}"


def _named(story: StoryFact, words: Words) -> str:
    return words.quoted(cut(headline(story, words).text, SERIES_CHARACTERS))


def _permalink(facts: Facts, case: Case) -> str:
    if not facts.base_url:
        return ""
    return f"{facts.base_url}/incident/{case.id}" if case.incident else f"{facts.base_url}/signals"


def _facts(facts: Facts, words: Words, case: Case) -> tuple[Line, ...]:
    if case.incident:
        return (_ownership(facts, words, case.incident),)
    assert case.signal is not None
    counted = words.line(
        "bottom.what_signal",
        count=case.signal.count,
        topic=series_name(facts, words, case.signal),
        n=figure(facts, words, case.signal.count, "signals"),
        day=words.day(case.signal.day),
        expected=expected(facts, words, case.signal),
    )
    return (counted, (words.text("escalate.proposed"),))


def expected(facts: Facts, words: Words, signal: Signal) -> Line:
    """What is usual of a series, as people say it: about 3, fewer than one."""
    if signal.expected < 1:
        return (Figure(words.text("bottom.expected_few"), facts.mark("signals"), signal.expected),)
    return words.line("bottom.expected", n=figure(facts, words, signal.expected, "signals"))


def _ownership(facts: Facts, words: Words, incident: Incident) -> Line:
    owner = (
        words.text("escalate.owner", owner=clean(incident.owner, 60))
        if incident.owner
        else words.text("escalate.nobody")
    )
    state = words.text("escalate.state", state=words.name("state", incident.state.value))
    pieces = (state, owner, due(facts, words, incident))
    return (" · ".join(piece for piece in pieces if piece),)


def due(facts: Facts, words: Words, incident: Incident) -> str:
    if incident.acknowledged_at is not None:
        return words.text(
            "escalate.acknowledged", time=words.when(incident.acknowledged_at, facts.period.day)
        )
    if incident.due_at is None:
        return ""
    key = "escalate.overdue" if incident.due_at < facts.as_of else "escalate.due"
    return words.text(key, time=words.when(incident.due_at, facts.period.day))


def acknowledge(facts: Facts, words: Words, case: Case) -> tuple[Line, ...]:
    """A link to the page that asks for the acknowledgement (a form; a mail scanner that opens it confirms nothing)."""
    if not facts.base_url or case.incident is None or case.incident.acknowledged_at is not None:
        return ()
    url = f"{facts.base_url}/incident/{case.id}#acknowledge"
    return ((Link(words.text("escalate.acknowledge"), url),),)


def evidence(facts: Facts, words: Words, reports: tuple[Report, ...], most: int) -> tuple[Line, ...]:
    """Links with outlet, country, time and paywall mark; one per publisher, in the order given."""
    seen: set[str] = set()
    lines: list[Line] = []
    for report in reports:
        house = {report.publisher or report.outlet, report.outlet}
        if seen & house:
            continue
        seen |= house
        lines.append(_evidence(facts, words, report))
    return tuple(lines[:most])


def _evidence(facts: Facts, words: Words, report: Report) -> Line:
    tail = f" ({report.country + ', ' if report.country else ''}{words.when(report.published_at, facts.period.day)}"
    wall = f", {words.text('card.paywall')}" if report.paywalled else ""
    return (link(report.outlet, report.url, report.language), f"{tail}{wall})")


def helpline(words: Words, topics: tuple[str, ...]) -> Line:
    key = f"card.helpline.{words.market}"
    return (words.text(key),) if touches(topics, HELPLINE) and words.has(key) else ()
