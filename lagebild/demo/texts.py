"""The hand-written texts: prose with its ground truth above it.

A file in `texts/` holds several texts. Each starts with `=== ID`, then `key: value` lines, an empty line and the
paragraphs. A paragraph `[-1 20:15] …` is an entry of a live blog; a line `+++ 0 05:10 | New headline` starts the
wording that replaces the one before it at that time. A day is counted back from this morning (0).
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import time
from functools import cache
from importlib.resources import files

from domain.errors import ConfigError

ENTRY = re.compile(r"\[(-?\d+) (\d\d:\d\d)\] (.+)", re.DOTALL)
REWRITE = re.compile(r"\+\+\+ (-?\d+) (\d\d:\d\d) \| (.+)")


@dataclass(frozen=True, slots=True)
class When:
    """A day relative to this morning (0, or negative) and a wall-clock time in Berlin."""

    day: int
    at: time


@dataclass(frozen=True, slots=True)
class Rewrite:
    """What replaces headline and paragraphs from `when` on."""

    when: When
    title: str
    paragraphs: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Text:
    """One hand-written article and what a careful analyst would say about it."""

    id: str
    title: str
    language: str
    when: When
    paragraphs: tuple[str, ...]
    alternatives: tuple[str, ...] = ()  # headlines that other desks gave the same copy
    topics: tuple[str, ...] = ()
    severity: int = 0
    story: str | None = None  # None: stands alone
    stances: tuple[tuple[str, str], ...] = ()  # (platform, critical | neutral | supportive)
    credit: str | None = None  # the agency, None for own reporting
    author: str | None = None
    section: str = ""
    kind: str = "article"  # article | liveblog | paywalled
    home: str | None = None  # the outlet that wrote it
    spread: tuple[tuple[str, int], ...] = ()  # (market, number of outlets that took it over)
    entries: tuple[tuple[When, str], ...] = ()
    rewrites: tuple[Rewrite, ...] = ()
    withdrawn: When | None = None

    @property
    def relevant(self) -> bool:
        return self.severity > 0


@dataclass(slots=True)
class _Draft:
    facts: dict[str, str] = field(default_factory=dict)
    alternatives: list[str] = field(default_factory=list)
    blocks: list[str] = field(default_factory=list)


def parse_texts(source: str, name: str) -> Iterator[Text]:
    """The texts of one file, in its order; raises ConfigError for one that cannot be read."""
    for chunk in re.split(r"^=== ", source, flags=re.MULTILINE)[1:]:
        head, _, body = chunk.partition("\n\n")
        try:
            yield _text(_draft(head, body))
        except (KeyError, ValueError) as error:
            raise ConfigError(
                f"{name}: text {head.splitlines()[0]!r}: {error}",
                remedy="see the head of lagebild/demo/texts.py",
            ) from error


def _draft(head: str, body: str) -> _Draft:
    first, *lines = head.splitlines()
    draft = _Draft(facts={"id": first.strip()})
    for line in lines:
        key, _, value = line.partition(": ")
        if key == "alt":
            draft.alternatives.append(value.strip())
        else:
            draft.facts[key] = value.strip()
    draft.blocks = [" ".join(block.split()) for block in body.split("\n\n") if block.strip()]
    return draft


def _text(draft: _Draft) -> Text:
    facts = draft.facts
    plain, entries, rewrites = _sort_blocks(draft.blocks)
    return Text(
        id=facts["id"],
        title=facts["title"],
        language=facts["lang"],
        when=_when(facts["when"]),
        paragraphs=plain,
        alternatives=tuple(draft.alternatives),
        topics=tuple(facts.get("topics", "").split()),
        severity=int(facts.get("severity", "0")),
        story=facts.get("story"),
        stances=tuple(_pairs(facts.get("stances", ""))),
        credit=facts.get("credit"),
        author=facts.get("by"),
        section=facts.get("section", ""),
        kind=facts.get("kind", "article"),
        home=facts.get("home"),
        spread=tuple((market, int(count)) for market, count in _pairs(facts.get("spread", ""))),
        entries=entries,
        rewrites=rewrites,
        withdrawn=_when(facts["withdrawn"]) if "withdrawn" in facts else None,
    )


def _sort_blocks(
    blocks: list[str],
) -> tuple[tuple[str, ...], tuple[tuple[When, str], ...], tuple[Rewrite, ...]]:
    plain: list[str] = []
    entries: list[tuple[When, str]] = []
    rewrites: list[tuple[When, str, list[str]]] = []
    for block in blocks:
        if entry := ENTRY.fullmatch(block):
            entries.append((_when(f"{entry[1]} {entry[2]}"), entry[3]))
        elif rewrite := REWRITE.fullmatch(block):
            rewrites.append((_when(f"{rewrite[1]} {rewrite[2]}"), rewrite[3], []))
        else:
            (rewrites[-1][2] if rewrites else plain).append(block)
    return tuple(plain), tuple(entries), tuple(Rewrite(w, t, tuple(p)) for w, t, p in rewrites)


def _pairs(words: str) -> Iterator[tuple[str, str]]:
    for word in words.split():
        key, _, value = word.partition("=")
        yield key, value


def _when(words: str) -> When:
    day, at = words.split()
    return When(int(day), time.fromisoformat(at))


@cache
def read_texts() -> tuple[Text, ...]:
    """Every text of the package, by file name and then in the file's order."""
    folder = files("lagebild.demo").joinpath("texts")
    pages = sorted(
        (page for page in folder.iterdir() if page.name.endswith(".md")), key=lambda page: page.name
    )
    return tuple(text for page in pages for text in parse_texts(page.read_text("utf-8"), page.name))
