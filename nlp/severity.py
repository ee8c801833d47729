"""How bad it is, 0 to 5, with the reasons.

0 not relevant · 1 background · 2 debate or advice · 3 documented harm or a demand for rules · 4 serious ongoing harm
or official action naming a platform · 5 death, mass harm, a ban. The encoder proposes a level; written rules raise or
lower it, and each rule that spoke is listed with its words. A person may override with a reason.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

from domain.model import Annotation, Evidence
from nlp.topic_rules import cue_words

SERIOUS_FOR_DEATH = frozenset(
    {
        "suicide_self_harm",
        "dangerous_acts_challenges",
        "youth_safety",
        "bullying_harassment",
        "drugs_weapons_regulated",
        "violent_graphic_content",
        "extremism_terrorism",
        "child_sexual_exploitation",
    }
)
WORDS = {
    "death": "a death is named",
    "minors": "minors are affected",
    "authority": "an authority speaks or acts",
    "enforcement": "enforcement is under way",
    "mass": "very many people are affected",
    "prevention": "prevention or advice",
    "fiction": "fiction or review",
    "history": "it lies in the past",
}


@dataclass(frozen=True, slots=True)
class Severity:
    """`level` 0..5; `reasons` in plain words, the proposal first."""

    level: int
    reasons: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Facts:
    """What the rules look at. `named_in_title`: a watched platform is in the title."""

    text: str
    language: str
    topics: tuple[str, ...]
    named_in_title: bool


def expected_level(logits: Sequence[float]) -> float:
    """1..5 from the logits of at least 1 .. at least 5, as the sum of their chances."""
    return 1.0 + sum(1 / (1 + math.exp(-float(x))) for x in logits[1:])


def judge_severity(logits: Sequence[float], facts: Facts) -> Severity:
    """The level of a relevant item."""
    expected = expected_level(logits)
    reasons = [f"the model reads level {expected:.1f}"]
    shift = 0.0
    for rule, step in _rules(facts):
        shift += step
        reasons.append(rule)
    return Severity(max(1, min(5, math.floor(expected + shift + 0.5))), tuple(reasons))


def _rules(facts: Facts) -> list[tuple[str, float]]:
    """Each rule that holds, with its step. Steps are small because the model has seen the same words."""
    found = _words(facts)
    steps: list[tuple[str, float]] = []

    def rule(name: str, step: float, more: str = "") -> None:
        quoted = ", ".join(f"»{w}«" for w in found[name][:2])
        steps.append((f"{WORDS[name]}{more}: {quoted}", step))

    if "death" in found:
        rule("death", 0.5 if SERIOUS_FOR_DEATH & set(facts.topics) else 0.0)
    if "minors" in found:
        rule("minors", 0.1 if found.keys() & {"death", "enforcement"} else 0.0)
    if "authority" in found:
        naming = facts.named_in_title and "enforcement" in found
        rule("authority", 0.2 if naming else 0.0, " against a platform named in the title" if naming else "")
    if "enforcement" in found and "authority" not in found:
        rule("enforcement", 0.1 if facts.named_in_title else 0.0)
    if "mass" in found:
        rule("mass", 0.1)
    for name in ("prevention", "fiction", "history"):
        if name in found:
            rule(name, -0.4)
    return steps


def _words(facts: Facts) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for section in ("severity", "lowering"):
        for name, hit in cue_words(section, facts.language).find(facts.text):
            if name in WORDS:
                found.setdefault(name, []).append(facts.text[hit.start : hit.end])
    return found


BY_HAND = "severity:by hand"
AUTOMATIC = "severity:automatic"


def overridden(tag: Annotation, level: int, who: str, reason: str) -> Annotation:
    """A person's level on a severity tag: `text` says who, the reason comes first and the machine's stay below it.

    Raises ValueError without a reason, or outside 0 to 5.
    """
    if not reason.strip():
        raise ValueError("an override needs a reason")
    if not 0 <= level <= 5:
        raise ValueError(f"severity runs from 0 to 5, not {level}")
    plain = restored(tag)
    said = Evidence(0, 0, f"{who}: {reason.strip()}", BY_HAND)
    machine = Evidence(0, 0, f"automatic level: {plain.label}", AUTOMATIC, float(plain.label))
    return replace(plain, label=str(level), text=who, evidence=(said, machine, *plain.evidence))


def restored(tag: Annotation) -> Annotation:
    """The tag as the machine gave it; itself where no person spoke."""
    machine = next((e for e in tag.evidence if e.rule == AUTOMATIC), None)
    if machine is None or machine.similarity is None:
        return tag
    own = tuple(e for e in tag.evidence if e.rule not in (BY_HAND, AUTOMATIC))
    return replace(tag, label=str(int(machine.similarity)), text="", evidence=own)
