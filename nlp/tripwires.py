"""Tripwires: what is proposed for escalation without any volume, because one report is enough.

The rules are data (`tripwires.yaml`); each that fires says in one sentence what it rests on. A person confirms.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

from ruamel.yaml import YAML

from domain.model import Annotation, Item

LEADING_TIER = 1
GRAVE = 4
SENTENCE_END = re.compile(r"(?<=[.!?])\s+|\n+")


@dataclass(frozen=True, slots=True)
class Rule:
    """One tripwire of the file. `severity` and `topics` are asked of the item's annotations; no topics: any."""

    id: str
    says: str
    severity: int
    topics: frozenset[str]
    who: Mapping[str, re.Pattern[str]]
    act: Mapping[str, re.Pattern[str]]


@dataclass(frozen=True, slots=True)
class Trip:
    """A tripwire that fired on an item. `topics` are the series it belongs to, `reason` a sentence."""

    rule: str
    item_id: str
    market: str
    topics: tuple[str, ...]
    platforms: tuple[str, ...]
    reason: str


@dataclass(frozen=True, slots=True)
class _Said:
    """An item with what the annotators hold of it now."""

    item: Item
    topics: tuple[str, ...]
    platforms: tuple[str, ...]
    in_title: tuple[str, ...]
    severity: int


def _stems(by_language: Mapping[str, Sequence[str]]) -> dict[str, re.Pattern[str]]:
    return {
        language: re.compile(r"(?<!\w)(?:" + "|".join(map(re.escape, stems)) + ")", re.IGNORECASE)
        for language, stems in by_language.items()
    }


@cache
def rules() -> tuple[Rule, ...]:
    """The rules of `tripwires.yaml`, in its order."""
    loaded: dict[str, dict[str, Any]] = YAML(typ="safe").load(
        files("nlp").joinpath("tripwires.yaml").read_text(encoding="utf-8")
    )
    return tuple(
        Rule(
            id=name,
            says=entry["says"],
            severity=entry["severity"],
            topics=frozenset(entry["topics"]),
            who=_stems(entry["who"]),
            act=_stems(entry["act"]),
        )
        for name, entry in loaded.items()
    )


def trips(items: Sequence[Item], annotations: Mapping[str, Sequence[Annotation]]) -> list[Trip]:
    """Every tripwire that fires, in the order of the items. `annotations` is by item id."""
    found = []
    for item in items:
        said = _said(item, annotations.get(item.id, ()))
        if said.platforms and said.topics:
            found += [*_by_rules(said), *_by_place(said)]
    return found


def _said(item: Item, annotations: Sequence[Annotation]) -> _Said:
    held = [a for a in annotations if not a.suppressed]
    platforms = [a for a in held if a.layer == "platform"]
    opening = len(item.title) + 1 + len(item.lead)
    near = [a for a in platforms if a.start is None or a.start < opening]
    in_title = [a for a in platforms if a.start is not None and a.start < len(item.title)]
    severities = [int(a.label) for a in held if a.layer == "severity" and a.label.isdigit()]
    return _Said(
        item,
        tuple(dict.fromkeys(a.label for a in held if a.layer == "topic")),
        tuple(dict.fromkeys(a.target or a.label for a in near)),
        tuple(dict.fromkeys(a.target or a.label for a in in_title)),
        max(severities, default=0),
    )


def _by_rules(said: _Said) -> Iterator[Trip]:
    for rule in rules():
        if said.severity >= rule.severity and (not rule.topics or rule.topics & set(said.topics)):
            sentence = _sentence(said.item, rule)
            if sentence:
                yield _trip(said, rule.id, f'{rule.says}: "{sentence}"', said.platforms)


def _sentence(item: Item, rule: Rule) -> str:
    """The first sentence of title or lead that holds a word of both lists, at most 160 characters; "" if none."""
    who, act = rule.who.get(item.language), rule.act.get(item.language)
    if not who or not act:
        return ""
    for sentence in SENTENCE_END.split(f"{item.title}\n{item.lead}"):
        if who.search(sentence) and act.search(sentence):
            return sentence.strip()[:160]
    return ""


def _by_place(said: _Said) -> Iterator[Trip]:
    """A leading medium of the whole country names the platform in a headline, with severity 4 or more."""
    if said.item.tier == LEADING_TIER and said.in_title and said.severity >= GRAVE:
        outlet = said.item.outlet or said.item.source_id
        reason = f"{outlet} (tier 1) names {', '.join(said.in_title)} in a headline, severity {said.severity}"
        yield _trip(said, "leading_medium", reason, said.in_title)


def _trip(said: _Said, rule: str, reason: str, platforms: tuple[str, ...]) -> Trip:
    return Trip(rule, said.item.id, said.item.markets[0], said.topics, platforms, reason)


def by_topic(found: Sequence[Trip], market: str) -> dict[str, tuple[str, ...]]:
    """Reasons by topic for one market, each once: what `signals.Context.tripwires` takes."""
    reasons: dict[str, dict[str, None]] = {}
    for trip in found:
        if trip.market == market:
            for topic in trip.topics:
                reasons.setdefault(topic, {})[trip.reason] = None
    return {topic: tuple(said) for topic, said in reasons.items()}
