"""How far two people who read the same items agree: Cohen's kappa over what each said. Pure."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import combinations

from domain.model import Label

Answers = dict[str, dict[str, set[str]]]
"""By item and person: what they said holds."""

RELEVANT = "relevant"


@dataclass(frozen=True, slots=True)
class Agreement:
    """Of `n` answers given twice, `same` were equal; `kappa` is None where chance alone explains everything.

    `what` is relevance or topics; `label` one topic, "" for all together.
    """

    what: str
    label: str
    n: int
    same: int
    kappa: float | None


def kappa(pairs: Sequence[tuple[object, object]]) -> float | None:
    """Agreement beyond chance: 1 is full, 0 what chance gives; None without pairs or without any variety."""
    n = len(pairs)
    if n == 0:
        return None
    seen = sum(a == b for a, b in pairs) / n
    first, second = Counter(a for a, _ in pairs), Counter(b for _, b in pairs)
    by_chance = sum(first[answer] * second[answer] for answer in first) / (n * n)
    return None if by_chance == 1 else (seen - by_chance) / (1 - by_chance)


def agreement(labels: Iterable[Label], topics: Sequence[str]) -> list[Agreement]:
    """Relevance first, then all topics together, then each topic that anybody saw in a twice-read item."""
    said = answers(labels)
    pairs = [pair for readers in said.values() for pair in combinations(sorted(readers), 2)]
    both = [
        (said[item][one], said[item][other])
        for item in said
        for one, other in combinations(sorted(said[item]), 2)
    ]
    if not pairs:
        return []
    relevance = [(RELEVANT in one, RELEVANT in other) for one, other in both]
    by_topic = {topic: [(topic in one, topic in other) for one, other in both] for topic in topics}
    seen = [topic for topic in topics if any(any(pair) for pair in by_topic[topic])]
    together = [pair for topic in seen for pair in by_topic[topic]]
    rows = [("relevance", "", relevance), ("topics", "", together)]
    rows += [("topics", topic, by_topic[topic]) for topic in seen]
    return [
        Agreement(what, label, len(p), sum(a == b for a, b in p), kappa(p)) for what, label, p in rows if p
    ]


def answers(labels: Iterable[Label]) -> Answers:
    """What each reviewer said holds of each item; only who was asked about relevance counts as a reviewer."""
    held: defaultdict[str, dict[str, set[str]]] = defaultdict(dict)
    topics: defaultdict[tuple[str, str], set[str]] = defaultdict(set)
    for label in labels:
        if label.layer == "relevance":
            held[label.item_id][label.by] = {RELEVANT} if label.verdict == "right" else set()
        elif label.layer == "topic" and label.verdict != "wrong":
            topics[label.item_id, label.by].add(label.label)
    return {
        item: {who: said | (topics[item, who] if said else set()) for who, said in readers.items()}
        for item, readers in held.items()
    }
