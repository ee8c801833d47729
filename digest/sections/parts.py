"""Small pieces that several sections share."""

import re
from collections.abc import Iterable
from datetime import date

from digest.facts import Facts, Said
from digest.shield import clean, safe_url
from digest.wording import Words, joined
from domain.briefing import Badge, Figure, Line, Link, Part, Section
from domain.briefing import Block as AnyBlock
from domain.briefing import Paragraph as Text
from domain.severity import band_of

SERIES = ("topic", "platform", "feature")
ISO_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")


def figure(facts: Facts, words: Words, value: float, query: str, digits: int = 0) -> Figure:
    return Figure(words.number(value, digits), facts.mark(query), value)


def cell(facts: Facts, words: Words, value: float, query: str, digits: int = 0) -> Line:
    """A number in a table whose caption carries the mark."""
    return (Figure(words.number(value, digits), facts.mark(query), value, bare=True),)


def share(facts: Facts, words: Words, value: float, query: str) -> Figure:
    """A share 0..1 in per cent."""
    return Figure(words.percent(value), facts.mark(query), round(value, 6))


def mark(facts: Facts, *queries: str) -> Line:
    """The bare marks of queries, for a caption."""
    return marks_line(facts.mark(query) for query in queries)


def marks_line(marks: Iterable[str]) -> Line:
    """Q7 Q8, each once, without those that were not asked."""
    return joined(((Figure("", name),) for name in dict.fromkeys(marks) if name), " ")


def byline(facts: Facts, words: Words, said: Said) -> str:
    """Ute Kern, 07:05 Uhr."""
    name = clean(said.by, 60) or words.text("analyst.somebody")
    return f"{name}, {words.when(said.at, facts.period.day)}" if said.at else name


def incident_title(title: str, words: Words) -> str:
    """An incident's title; one made from a signal ("youth_safety · DE · 2026-11-27") in the reader's words."""
    label, _, rest = clean(title).partition(" · ")
    market, _, day = rest.partition(" · ")
    group = next((group for group in SERIES if words.knows(group, label)), None)
    if group is None or not ISO_DAY.fullmatch(day):
        return clean(title)
    told = f"{words.name('market', market)}, {words.day(date.fromisoformat(day))}"
    return f"{words.name(group, label)} ({told})"


def severity_badge(words: Words, severity: int) -> Badge:
    band = band_of(severity)
    kinds = {"S1": "s1", "S2": "s2", "S3": "s3", "S4": "s4"}
    return Badge(words.name("severity", band), kinds[band])  # type: ignore[arg-type]


def link(text: str, url: str, language: str = "") -> Part:
    """A link where the address is harmless, else the bare text."""
    safe = safe_url(url)
    return Link(clean(text, 80), safe, language) if safe else clean(text, 80)


def section(words: Words, number: int, key: str, *blocks: AnyBlock) -> Section:
    return Section(number, key, words.text(f"section.{number}"), blocks)


def nothing(words: Words, number: int, key: str) -> Section:
    return Section(
        number, key, words.text(f"section.{number}"), (Text((words.text(f"none.{number}"),)),), empty=True
    )
