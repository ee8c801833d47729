"""The incident timeline report: from the first publication to our last decision, as of a moment.

What only people can know (claims, causes, actions, gaps) comes from notes in the incident's log that begin with a
known word: `claim: … | for: … | against: … | status: …`, `cause:`, `factor:`, `control:`, `why:` (each may add
`| evidence: …`, else it is marked an assumption), `action: … | owner: … | due: … | lever: …`, `unknown: …`,
`review: 2026-12-10`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from json import dumps
from typing import Any, Literal, Protocol

from digest.brief import format_words
from digest.facts import Report
from digest.gather import Ledger
from digest.rows import report_of
from digest.sections.parts import ISO_DAY, incident_title, link, marks_line
from digest.shield import clean, first_words
from digest.wording import Speak, Words, as_it_is, joined, zone_of
from domain.briefing import (
    Block,
    Bullets,
    Digest,
    Figure,
    Header,
    Line,
    Paragraph,
    Section,
    Steps,
    Table,
)
from domain.errors import StorageError
from domain.model import Incident, Number, TriageEvent
from domain.ports import PublishArchive, TriageArchive
from domain.severity import band_of

SUMMARY_WORDS = 120
VOICES_TOLD = (3, 5, 10, 25, 50, 100)
NOTE_WORDS = ("claim", "cause", "factor", "control", "why", "action", "unknown", "review")
STEPS = ("published", "seen", "triaged", "escalated", "acknowledged")


class Archive(PublishArchive, TriageArchive, Protocol):
    """What the report asks of the archive."""


@dataclass(frozen=True, slots=True)
class Spread:
    """One report of the incident's stories, in order of time."""

    published_at: datetime
    seen_at: datetime
    publisher: str
    outlet: str
    item_id: str
    lens: str
    market: str


@dataclass(frozen=True, slots=True, kw_only=True)
class IncidentFacts:
    incident: Incident
    log: tuple[TriageEvent, ...]
    spread: tuple[Spread, ...]
    reports: Mapping[str, Report]
    as_of: datetime
    numbers: tuple[tuple[str, Number], ...] = ()
    marks: Mapping[str, str] = field(default_factory=dict)
    names: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    speak: Speak = as_it_is
    base_url: str = ""

    @property
    def topics(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(topic for report in self.reports.values() for topic in report.topics))


EventKind = Literal["publication", "market", "authority", "decision", "action", "correction"]


@dataclass(frozen=True, slots=True)
class Event:
    """One line of the timeline. `at` is when it happened in the world, `known_at` when we had it."""

    at: datetime
    known_at: datetime
    kind: EventKind
    text: Line
    evidence: Line
    by: str


# --- asking --------------------------------------------------------------------------------------


def gather_incident(
    archive: Archive,
    incident_id: str,
    as_of: datetime,
    *,
    names: Mapping[str, Mapping[str, str]] | None = None,
    speak: Speak = as_it_is,
    base_url: str = "",
) -> IncidentFacts:
    """Everything the report knows. Raises StorageError for an unknown incident."""
    incident = archive.incident(incident_id)
    if incident is None:
        raise StorageError(f"there is no incident {incident_id!r}", remedy="see `lagebild triage list`")
    ledger = Ledger(archive, as_of)
    spread_mark, rows = ledger.ask("story_spread", stories=dumps(list(incident.story_ids)))
    ids = [row["item_id"] for row in rows] + list(incident.item_ids)
    reports_mark, reports = ledger.ask("reports", items=dumps(list(dict.fromkeys(ids))))
    return IncidentFacts(
        incident=incident,
        log=tuple(event for event in archive.incident_log(incident_id) if event.at <= as_of),
        spread=_spread(rows, reports),
        reports={row["item_id"]: report_of(row) for row in reports},
        as_of=as_of,
        numbers=tuple(ledger.numbers),
        marks={"spread": spread_mark, "reports": reports_mark},
        names=names or {},
        speak=speak,
        base_url=base_url.rstrip("/"),
    )


def _spread(rows: Sequence[Mapping[str, Any]], reports: Sequence[Mapping[str, Any]]) -> tuple[Spread, ...]:
    """Reports of the stories and those linked one by one, oldest first, each once."""
    held = {row["item_id"]: _spread_of(row, row["markets"].split()) for row in rows}
    for row in reports:
        held.setdefault(row["item_id"], _spread_of(row, row["country"].split()))
    return tuple(sorted(held.values(), key=lambda one: (one.published_at, one.item_id)))


def _spread_of(row: Mapping[str, Any], markets: Sequence[str]) -> Spread:
    return Spread(
        datetime.fromisoformat(row["published_at"]),
        datetime.fromisoformat(row["first_seen_at"]),
        row["publisher"],
        row["outlet"] or row["publisher"],
        row["item_id"],
        row["lens"],
        markets[0] if markets else "",
    )


# --- the report ----------------------------------------------------------------------------------


def brief_incident(facts: IncidentFacts, language: str) -> Digest:
    zone = zone_of(facts.incident.market)
    words = Words(language, facts.incident.market, zone, facts.names, facts.speak)
    day = words.local(facts.as_of).date()
    return Digest(
        id=f"incident-{facts.incident.id}-{facts.as_of:%Y%m%dT%H%MZ}-{language}",
        kind="incident",
        market=facts.incident.market,
        day=day,
        edition=facts.incident.id,
        variant="full",
        language=language,
        locale=words.locale,
        as_of=facts.as_of,
        subject=_subject(facts, words),
        header=_header(facts, words),
        sections=_sections(facts, words),
        numbers=facts.numbers,
        url=f"{facts.base_url}/incident/{facts.incident.id}" if facts.base_url else "",
        words=format_words(words),
    )


def _subject(facts: IncidentFacts, words: Words) -> str:
    state = words.name("state", facts.incident.state.value)
    return words.text("incident.subject", market=facts.incident.market, id=facts.incident.id, state=state)


def _header(facts: IncidentFacts, words: Words) -> Header:
    incident = facts.incident
    status = words.text(
        "incident.status",
        id=incident.id,
        severity=words.name("severity", band_of(incident.severity)),
        state=words.name("state", incident.state.value),
        owner=_owner(incident, words),
        tlp=incident.tlp,
    )
    lines: list[Line] = [(status,), (words.text("incident.made", time=words.both(facts.as_of)),)]
    steps = [event for event in facts.log if event.action == "severity"]
    if steps:
        told = " → ".join([steps[0].before, *(event.after for event in steps)])
        lines.insert(1, (words.text("incident.history", steps=told),))
    title = words.text("incident.title", title=incident_title(incident.title, words))
    return Header(title=title, lines=tuple(lines), tlp=incident.tlp, reading_minutes=2)


def _owner(incident: Incident, words: Words) -> str:
    if not incident.owner:
        return words.text("escalate.nobody")
    return words.text("escalate.owner", owner=clean(incident.owner, 60))


def _sections(facts: IncidentFacts, words: Words) -> tuple[Section, ...]:
    written: tuple[tuple[str, list[Block]], ...] = (
        ("summary", [Paragraph(summary(facts, words), "lead")]),
        ("timeline", [_timeline(facts, words)]),
        ("spread", _chart(facts, words)),
        ("lags", [_ledger(facts, words)]),
        ("claims", _claims(facts, words)),
        ("cause", _causes(facts, words)),
        ("affected", _affected(facts, words)),
        ("actions", _actions(facts, words)),
        ("unknown", _listed(facts, "unknown")),
        ("review", _review(facts, words)),
    )
    return tuple(
        _section(words, number, key, blocks) for number, (key, blocks) in enumerate(written, start=1)
    )


def _section(words: Words, number: int, key: str, blocks: Sequence[Block]) -> Section:
    title = words.text(f"incident.section.{number}")
    if not blocks:
        return Section(number, key, title, (Paragraph((words.text("incident.none"),)),), empty=True)
    return Section(number, key, title, tuple(blocks))


def summary(facts: IncidentFacts, words: Words) -> Line:
    """What, where, who is affected, how it stands; at most 120 words."""
    sentences: list[Line] = [
        (first_words(incident_title(facts.incident.title, words), 30).rstrip(".") + ".",)
    ]
    sentences.append(_first(facts, words))
    names = [words.name("topic", topic) for topic in facts.topics[:3]]
    if names:
        sentences.append((words.text("incident.affected", names=words.join(names)),))
    state = words.name("state", facts.incident.state.value)
    sentences.append((words.text("incident.stands", state=state, owner=_owner(facts.incident, words)),))
    return joined(sentences, " ")


def _first(facts: IncidentFacts, words: Words) -> Line:
    if not facts.spread:
        return (words.text("incident.unreported"),)
    houses = len({one.publisher for one in facts.spread})
    markets = dict.fromkeys(one.market for one in facts.spread if one.market)
    return words.line(
        "incident.first",
        count=houses,
        time=words.moment(facts.spread[0].published_at),
        outlet=clean(facts.spread[0].outlet, 60),
        n=_figure(facts, words, houses),
        markets=words.join(words.name("market", code) for code in markets) or facts.incident.market,
    )


def _figure(facts: IncidentFacts, words: Words, value: float) -> Figure:
    return Figure(words.number(value), facts.marks.get("spread", ""), value)


# --- timeline ------------------------------------------------------------------------------------


def events(facts: IncidentFacts, words: Words) -> list[Event]:
    """Publications that changed the picture, and everything in the log, by the time it happened."""
    found = [
        *_publications(facts, words),
        *(_decision(event, words) for event in facts.log if not _entry(event)),
    ]
    return sorted(found, key=lambda event: (event.at, event.known_at, event.kind))


def _publications(facts: IncidentFacts, words: Words) -> list[Event]:
    made: list[Event] = []
    markets: set[str] = set()
    houses: set[str] = set()
    for place, one in enumerate(facts.spread):
        outlet = clean(one.outlet, 60)
        if place == 0:
            made.append(
                _published(
                    facts, one, "publication", (words.text("incident.told.publication", outlet=outlet),)
                )
            )
        elif one.market not in markets and one.market:
            told = words.text("incident.told.market", market=words.name("market", one.market), outlet=outlet)
            made.append(_published(facts, one, "market", (told,)))
        elif one.lens == "regulator":
            made.append(
                _published(facts, one, "authority", (words.text("incident.told.authority", outlet=outlet),))
            )
        elif one.publisher not in houses and len(houses) + 1 in VOICES_TOLD:
            voices = words.line("incident.told.voices", n=_figure(facts, words, len(houses) + 1))
            made.append(_published(facts, one, "publication", voices))
        markets.add(one.market)
        houses.add(one.publisher)
    return made


def _published(facts: IncidentFacts, one: Spread, kind: EventKind, text: Line) -> Event:
    report = facts.reports.get(one.item_id)
    evidence: Line = (link(one.outlet, report.url, report.language), f" [{report.grade}]") if report else ()
    return Event(one.published_at, one.seen_at, kind, text, evidence, clean(one.outlet, 60))


def _decision(event: TriageEvent, words: Words) -> Event:
    kind: EventKind = "decision" if event.action in ("state", "reopen", "severity", "note") else "action"
    return Event(event.at, event.at, kind, (_said(event, words),), (), clean(event.by, 60))


def _said(event: TriageEvent, words: Words) -> str:
    """A log line as one neutral sentence."""
    reason, after = clean(event.reason, 400), clean(event.after, 200)
    if event.action == "note":
        return reason
    if event.action == "assign" and not after:
        return words.text("incident.told.unassign")
    known = ("open", "state", "reopen", "assign", "severity", "audience", "link", "merge")
    if event.action not in known:
        return words.text("incident.told.other", action=event.action, reason=reason)
    if event.action == "open" and reason:
        # A signal's reasons come from rules, one after the other.
        said = "; ".join(words.reason(one) for one in reason.split("; "))
        return words.text("incident.told.open_for", reason=said)
    before = event.before
    if event.action == "state":
        before, after = words.name("state", before), words.name("state", after)
    told = {"before": before, "after": after, "reason": reason}
    return words.text(f"incident.told.{event.action}", None, **told).strip()


def _timeline(facts: IncidentFacts, words: Words) -> Table:
    rows = tuple(
        (
            (_narrow(event.at, words),),
            (_narrow(event.known_at, words),),
            (words.text(f"incident.kind.{event.kind}"),),
            event.text,
            event.evidence,
            (event.by,),
        )
        for event in events(facts, words)
    )
    mark = marks_line((facts.marks.get("spread", ""),))
    return Table(
        words.line("incident.caption", mark=mark), words.words("incident.head"), rows, name="timeline"
    )


def _narrow(at: datetime, words: Words) -> str:
    """A moment for a narrow column: 27. Nov., 21:40, broken nowhere but after the comma."""
    return f"{words.day(words.local(at).date())}, {words.local(at):%H:%M}"


def _chart(facts: IncidentFacts, words: Words) -> list[Block]:
    """Publishers over time with our decisions numbered below; nothing without a publication."""
    if not facts.spread:
        return []
    points: list[tuple[datetime, int]] = []
    houses: set[str] = set()
    for one in facts.spread:
        houses.add(one.publisher)
        points.append((one.published_at, len(houses)))
    decided = [event for event in facts.log if event.action in ("open", "state", "reopen", "severity")]
    points.append(
        (max(facts.spread[-1].published_at, decided[-1].at if decided else facts.as_of), len(houses))
    )
    marks = tuple((event.at, _said(event, words)) for event in decided)
    alt = words.text("incident.steps_alt", n=words.number(len(houses)), time=words.moment(points[-1][0]))
    caption = words.line("chart.steps_caption", mark=marks_line((facts.marks.get("spread", ""),)))
    chart = Steps(caption, alt, tuple(points), marks, {"hours": "h"})
    told: list[Line] = [
        (words.text("incident.decision", n=str(n), time=words.moment(at), text=text),)
        for n, (at, text) in enumerate(marks, start=1)
    ]
    return [chart, Bullets(tuple(told))] if told else [chart]


# --- lags ----------------------------------------------------------------------------------------


def lags(facts: IncidentFacts) -> dict[str, datetime | None]:
    """When it was published, seen, triaged, escalated, acknowledged; None: has not happened."""
    escalated = [event.at for event in facts.log if event.after == "escalated"]
    triaged = [event.at for event in facts.log if event.action != "note"]
    return {
        "published": facts.spread[0].published_at if facts.spread else None,
        "seen": min((one.seen_at for one in facts.spread), default=None),
        "triaged": min(triaged, default=None),
        "escalated": min(escalated, default=None),
        "acknowledged": facts.incident.acknowledged_at,
    }


def _ledger(facts: IncidentFacts, words: Words) -> Table:
    held = lags(facts)
    rows: list[tuple[Line, ...]] = []
    before: datetime | None = None
    # People acknowledge before they escalate as often as after: what happened stands in order of time.
    for step in sorted(STEPS, key=lambda step: (held[step] is None, held[step] or facts.as_of)):
        at = held[step]
        told = words.moment(at) if at else words.text("incident.not_yet")
        gap = span(at - before, words) if at and before else words.text("heat.dash")
        rows.append(((words.text(f"incident.lag.{step}"),), (told,), (gap,)))
        before = at or before
    mark = marks_line((facts.marks.get("reports", ""),))
    return Table(
        words.line("incident.lag_caption", mark=mark),
        words.words("incident.lag_head"),
        tuple(rows),
        (2,),
        "lags",
    )


def span(length: timedelta, words: Words) -> str:
    """12 Min., 3,5 Std.; a step that came before the one it should follow has a minus."""
    minutes = length.total_seconds() / 60
    if abs(minutes) < 100:
        return words.text("incident.minutes", n=words.number(round(minutes)))
    return words.text("incident.hours", n=words.number(minutes / 60, 1))


# --- what people entered -------------------------------------------------------------------------


def _entry(event: TriageEvent) -> dict[str, str]:
    """A note that begins with a known word, as its parts; {} for any other line."""
    head, found, rest = event.reason.partition(":")
    if event.action != "note" or not found or head.strip().casefold() not in NOTE_WORDS:
        return {}
    text, *more = rest.split("|")
    parts = dict(part.split(":", 1) for part in more if ":" in part)
    named = {key.strip().casefold(): value.strip() for key, value in parts.items()}
    return {**named, "word": head.strip().casefold(), "text": text.strip()}


def entries(facts: IncidentFacts, *wanted: str) -> list[dict[str, str]]:
    return [entry for event in facts.log if (entry := _entry(event)) and entry["word"] in wanted]


def _claims(facts: IncidentFacts, words: Words) -> list[Block]:
    rows = tuple(
        tuple(
            (_dated(clean(entry.get(part, ""), 300), words) or words.text("heat.dash"),)
            for part in ("text", "for", "against", "status")
        )
        for entry in entries(facts, "claim")
    )
    caption = (words.text("incident.claims_caption"),)
    return [Table(caption, words.words("incident.claims_head"), rows, name="claims")] if rows else []


def _causes(facts: IncidentFacts, words: Words) -> list[Block]:
    lines: list[Line] = []
    for entry in entries(facts, "cause", "factor", "control", "why"):
        told = words.text(f"incident.{entry['word']}", text=clean(entry["text"], 400))
        shown = entry.get("evidence", "")
        ground = (
            words.text("incident.evidence", text=clean(shown, 200))
            if shown
            else words.text("incident.assumption")
        )
        lines.append((f"{told} ({ground})",))
    return [Bullets(tuple(lines))] if lines else []


def _affected(facts: IncidentFacts, words: Words) -> list[Block]:
    names = [words.name("topic", topic) for topic in facts.topics]
    audience = list(facts.incident.audience)
    lines: list[Line] = []
    if names:
        lines.append((words.text("card.topics", names=", ".join(names)),))
    if audience:
        lines.append((words.text("incident.told.audience", after=", ".join(audience)),))
    return [Bullets(tuple(lines))] if lines else []


def _actions(facts: IncidentFacts, words: Words) -> list[Block]:
    rows = tuple(
        tuple(
            (_dated(clean(entry.get(part, ""), 300), words) or words.text("heat.dash"),)
            for part in ("text", "owner", "due", "lever")
        )
        for entry in entries(facts, "action")
    )
    caption = (words.text("incident.actions_caption"),)
    return [Table(caption, words.words("incident.actions_head"), rows, name="actions")] if rows else []


def _dated(text: str, words: Words) -> str:
    """A date as people write it; anything else as it is."""
    return words.long_day(date.fromisoformat(text)) if ISO_DAY.fullmatch(text) else text


def _listed(facts: IncidentFacts, word: str) -> list[Block]:
    lines: tuple[Line, ...] = tuple((clean(entry["text"], 400),) for entry in entries(facts, word))
    return [Bullets(lines)] if lines else []


def _review(facts: IncidentFacts, words: Words) -> list[Block]:
    found = entries(facts, "review")
    if not found:
        return []
    try:
        day = words.long_date(date.fromisoformat(found[-1]["text"]))
    except ValueError:
        day = clean(found[-1]["text"], 60)
    return [Paragraph((words.text("incident.review", day=day),))]
