"""The weekly report: Friday 14:00 to Friday 14:00 of a market, from the same questions as the daily issue."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, time, timedelta
from json import dumps
from typing import Any

from digest.brief import format_words, volume_chart
from digest.facts import Facts, Period, StoryFact
from digest.gather import Asked, Ledger, Order, market_facts
from digest.headlines import headline, title_of
from digest.incident import span
from digest.period import moment
from digest.sections.bottom import spoken, topic_before
from digest.sections.changes import grouped
from digest.sections.closing import coverage, coverage_notice, date_line, upcoming
from digest.sections.counts import intervals, risks, tone
from digest.sections.parts import figure, incident_title, link, marks_line
from digest.sections.weight import lead_story, partial, ranked, weighty
from digest.shield import clean, cut
from digest.statistics import TOO_FEW
from digest.wording import Words, joined, zone_of
from domain.briefing import (
    Block,
    Bullets,
    Digest,
    Figure,
    Foreign,
    Header,
    Heading,
    Line,
    Paragraph,
    Section,
    Strip,
    Strips,
    Table,
)
from domain.model import Lens
from domain.ports import PublishArchive
from domain.severity import band_of

CUTOFF = time(14, 0)
WEEK = timedelta(days=7)
WEEKS_BEFORE = 4
MOST_STRIPS = 12
MOST_ROWS = 12
STRIP_CHARACTERS = 34
MOST_NAMES = 8
CALENDAR_DAYS = 30
LATE = timedelta(hours=24)
"""A first sight of more than a day after publication is told as late."""


@dataclass(frozen=True, slots=True)
class Week:
    """The five numbers of one week. `critical` is None under 20 stances."""

    relevant: int
    publishers: int
    stories: int
    incidents: int
    critical: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class WeeklyFacts:
    """`weeks` are this one and the four before, oldest first; rows are the archive's answers."""

    facts: Facts
    weeks: tuple[Week, ...]
    outcomes: tuple[Mapping[str, Any], ...] = ()
    outcomes_before: tuple[Mapping[str, Any], ...] = ()
    lag: tuple[Mapping[str, Any], ...] = ()
    platforms: tuple[Mapping[str, Any], ...] = ()
    source_changes: tuple[Mapping[str, Any], ...] = ()
    spread: Mapping[str, Mapping[date, int]] = field(default_factory=dict)


# --- asking --------------------------------------------------------------------------------------


def week_of(market: str, friday: date, *, cutoff: time = CUTOFF, zone: str = "") -> Period:
    """The week that closes on `friday` (any day will do) at 14:00 of the market."""
    zone = zone or zone_of(market)
    return Period(
        day=friday,
        zone=zone,
        previous_start=moment(friday - 2 * WEEK, cutoff, zone),
        start=moment(friday - WEEK, cutoff, zone),
        end=moment(friday, cutoff, zone),
        days=tuple(friday - WEEK + timedelta(days=n) for n in range(7)),
    )


def gather_weekly(archive: PublishArchive, order: Order) -> WeeklyFacts:
    """Everything the report knows; `order.period` is a week."""
    ledger = Ledger(archive, order.moment)
    asked = Asked(ledger, order)
    facts = market_facts(asked)
    shown = [story.id for story in strip_stories(facts)]
    weeks = tuple(_week(asked, back) for back in reversed(range(WEEKS_BEFORE + 1)))
    outcomes = tuple(asked.now("outcomes"))
    before = tuple(_back(asked, "outcomes_before", "outcomes", 1))
    lag = tuple(asked.now("lag", "detection_lag"))
    platforms = tuple(asked.now("platforms"))
    source_changes = tuple(asked.now("source_changes"))
    spread = _spread(asked, shown)
    facts = replace(facts, numbers=tuple(ledger.numbers), marks=dict(asked.marks))
    return WeeklyFacts(
        facts=facts,
        weeks=weeks,
        outcomes=outcomes,
        outcomes_before=before,
        lag=lag,
        platforms=platforms,
        source_changes=source_changes,
        spread=spread,
    )


def _back(asked: Asked, name: str, query: str, weeks: int, **parameters: str) -> Any:
    """A question about the week that lies `weeks` back."""
    period = asked.order.period
    since, until = period.start - weeks * WEEK, period.end - weeks * WEEK
    return asked.ask(name, query, since=since.isoformat(), until=until.isoformat(), **parameters)


def _week(asked: Asked, back: int) -> Week:
    volume = _back(asked, f"volume-{back}", "volume", back)
    before = (asked.order.period.start - (back + 1) * WEEK).isoformat()
    changes = _back(asked, f"changes-{back}", "story_changes", back, before=before)
    outcomes = _back(asked, f"outcomes-{back}", "outcomes", back)
    lenses = {row["lens"]: row for row in _back(asked, f"lenses-{back}", "lenses", back)}
    media = lenses.get(Lens.MEDIA.value, {"n": 0, "critical": 0})
    return Week(
        volume["relevant"],
        volume["publishers"],
        sum(1 for row in changes if row["change"] == "new"),
        len(outcomes),
        media["critical"] / media["n"] if media["n"] >= TOO_FEW else None,
    )


def strip_stories(facts: Facts) -> list[StoryFact]:
    """The stories whose lives are drawn."""
    return [story for story in ranked(facts) if weighty(story)][:MOST_STRIPS]


def _spread(asked: Asked, stories: Sequence[str]) -> dict[str, dict[date, int]]:
    """Independent publishers per story and local day."""
    words = Words("en", asked.order.market, asked.order.period.zone)
    houses: dict[str, dict[date, set[str]]] = {}
    mark, rows = asked.ledger.ask("story_spread", stories=dumps(list(stories)))
    asked.marks["spread"] = mark
    for row in rows:
        day = words.local(datetime.fromisoformat(row["published_at"])).date()
        houses.setdefault(row["story"], {}).setdefault(day, set()).add(row["publisher"])
    return {story: {day: len(held) for day, held in days.items()} for story, days in houses.items()}


# --- the report ----------------------------------------------------------------------------------


def brief_weekly(weekly: WeeklyFacts, language: str) -> Digest:
    facts = weekly.facts
    words = Words(language, facts.market, facts.period.zone, facts.names, facts.speak)
    name = f"{facts.market.lower()}-{facts.period.day.isoformat()}-weekly-{language}"
    return Digest(
        id=name,
        kind="weekly",
        market=facts.market,
        day=facts.period.day,
        edition="weekly",
        variant="full",
        language=language,
        locale=words.locale,
        as_of=facts.as_of,
        subject=words.text("weekly.subject", market=facts.market, date=words.short_date(facts.period.day)),
        header=_header(facts, words, name),
        sections=_sections(weekly, words),
        numbers=facts.numbers,
        words=format_words(words),
    )


def _header(facts: Facts, words: Words, name: str) -> Header:
    period = facts.period
    title = words.text(
        "weekly.title",
        market=words.name("market", facts.market),
        first=words.short_date(words.local(period.start).date()),
        last=words.short_date(period.day),
    )
    window = words.text("header.window", start=words.both(period.start), end=words.both(period.end))
    analyst = (
        words.text("header.analyst", name=facts.analyst.name)
        if facts.analyst.name
        else words.text("header.automatic")
    )
    status = words.text("header.status", analyst=analyst, tlp=facts.tlp, minutes="5", id=name)
    return Header(
        title=words.text("title.partial", title=title) if partial(facts) else title,
        lines=((window,), (status,)),
        notice=coverage_notice(facts, words),
        tlp=facts.tlp,
        reading_minutes=5,
    )


def _sections(weekly: WeeklyFacts, words: Words) -> tuple[Section, ...]:
    facts = weekly.facts
    written: tuple[tuple[str, Sequence[Block]], ...] = (
        ("bottom", [Paragraph(bottom(weekly, words), "lead")]),
        ("numbers", five_numbers(weekly, words)),
        ("stories", stories(weekly, words)),
        ("tone", [*tone(facts, words).blocks, *interval_chart(facts, words)]),
        ("risks", risks(facts, words).blocks),
        ("escalations", escalations(weekly, words)),
        ("regulator", regulator(facts, words)),
        ("platforms", platforms(weekly, words)),
        ("questions", open_questions(facts, words)),
        ("before", before(weekly, words)),
        ("coverage", [*coverage(facts, words).blocks, came_and_went(weekly, words)]),
        ("appendix", [Paragraph((words.text("weekly.appendix"),), "note")]),
    )
    return tuple(
        _section(words, number, key, blocks) for number, (key, blocks) in enumerate(written, start=1)
    )


def _section(words: Words, number: int, key: str, blocks: Sequence[Block]) -> Section:
    title = words.text(f"weekly.section.{number}")
    if not blocks:
        return Section(number, key, title, (Paragraph((words.text("none.9"),)),), empty=True)
    return Section(number, key, title, tuple(blocks))


def bottom(weekly: WeeklyFacts, words: Words) -> Line:
    """How much, what weighs most, what is open."""
    facts = weekly.facts
    now, then = weekly.weeks[-1], weekly.weeks[-2]
    sentences = [
        words.line(
            "weekly.what",
            n=figure(facts, words, now.relevant, "volume-0"),
            before=figure(facts, words, then.relevant, "volume-1"),
        )
    ]
    lead = lead_story(facts)
    if lead is not None:
        title = headline(lead, words)
        topic = topic_before(title, words, lead)
        sentences.append(words.line("weekly.lead", topic=topic, headline=spoken(title, words)))
    count = len(facts.incidents)
    ask = words.line("weekly.ask_open", count=count, n=figure(facts, words, count, "incidents"))
    sentences.append(ask if count else (words.text("weekly.ask_none"),))
    return joined(sentences, " ")


def interval_chart(facts: Facts, words: Words) -> list[Block]:
    """The lenses as ranges; nothing where none has enough to be drawn."""
    return [intervals(facts, words)] if any(lens.n >= TOO_FEW for lens in facts.lenses) else []


def five_numbers(weekly: WeeklyFacts, words: Words) -> list[Block]:
    facts = weekly.facts
    rows = tuple(
        _number(weekly, words, name)
        for name in ("relevant", "publishers", "stories", "incidents", "critical")
    )
    queries = ("volume-0", "changes-0", "outcomes-0", "lenses-0")
    caption = words.line("weekly.five_caption", mark=marks_line(facts.mark(query) for query in queries))
    table = Table(caption, words.words("weekly.five_head"), rows, (1, 2), "numbers")
    chart = volume_chart((facts,), words)
    return [table, chart] if chart else [table]


def _number(weekly: WeeklyFacts, words: Words, name: str) -> tuple[Line, ...]:
    label, meaning = words.words(f"weekly.five.{name}")
    values = [getattr(week, name) for week in weekly.weeks]
    queries = {
        "relevant": "volume",
        "publishers": "volume",
        "stories": "changes",
        "incidents": "outcomes",
        "critical": "lenses",
    }
    now = Figure(
        _shown(values[-1], words, name), weekly.facts.mark(f"{queries[name]}-0"), values[-1], bare=True
    )
    earlier = " · ".join(_shown(value, words, name) for value in values[:-1])
    return (label,), (now,), (earlier,), (meaning,)


def _shown(value: float | None, words: Words, name: str) -> str:
    if value is None:
        return words.text("heat.dash")
    return words.percent(value) if name == "critical" else words.number(value)


# --- 3 stories -----------------------------------------------------------------------------------


def stories(weekly: WeeklyFacts, words: Words) -> list[Block]:
    facts = weekly.facts
    groups = grouped(facts)
    continued = [story for name in ("grew", "shrank", "reopened") for story in groups[name]]
    lines = [
        _told(facts, words, "opened", groups["new"]),
        _told(facts, words, "continued", continued),
        _told(facts, words, "closed", groups["closed"]),
    ]
    chart = strips(weekly, words)
    return [Bullets(tuple(lines)), chart] if chart else [Bullets(tuple(lines))]


def _told(facts: Facts, words: Words, key: str, found: Sequence[StoryFact]) -> Line:
    count = words.line(f"weekly.{key}", n=figure(facts, words, len(found), "stories"))
    names: list[Line] = [(_short(headline(story, words)),) for story in found[:4]]
    return joined((count, joined(names, "; ")), " – ")


def _short(title: Foreign) -> Foreign:
    return Foreign(cut(title.text, 70), title.language)


def strips(weekly: WeeklyFacts, words: Words) -> Strips | None:
    """The lives of the week's stories; None when there is none."""
    facts = weekly.facts
    rows = [
        _strip(story, weekly.spread[story.id], words)
        for story in strip_stories(facts)
        if weekly.spread.get(story.id)
    ]
    if not rows:
        return None
    last = facts.period.day
    first = max(min(row.first for row in rows), last - timedelta(days=27))
    longest = max((row.last - row.first).days + 1 for row in rows)
    alt = words.text("weekly.strips_alt", n=words.number(len(rows)), days=words.number(longest))
    caption = words.line("chart.strips_caption", mark=marks_line((facts.mark("spread"),)))
    return Strips(caption, alt, first, last, tuple(_from(row, first) for row in rows))


def _strip(story: StoryFact, days: Mapping[date, int], words: Words) -> Strip:
    label = cut(headline(story, words).text, STRIP_CHARACTERS)
    return Strip(label, min(days), max(days), tuple(sorted(days.items())), story.state == "closed")


def _from(row: Strip, first: date) -> Strip:
    """Cut where the chart begins."""
    kept = tuple((day, count) for day, count in row.strength if day >= first)
    return replace(row, first=max(row.first, first), strength=kept)


# --- 6 escalations -------------------------------------------------------------------------------


def escalations(weekly: WeeklyFacts, words: Words) -> list[Block]:
    facts, rows = weekly.facts, weekly.outcomes
    count = words.line("weekly.escalations", count=len(rows), n=figure(facts, words, len(rows), "outcomes"))
    blocks: list[Block] = [Paragraph(count)]
    if rows:
        caption = words.line(
            "weekly.escalation_caption", mark=marks_line((facts.mark("outcomes"), facts.mark("lag")))
        )
        table = tuple(_outcome(row, words) for row in rows[:MOST_ROWS])
        blocks.append(Table(caption, words.words("weekly.escalation_head"), table, name="escalations"))
    false = [cut(incident_title(row["title"], words), 80) for row in rows if row["state"] == "dismissed"]
    late = [cut(incident_title(row["title"], words), 80) for row in weekly.lag if _late(row)]
    blocks.append(
        Bullets(
            (
                (
                    words.text("weekly.false", names="; ".join(false))
                    if false
                    else words.text("weekly.no_false"),
                ),
                (
                    words.text("weekly.missed", names="; ".join(late))
                    if late
                    else words.text("weekly.no_missed"),
                ),
            )
        )
    )
    return blocks


def _outcome(row: Mapping[str, Any], words: Words) -> tuple[Line, ...]:
    opened = datetime.fromisoformat(row["opened_at"])
    taken = row["acknowledged_at"]
    wait = span(datetime.fromisoformat(taken) - opened, words) if taken else words.text("incident.not_yet")
    return (
        (cut(incident_title(row["title"], words), 80),),
        (words.name("severity", band_of(row["severity"])),),
        (words.name("state", row["state"]),),
        (words.moment(opened),),
        (wait,),
        (clean(row["owner"], 60) or words.text("escalate.nobody"),),
    )


def _late(row: Mapping[str, Any]) -> bool:
    published, seen = row["first_published"], row["first_seen"]
    return (
        bool(published and seen) and datetime.fromisoformat(seen) - datetime.fromisoformat(published) > LATE
    )


# --- 7 to 10 -------------------------------------------------------------------------------------


def regulator(facts: Facts, words: Words) -> list[Block]:
    blocks: list[Block] = []
    if facts.regulator:
        lines: list[Line] = []
        for report in facts.regulator[:8]:
            title = title_of(report, words)
            when = words.when(report.published_at, facts.period.day)
            lines.append((link(report.outlet, report.url, report.language), f" ({when}): ", title))
        blocks += [Heading(words.text("regulator.news")), Bullets(tuple(lines))]
    dates = upcoming(facts, CALENDAR_DAYS)
    if dates:
        told = [date_line(words, one) for one in dates]
        blocks += [Heading(words.text("weekly.dates")), Bullets(tuple(told))]
    return blocks


def platforms(weekly: WeeklyFacts, words: Words) -> list[Block]:
    facts = weekly.facts
    rows: tuple[tuple[Line, ...], ...] = tuple(
        (
            (words.name("platform", row["label"]),),
            *(
                (Figure(words.number(row[name]), facts.mark("platforms"), row[name], bare=True),)
                for name in ("publishers", "outlets", "items")
            ),
        )
        for row in weekly.platforms[:MOST_ROWS]
    )
    caption = words.line("weekly.platforms_caption", mark=marks_line((facts.mark("platforms"),)))
    return (
        [Table(caption, words.words("weekly.platforms_head"), rows, (1, 2, 3), "platforms")] if rows else []
    )


def open_questions(facts: Facts, words: Words) -> list[Block]:
    rows = tuple(
        (
            (cut(incident_title(incident.title, words), 80),),
            (words.name("severity", band_of(incident.severity)),),
            (words.name("state", incident.state.value),),
            (", ".join(incident.audience) or words.text("heat.dash"),),
        )
        for incident in sorted(facts.incidents, key=lambda one: (one.opened_at, one.id))[:MOST_ROWS]
    )
    caption = words.line("weekly.open_caption", mark=marks_line((facts.mark("incidents"),)))
    return [Table(caption, words.words("weekly.open_head"), rows, name="open")] if rows else []


def before(weekly: WeeklyFacts, words: Words) -> list[Block]:
    rows = tuple(
        (
            (cut(incident_title(row["title"], words), 80),),
            (words.name("state", row["state"]),),
            (clean(row["owner"], 60) or words.text("escalate.nobody"),),
        )
        for row in weekly.outcomes_before[:MOST_ROWS]
    )
    caption = words.line("weekly.before_caption", mark=marks_line((weekly.facts.mark("outcomes_before"),)))
    return [Table(caption, words.words("weekly.before_head"), rows, name="before")] if rows else []


# --- 11 coverage ---------------------------------------------------------------------------------


def came_and_went(weekly: WeeklyFacts, words: Words) -> Bullets:
    """Sources added and removed in the week, by name."""
    return Bullets(tuple(_changed(weekly, words, change) for change in ("added", "removed")))


def _changed(weekly: WeeklyFacts, words: Words, change: str) -> Line:
    names = [clean(row["name"], 60) for row in weekly.source_changes if row["change"] == change]
    n = figure(weekly.facts, words, len(names), "source_changes")
    if not names:
        return words.line(f"weekly.sources.{change}_none", n=n)
    more = len(names) - MOST_NAMES
    shown = [*names[:MOST_NAMES], words.text("coverage.more", n=words.number(more))] if more > 0 else names
    return words.line(f"weekly.sources.{change}", n=n, names=", ".join(shown))
