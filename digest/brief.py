"""Facts -> Digest: what an issue says, in which order, in which language. Pure."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import date
from math import ceil

from digest.facts import Facts
from digest.sections.bottom import bottom_line, plain
from digest.sections.changes import grouped, since_last
from digest.sections.closing import coverage, coverage_notice, method, regulator_watch, weak_signals
from digest.sections.counts import risks, signals_on_watch, tone
from digest.sections.escalations import cases, escalate_now
from digest.sections.parts import marks_line
from digest.sections.stories import top_stories
from digest.sections.weight import partial
from digest.wording import Words
from domain.briefing import (
    Block,
    Bullets,
    DayPoint,
    Digest,
    Header,
    Line,
    Panel,
    Paragraph,
    Section,
    SmallMultiples,
    StoryCard,
    Table,
)

READING_WORDS_A_MINUTE = 230
CHART_DAYS = 28
UPDATE = "update-"
"""An edition's name begins so when it follows the morning's issue; its number counts from 1."""

SECTIONS: tuple[Callable[[Facts, Words], Section], ...] = (
    bottom_line,
    escalate_now,
    since_last,
    top_stories,
    signals_on_watch,
    tone,
    risks,
    regulator_watch,
    weak_signals,
    coverage,
    method,
)
LEADERSHIP_NUMBERS = (1, 2, 10)
LEADERSHIP: tuple[Callable[[Facts, Words], Section], ...] = (bottom_line, escalate_now, coverage)


def brief(facts: Facts, language: str, variant: str = "full") -> Digest:
    """One market's issue. `variant`: full, or leadership (sections 0 to 2, the first chart, 10)."""
    words = words_for(facts, language)
    chosen = LEADERSHIP if variant == "leadership" else SECTIONS
    sections = tuple(write(facts, words) for write in chosen)
    chart = volume_chart(facts.parts or (facts,), words)
    return Digest(
        id=issue_id(facts.market, facts.period.day, facts.edition, language, variant),
        kind="daily",
        market=facts.market,
        day=facts.period.day,
        edition=facts.edition,
        variant=variant,
        language=language,
        locale=words.locale,
        as_of=facts.as_of,
        subject=subject(facts, words),
        header=header(facts, words, sections, variant),
        sections=with_chart(sections, chart),
        numbers=facts.numbers,
        quiet=is_quiet(facts),
        url=url_of(facts, language),
        words=format_words(words),
    )


def leadership_of(digest: Digest) -> Digest:
    """The leadership page of a kept issue: the same as `brief` would make of the facts, without them."""
    words = Words(digest.language, digest.market, digest.words.get("zone", ""))
    since = digest.section(3)
    charts = [block for block in since.blocks if isinstance(block, SmallMultiples)] if since else []
    kept = tuple(section for section in digest.sections if section.number in LEADERSHIP_NUMBERS)
    title = words.text(
        "title.leadership", market=words.name("market", digest.market), date=words.long_date(digest.day)
    )
    if is_update(digest.edition):
        title = words.text("title.update", title=title, n=number_of(digest.edition))
    name = f"{digest.id}-leadership"
    minutes = reading_minutes(kept)
    status = plain(digest.header.lines[-1]).replace(f" {digest.header.reading_minutes} ", f" {minutes} ")
    return replace(
        digest,
        id=name,
        variant="leadership",
        header=replace(
            digest.header,
            title=words.text("title.partial", title=title) if is_partial(digest) else title,
            lines=(*digest.header.lines[:-1], (status.replace(digest.id, name),)),
            reading_minutes=minutes,
        ),
        sections=with_chart(kept, charts[0] if charts else None),
    )


def is_partial(digest: Digest) -> bool:
    """Whether the issue's title says that coverage is partial."""
    words = Words(digest.language, digest.market)
    return digest.header.title.endswith(words.text("title.partial", title=""))


def words_for(facts: Facts, language: str) -> Words:
    return Words(language, facts.market, facts.period.zone, facts.names, facts.speak)


def issue_id(market: str, day: date, edition: str, language: str, variant: str) -> str:
    """de-2026-11-22-daily-en; a variant other than full is added."""
    parts = [market.lower(), day.isoformat(), edition, language]
    return "-".join(parts if variant == "full" else [*parts, variant])


def is_update(edition: str) -> bool:
    return edition.startswith(UPDATE)


def number_of(edition: str) -> str:
    """Which update of the day an edition is: "2" of update-2."""
    return edition.removeprefix(UPDATE)


def url_of(facts: Facts, language: str) -> str:
    """Where the reading room shows the issue; "" when none is set up."""
    day = facts.period.day.isoformat()
    page = f"{facts.base_url}/briefing/{facts.market}/{day}/{language}" if facts.base_url else ""
    return f"{page}?edition={facts.edition}" if page and is_update(facts.edition) else page


def is_quiet(facts: Facts) -> bool:
    """Nothing to escalate, no story worth a card, no signal."""
    return (
        not cases(facts)
        and not facts.signals
        and not facts.occasions
        and not grouped(facts)["new"]
        and not grouped(facts)["grew"]
    )


def format_words(words: Words) -> dict[str, str]:
    keys = (
        "page of open_quote close_quote machine_translation links query queries value as_of skip contents open"
        " mark parameters notes none usual"
    )
    flat = {key: words.text(f"format.{key}") for key in keys.split()}
    heat = {key: words.text(f"heat.{key}") for key in ("up", "down", "flat", "risk")}
    quotes = {"open_quote": "«", "close_quote": "»"} if words.locale == "de_CH" else {}
    return flat | quotes | heat | {"permalink": words.text("card.permalink"), "zone": words.zone}


# --- header --------------------------------------------------------------------------------------


def header(facts: Facts, words: Words, sections: Sequence[Section], variant: str) -> Header:
    key = "leadership" if variant == "leadership" else "daily"
    title = words.text(
        f"title.{key}",
        market=words.name("market", facts.market),
        date=words.long_date(facts.period.day),
    )
    if is_update(facts.edition):
        title = words.text("title.update", title=title, n=number_of(facts.edition))
    minutes = reading_minutes(sections)
    return Header(
        title=words.text("title.partial", title=title) if partial(facts) else title,
        lines=(window_line(facts, words), status_line(facts, words, minutes, variant)),
        notice=coverage_notice(facts, words),
        tlp=facts.tlp,
        reading_minutes=minutes,
    )


def window_line(facts: Facts, words: Words) -> Line:
    period = facts.period
    told = words.text("header.window", start=words.both(period.start), end=words.both(period.end))
    if period.hours % 24:
        told += f" · {words.text('header.odd_day', hours=words.number(period.hours, 0))}"
    return (told,)


def status_line(facts: Facts, words: Words, minutes: int, variant: str) -> Line:
    name = facts.analyst.name
    analyst = words.text("header.analyst", name=name) if name else words.text("header.automatic")
    return (
        words.text(
            "header.status",
            analyst=analyst,
            tlp=facts.tlp,
            minutes=str(minutes),
            id=issue_id(facts.market, facts.period.day, facts.edition, words.language, variant),
        ),
    )


def subject(facts: Facts, words: Words) -> str:
    """The mail's subject: market, day, what waits; general, so that nothing harmful shows in a list of mails."""
    escalate, new = len(cases(facts)), len(grouped(facts)["new"])
    pieces = [words.text("subject_rest.escalate", count=escalate)] if escalate else []
    pieces += [words.text("subject_rest.new", count=new)] if new else []
    if is_update(facts.edition):
        pieces = [words.text("subject_rest.update", n=number_of(facts.edition)), *pieces]
    rest = ", ".join(pieces) or words.text("subject_rest.quiet")
    told = words.text("subject", market=facts.market, date=words.short_date(facts.period.day), rest=rest)
    return words.text("subject_partial", subject=told) if partial(facts) else told


def reading_minutes(sections: Sequence[Section]) -> int:
    """Whole minutes at 230 words a minute, at least one."""
    return max(1, ceil(sum(map(count_words, sections)) / READING_WORDS_A_MINUTE))


def count_words(section: Section) -> int:
    return sum(len(plain(line).split()) for block in section.blocks for line in lines_of(block))


def lines_of(block: Block) -> tuple[Line, ...]:
    """The lines a reader reads of a block; charts count nothing."""
    if isinstance(block, Paragraph):
        return (block.line,)
    if isinstance(block, Bullets):
        return block.lines
    if isinstance(block, StoryCard):
        return (
            (block.headline,),
            *block.facts,
            *block.links,
            block.quote,
            block.judgement,
            block.why,
            block.confidence,
        )
    if isinstance(block, Table):
        return tuple(cell for row in block.rows for cell in row)
    return ()


# --- the first chart -----------------------------------------------------------------------------


def volume_chart(markets: Sequence[Facts], words: Words) -> SmallMultiples | None:
    """28 days of each market with what was expected; None when there is no history at all."""
    panels = tuple(panel(facts, words) for facts in markets if facts.daily)
    if not panels:
        return None
    return SmallMultiples(
        caption=words.line("chart.volume_caption", mark=marks_line(facts.mark("daily") for facts in markets)),
        alt=" ".join(_alt(item, words) for item in panels),
        panels=panels,
        labels={key: words.text(f"chart.{key}") for key in ("band", "loss", "count")},
    )


def panel(facts: Facts, words: Words) -> Panel:
    return Panel(words.name("market", facts.market), facts.daily[-CHART_DAYS:])


def _alt(shown: Panel, words: Words) -> str:
    last: DayPoint = shown.points[-1]
    if last.low is None or last.high is None:
        return words.text("chart.volume_alt_short", market=shown.title, last=words.number(last.count))
    return words.text(
        "chart.volume_alt",
        market=shown.title,
        last=words.number(last.count),
        low=words.number(last.low, 0),
        high=words.number(last.high, 0),
    )


def with_chart(sections: tuple[Section, ...], chart: SmallMultiples | None) -> tuple[Section, ...]:
    """The chart goes to the end of section 3, or of section 2 where there is no section 3."""
    if chart is None:
        return sections
    last = max(section.number for section in sections if section.number <= 3)
    return tuple(
        Section(section.number, section.key, section.title, (*section.blocks, chart), False)
        if section.number == last
        else section
        for section in sections
    )
