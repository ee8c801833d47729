"""Sections 5 to 7: signals on watch, tone by lens, topics and the risk × feature heatmap."""

from collections import Counter

from digest.facts import CellFact, Facts, LensFact, TopicFact
from digest.sections.escalations import series_name
from digest.sections.parts import cell, figure, mark, nothing, section
from digest.sections.weight import arrows_withheld, story_of
from digest.statistics import TOO_FEW, Direction, direction, wilson
from digest.wording import Words, joined
from domain.briefing import (
    Badge,
    Block,
    Figure,
    HeatCell,
    Heatmap,
    Interval,
    Intervals,
    Line,
    Paragraph,
    Section,
    Table,
)
from domain.model import Level, Signal
from domain.severity import band_of

MOST_SIGNALS = 5
MOST_TOPICS = 8
LEAST_TOPICS = 3
HEAT_SIDE = 6
LENSES = ("user", "media", "regulator")
LEVEL_RANK = {Level.ELEVATED: 0, Level.WATCH: 1, Level.ESCALATE: 2}


# --- 5 signals -----------------------------------------------------------------------------------


def signals_on_watch(facts: Facts, words: Words) -> Section:
    watched = watched_signals(facts)
    if not watched:
        return nothing(words, 5, "signals")
    table = Table(
        caption=words.line("signals.caption", mark=mark(facts, "signals")),
        head=words.words("signals.head"),
        rows=tuple(_signal(facts, words, signal) for signal in watched),
        numeric=(2, 3, 4),
        name="signals",
    )
    return section(words, 5, "signals", table)


def watched_signals(facts: Facts) -> list[Signal]:
    """Signals that are not escalated (section 2 has those), elevated first, then by score."""
    watched = [signal for signal in facts.signals if signal.level is not Level.ESCALATE or signal.muted]
    return sorted(watched, key=lambda signal: (LEVEL_RANK[signal.level], -signal.score, signal.id))[
        :MOST_SIGNALS
    ]


def _signal(facts: Facts, words: Words, signal: Signal) -> tuple[Line, ...]:
    expected = words.text(
        "signals.up_to", expected=words.number(signal.expected, 1), upper=words.number(signal.upper, 1)
    )
    level = Badge(words.name("level", signal.level.value), signal.level.value)
    return (
        (series_name(facts, words, signal),),
        (words.day(signal.day),),
        cell(facts, words, signal.count, "signals"),
        (expected,),
        cell(facts, words, signal.items, "signals"),
        (level,),
        (why_not_escalated(facts, words, signal),),
    )


def why_not_escalated(facts: Facts, words: Words, signal: Signal) -> str:
    if signal.muted:
        return words.text("signals.muted", reason=words.reason(signal.muted))
    if signal.level is Level.WATCH:
        return words.text("signals.publishers" if signal.count < 3 else "signals.below")
    story = story_of(facts, signal)
    if story is None or band_of(story.severity) in ("S3", "S4"):
        return words.text("signals.no_severity")
    return words.text("signals.pending")


# --- 6 lenses ------------------------------------------------------------------------------------


def tone(facts: Facts, words: Words) -> Section:
    known = {lens.lens: lens for lens in facts.lenses}
    rows = [known.get(name, LensFact(name, 0, 0)) for name in LENSES]
    if not any(row.n for row in rows):
        return nothing(words, 6, "lenses")
    if all(row.n < TOO_FEW for row in rows):
        return section(words, 6, "lenses", _too_few(facts, words, rows))
    table = Table(
        caption=words.line("lens.caption", mark=mark(facts, "lenses", "usual_lenses")),
        head=words.words("lens.head"),
        rows=tuple(_lens(facts, words, row) for row in rows),
        numeric=(1, 2, 3),
        name="lenses",
    )
    silent = [words.name("lens", row.lens) for row in rows if row.n == 0]
    thin = (Paragraph((words.text("lens.thin", names=words.join(silent)),), "note"),) if silent else ()
    return section(words, 6, "lenses", table, *thin)


def _too_few(facts: Facts, words: Words, rows: list[LensFact]) -> Paragraph:
    """One line where no lens has enough to print a share."""
    counts: list[Line] = [
        (f"{words.name('lens', row.lens)} n = ", figure(facts, words, row.n, "lenses")) for row in rows
    ]
    return Paragraph(words.line("lens.all_few", counts=joined(counts, ", ")))


def _lens(facts: Facts, words: Words, row: LensFact) -> tuple[Line, ...]:
    name, n = (words.name("lens", row.lens),), cell(facts, words, row.n, "lenses")
    if row.n < TOO_FEW:
        dash = (words.text("heat.dash"),)
        return name, n, (words.text("lens.few", n=words.number(row.n)),), dash, dash
    low, high = wilson(row.critical, row.n)
    interval = words.text("lens.interval", low=words.percent(low), high=words.percent(high))
    critical = Figure(
        words.percent(row.critical / row.n), facts.mark("lenses"), row.critical / row.n, bare=True
    )
    return name, n, (critical,), (interval,), (_against(facts, words, row),)


def _against(facts: Facts, words: Words, row: LensFact) -> Badge | str:
    """The change against the 56 days before, in points; "as usual" while the usual lies in the interval."""
    if arrows_withheld(facts):
        return words.text("lens.withheld")
    if row.base_n < TOO_FEW:
        return words.text("lens.unknown")
    usual = row.base_critical / row.base_n
    low, high = wilson(row.critical, row.n)
    if low <= usual <= high:
        return Badge(words.text("lens.same"), "flat")
    points = round(100 * (row.critical / row.n - usual))
    sign = "+" if points > 0 else "−"
    return Badge(
        words.text("lens.points", sign=sign, n=words.number(abs(points))), "up" if points > 0 else "down"
    )


def intervals(facts: Facts, words: Words) -> Intervals:
    """The lenses as ranges, for a chart."""
    rows = tuple(_interval(words, lens) for lens in facts.lenses)
    alt = "; ".join(f"{row.label}: n = {row.n}" for row in rows)
    labels = {key: words.text(f"chart.{key}") for key in ("share", "usual", "few")}
    return Intervals(words.line("lens.caption", mark=mark(facts, "lenses")), alt, rows, labels)


def _interval(words: Words, lens: LensFact) -> Interval:
    label = words.name("lens", lens.lens)
    usual = lens.base_critical / lens.base_n if lens.base_n >= TOO_FEW else None
    if lens.n < TOO_FEW:
        return Interval(label, lens.n, None, None, None, usual)
    low, high = wilson(lens.critical, lens.n)
    return Interval(label, lens.n, lens.critical / lens.n, low, high, usual)


# --- 7 topics and features -----------------------------------------------------------------------


def risks(facts: Facts, words: Words) -> Section:
    if not facts.topics and not facts.cells:
        return nothing(words, 7, "risks")
    blocks: list[Block] = []
    if arrows_withheld(facts):
        blocks.append(Paragraph((words.text("heat.withheld"),), "note"))
    if facts.topics:
        blocks.append(topics_table(facts, words))
    blocks.append(
        heatmap(facts, words) if facts.cells else Paragraph((words.text("heat.no_feature"),), "note")
    )
    return section(words, 7, "risks", *blocks)


def topics_table(facts: Facts, words: Words) -> Table:
    ordered = sorted(facts.topics, key=lambda topic: (-topic.publishers, -topic.items, topic.topic))
    return Table(
        caption=words.line("heat.topics_caption", mark=mark(facts, "topics", "usual")),
        head=words.words("heat.topics_head"),
        rows=tuple(_topic(facts, words, topic) for topic in worth_a_row(facts, ordered)),
        numeric=(1, 2, 3, 4),
        name="topics",
    )


def worth_a_row(facts: Facts, ordered: list[TopicFact]) -> list[TopicFact]:
    """Topics of two publishers or more, or away from their usual; the three largest whatever they are."""
    loud = [topic for topic in ordered if topic.publishers > 1 or towards(facts, topic) in ("up", "down")]
    return (loud if len(loud) >= LEAST_TOPICS else ordered[:LEAST_TOPICS])[:MOST_TOPICS]


def towards(facts: Facts, topic: TopicFact) -> Direction:
    return "" if arrows_withheld(facts) else direction(topic.publishers, topic.usual)


def _topic(facts: Facts, words: Words, topic: TopicFact) -> tuple[Line, ...]:
    dash: Line = (words.text("heat.dash"),)
    usual = dash if topic.usual is None else cell(facts, words, topic.usual, "usual", 1)
    way = towards(facts, topic)
    arrow: Line = (Badge(words.text(f"heat.{way}"), way),) if way else dash
    numbers = (cell(facts, words, n, "topics") for n in (topic.publishers, topic.outlets, topic.items))
    return ((words.name("topic", topic.topic),), *numbers, usual, arrow)


def heatmap(facts: Facts, words: Words) -> Heatmap:
    rows, columns = _largest(facts, "topic"), _largest(facts, "feature")
    held = {(cell.topic, cell.feature): cell for cell in facts.cells}
    cells = tuple(tuple(_cell(facts, held.get((row, column))) for column in columns) for row in rows)
    largest = max(facts.cells, key=lambda cell: (cell.items, cell.topic, cell.feature))
    alt = words.text(
        "heat.alt",
        row=words.name("topic", largest.topic),
        column=words.name("feature", largest.feature),
        n=words.number(largest.items),
    )
    return Heatmap(
        caption=words.line("heat.caption", mark=mark(facts, "cells", "usual_cells")),
        alt=alt,
        rows=tuple(words.name("topic", row) for row in rows),
        columns=tuple(words.name("feature", column) for column in columns),
        cells=cells,
    )


def _largest(facts: Facts, side: str) -> list[str]:
    totals: Counter[str] = Counter()
    for held in facts.cells:
        totals[getattr(held, side)] += held.items
    return [name for name, _ in sorted(totals.items(), key=lambda pair: (-pair[1], pair[0]))[:HEAT_SIDE]]


def _cell(facts: Facts, cell: CellFact | None) -> HeatCell:
    if cell is None:
        return HeatCell(0)
    arrow = "" if arrows_withheld(facts) else direction(cell.items, cell.usual)
    return HeatCell(cell.items, cell.usual, arrow)
