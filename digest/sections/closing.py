"""Sections 8 to 11: authorities and dates, weak signals, coverage and limits, method."""

from dataclasses import replace
from datetime import timedelta

from digest.calendar import concerns, said_in
from digest.facts import Deadline, Facts, Report, SourceFact
from digest.headlines import title_of
from digest.sections.counts import LENSES
from digest.sections.parts import figure, link, nothing, section, severity_badge, share
from digest.sections.stories import printed
from digest.sections.weight import ARROWS_WITHHELD_ABOVE, arrows_withheld, down, lost_share, reported
from digest.shield import clean
from digest.wording import Words, joined
from domain.briefing import Block, Bullets, Figure, Heading, Line, Paragraph, Section

MOST_NEWS = 6
MOST_WEAK = 3
MOST_DOWN = 4
LEAST_SHARE = 0.01
CALENDAR_DAYS = 14
FARTHEST_DAYS = 400
EXPECTED_LANGUAGES = {"DE": ("de",), "AT": ("de",), "CH": ("de", "fr", "it"), "UK": ("en",), "US": ("en",)}


# --- 8 authorities -------------------------------------------------------------------------------


def regulator_watch(facts: Facts, words: Words) -> Section:
    news = facts.regulator[:MOST_NEWS]
    dates = upcoming(facts)[: max(MOST_NEWS - len(news), 2)]
    blocks: list[Block] = []
    if news:
        blocks += [
            Heading(words.text("regulator.news")),
            Bullets(tuple(_news(facts, words, report) for report in news)),
        ]
    if dates:
        blocks += [
            Heading(words.text("regulator.dates")),
            Bullets(tuple(date_line(words, date) for date in dates)),
        ]
    later = () if dates else _next(facts, words)
    if not blocks:
        line = joined(((words.text("none.8"),), later), " ")
        return replace(nothing(words, 8, "regulator"), blocks=(Paragraph(line),))
    note = (Paragraph(later, "note"),) if later else ()
    return section(words, 8, "regulator", *blocks, *note)


def _next(facts: Facts, words: Words) -> Line:
    """The next date of the calendar, however far; () where there is none."""
    found = upcoming(facts, days=FARTHEST_DAYS)
    return words.line("regulator.next", date=date_line(words, found[0], far=True)) if found else ()


def upcoming(facts: Facts, days: int = CALENDAR_DAYS) -> list[Deadline]:
    """The calendar's dates that concern this market in the next days, soonest first."""
    last = facts.period.day + timedelta(days=days)
    found = (
        deadline
        for deadline in facts.deadlines
        if facts.period.day <= deadline.day <= last and concerns(deadline, facts.market)
    )
    return sorted(found, key=lambda deadline: (deadline.day, deadline.id))


def _news(facts: Facts, words: Words, report: Report) -> Line:
    return (
        link(report.outlet, report.url, report.language),
        f" ({words.when(report.published_at, facts.period.day)}): ",
        title_of(report, words),
    )


def date_line(words: Words, deadline: Deadline, far: bool = False) -> Line:
    """A date with what it rests on; `far` writes it with weekday and year."""
    day = words.long_date(deadline.day) if far else words.short_date(deadline.day)
    title, basis = said_in(deadline.title, words.language), said_in(deadline.basis, words.language)
    told = words.text("regulator.date", day=day, title=title, basis=basis)
    return (f"{told} ", link(words.text("regulator.source"), deadline.url))


# --- 9 weak signals ------------------------------------------------------------------------------


def weak_signals(facts: Facts, words: Words) -> Section:
    chosen = list(facts.chosen)
    found = (chosen or _unprinted(facts))[:MOST_WEAK]
    if not found:
        return nothing(words, 9, "weak")
    intro = words.text("weak.chosen" if chosen else "weak.intro")
    lines = tuple(
        (severity_badge(words, report.severity), " · ", *_news(facts, words, report)) for report in found
    )
    return section(words, 9, "weak", Paragraph((intro,), "note"), Bullets(lines))


def _unprinted(facts: Facts) -> list[Report]:
    """Single reports that no printed story already shows."""
    shown = {report.item_id for story in printed(facts) for report in story.reports}
    return [report for report in facts.singles if report.item_id not in shown]


# --- 10 coverage ---------------------------------------------------------------------------------


def coverage(facts: Facts, words: Words) -> Section:
    lines = (
        _volume(facts, words),
        _reported(facts, words),
        _lost(facts, words),
        _languages(facts, words),
        joined((_tagger(facts, words), _alarms(facts, words)), " "),
        (words.text("coverage.gaps"),),
    )
    return section(words, 10, "coverage", Bullets(tuple(line for line in lines if line)))


def _volume(facts: Facts, words: Words) -> Line:
    volume = facts.volume
    return words.line(
        "coverage.volume",
        count=volume.publishers,
        items=figure(facts, words, volume.items, "volume"),
        relevant=figure(facts, words, volume.relevant, "volume"),
        publishers=figure(facts, words, volume.publishers, "volume"),
    )


def _reported(facts: Facts, words: Words) -> Line:
    if not facts.sources:
        return (words.text("coverage.none_expected"),)
    got = sum(map(reported, facts.sources))
    line = words.line(
        "coverage.reported",
        reported=figure(facts, words, got, "coverage"),
        expected=figure(facts, words, len(facts.sources), "coverage"),
    )
    present = {source.lens for source in facts.sources}
    missing = [words.name("lens", lens) for lens in LENSES if lens not in present]
    gap = words.text("coverage.lens_gap", names=words.join(missing)) if missing else ""
    return joined((line, gap), " ")


def _lost(facts: Facts, words: Words) -> Line:
    missing = down(facts)
    if not missing:
        return (words.text("coverage.complete"),) if facts.sources else ()
    names = [_down(facts, words, source) for source in missing[:MOST_DOWN]]
    if len(missing) > MOST_DOWN:
        names.append(words.text("coverage.more", n=words.number(len(missing) - MOST_DOWN)))
    line = _lost_line(facts, words, ", ".join(names))
    limit = words.percent(ARROWS_WITHHELD_ABOVE)
    withheld = words.text("coverage.arrows", limit=limit) if arrows_withheld(facts) else ""
    return joined((line, withheld), " ")


def _lost_line(facts: Facts, words: Words, names: str) -> Line:
    lost = lost_share(facts)
    if not any(source.share for source in facts.sources):
        return (words.text("coverage.lost_unknown", names=names),)
    told: Figure | Line = share(facts, words, lost, "coverage")
    if lost < LEAST_SHARE:
        least = Figure(words.percent(LEAST_SHARE), facts.mark("coverage"), round(lost, 6))
        told = words.line("coverage.under_one", share=least)
    return words.line("coverage.lost", names=names, share=told)


def _down(facts: Facts, words: Words, source: SourceFact) -> str:
    since = (
        words.text("coverage.since", time=words.when(source.since, facts.period.day)) if source.since else ""
    )
    return words.text(
        "coverage.down",
        name=clean(source.name, 60),
        outcome=words.name("outcome", source.outcome),
        since=since,
    )


def _languages(facts: Facts, words: Words) -> Line:
    heard = {source.language[:2] for source in facts.sources if reported(source)}
    missing = [name for name in EXPECTED_LANGUAGES.get(facts.market, ()) if name not in heard]
    counted: list[Line] = [
        (f"{words.name('language', code)} ", figure(facts, words, n, "languages"))
        for code, n in sorted(facts.languages.items(), key=lambda pair: (-pair[1], pair[0]))[:4]
    ]
    read = words.line("coverage.languages_all", names=joined(counted, ", ")) if counted else ()
    gone = [words.name("language", code) for code in missing]
    lost = words.text("coverage.languages", names=words.join(gone)) if gone and facts.sources else ""
    return joined((read, lost), " ")


def _tagger(facts: Facts, words: Words) -> Line:
    quality = facts.quality
    if quality.precision is None or quality.checked_on is None:
        return (words.text("coverage.tagger_unknown"),)
    return (
        words.text(
            "coverage.tagger",
            precision=words.number(quality.precision, 2),
            sample=words.number(quality.sample),
            date=words.day(quality.checked_on),
        ),
    )


def _alarms(facts: Facts, words: Words) -> Line:
    false, decided = facts.false_alarms
    if decided == 0:
        return (words.text("coverage.alarms_none"),)
    return words.line(
        "coverage.alarms",
        false=figure(facts, words, false, "alarms"),
        all=figure(facts, words, decided, "alarms"),
    )


def coverage_notice(facts: Facts, words: Words) -> Line:
    """The line below the header when more is lost than arrows can bear; () otherwise."""
    if not arrows_withheld(facts):
        return ()
    return words.line(
        "header.partial",
        share=share(facts, words, lost_share(facts), "coverage"),
        arrows=words.text("header.arrows"),
    )


# --- 11 method -----------------------------------------------------------------------------------


def method(facts: Facts, words: Words) -> Section:
    versions = ", ".join(f"{name} {version}" for name, version in sorted(facts.versions.items()))
    last = (
        words.text("method.versions", versions=versions) if versions else words.text("method.versions_none")
    )
    lines: tuple[Line, ...] = ((_order(facts, words),), (_numbers(facts, words),), (last,))
    return section(words, 11, "method", *(Paragraph(line, "note") for line in lines))


def _order(facts: Facts, words: Words) -> str:
    """The rule by which stories stand, and how many an analyst moved before it."""
    moved = sum(1 for story in printed(facts) if story.id in facts.analyst.first)
    told = f" {words.text('analyst.order', n=words.number(moved))}" if moved else ""
    return words.text("method.order") + told


def _numbers(facts: Facts, words: Words) -> str:
    if not facts.numbers:
        return words.text("method.no_numbers")
    marks = f"{facts.numbers[0][0]}–{facts.numbers[-1][0]}" if len(facts.numbers) > 1 else facts.numbers[0][0]
    return words.text("method.numbers", marks=marks, as_of=words.both(facts.as_of))
