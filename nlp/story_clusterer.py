"""Finds stories in the order of time: items on one event, in one language and across languages.

Each batch of new items is compared with the items of the last days through an index of rare words and through
sentence vectors; the pairs that look alike are scored (`nlp/story_links.py`) and groups are joined by the mean of
their scores (`nlp/story_groups.py`). A story keeps its id for life: the hash of its first item. Pure.
"""

import hashlib
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import numpy as np

from nlp.story_features import NO_ROWS, Features, Floats
from nlp.story_groups import Grouping
from nlp.story_links import Link, Weights, link, stacked

WINDOW = timedelta(days=4)
"""A new item is compared with items this much older at most."""
AGEING_PER_DAY = 0.35
"""Log odds that a pair loses for each day between its items."""
NEAREST = 64
"""How many neighbours by meaning and by rare words are scored for each new item."""
LEAST_MEANING = 0.2
INDEXED_WEIGHT = 6.0
"""A name lighter than this (more than one headline in 400) finds no candidates, it only helps to judge them."""
LONGEST_POSTING = 400
LATEST_MEMBERS = 30
"""A story is compared by its latest members; mean linkage over hundreds would freeze it."""
SETTLE = 1000
"""How many items of a stream are seen together before their places are told."""


@dataclass(frozen=True, slots=True)
class Placement:
    """Where an item belongs and why. `similarity` is its best cosine within the story, 1 for the first item."""

    item_id: str
    story_id: str
    why: str
    similarity: float


@dataclass(frozen=True, slots=True)
class Merge:
    """Two known stories turned out to be one; `kept` is the older."""

    kept: str
    gone: str


@dataclass(frozen=True, slots=True)
class Placed:
    """What one batch decided, items in the order given."""

    placements: tuple[Placement, ...]
    merges: tuple[Merge, ...] = ()


def story_id_of(first_item_id: str) -> str:
    """A story is named by the item that opened it."""
    return "s" + hashlib.sha256(first_item_id.encode()).hexdigest()[:15]


@dataclass(slots=True)
class Clusterer:
    """The memory of the last days; what is older than the window is forgotten."""

    weights: Weights
    window: timedelta = WINDOW
    pinned: frozenset[str] = frozenset()
    _known: list[Features] = field(default_factory=list)
    _story_of: dict[str, str] = field(default_factory=dict)
    _opened: dict[str, int] = field(default_factory=dict)
    _rows: Floats = field(default_factory=lambda: NO_ROWS)
    """Vectors of `_known`, but for those of the last batch, which are still in `_fresh`."""
    _fresh: Floats = field(default_factory=lambda: NO_ROWS)

    def remember(self, known: Sequence[Features], stories: Sequence[str], rows: Floats) -> None:
        """Tells of items that are placed already, each with its story and its vector (which its features need not have), in
        order of time; to be called once, before `place`."""
        self._known, self._rows = list(known), rows
        for features, story in zip(known, stories, strict=True):
            self._opened.setdefault(story, len(self._opened))
            self._story_of[features.item_id] = story

    def place(self, items: Sequence[Features]) -> Placed:
        """Places a batch, in order of time; the items of a batch are judged together."""
        if not items:
            return Placed(())
        self._settle_rows(stacked(items))
        self._forget(min(f.published_at for f in items) - self.window)
        nodes = [*self._known, *items]
        groups, anchors, names = self._start(nodes, len(self._known))
        group_of = {node: group for group, members in groups.items() for node in members}
        pairs = self._pairs(nodes, len(self._known))
        sealed = frozenset(g for g, name in names.items() if name in self.pinned)
        grouping = Grouping(self.weights.join, groups, anchors, sealed)
        links = {pair: found for pair, found in pairs.items() if pair[0] in group_of and pair[1] in group_of}
        lookup = [group_of.get(node, -1) for node in range(len(nodes))]
        grouping.score(((a, b, found.score) for (a, b), found in sorted(links.items())), lookup)
        return self._settled(nodes, len(self._known), grouping.run(), names, links)

    def _start(
        self, nodes: Sequence[Features], known: int
    ) -> tuple[dict[int, list[int]], dict[int, int], dict[int, str]]:
        """Groups before anything is joined: known stories by their latest members, new items alone."""
        by_story: dict[str, list[int]] = defaultdict(list)
        for node in range(known):
            by_story[self._story_of[nodes[node].item_id]].append(node)
        groups, anchors, names = {}, {}, {}
        for story, members in by_story.items():
            group = members[0]
            groups[group], anchors[group], names[group] = (
                members[-LATEST_MEMBERS:],
                self._opened[story],
                story,
            )
        groups |= {node: [node] for node in range(known, len(nodes))}
        return groups, anchors, names

    def _pairs(self, nodes: Sequence[Features], known: int) -> dict[tuple[int, int], Link]:
        """Scored candidates (older node first) of the new items, aged by the time between the two."""
        meanings = np.hstack([self._fresh @ self._rows.T, self._fresh @ self._fresh.T])
        index = _Index(nodes, known)
        pairs = {}
        for node in range(known, len(nodes)):
            near = meanings[node - known] if self._fresh.size else None
            for other in _candidates(node, near, index):
                pair = (min(node, other), max(node, other))
                if pair not in pairs:
                    meaning = float(near[other]) if near is not None else 0.0
                    pairs[pair] = self._aged(nodes[pair[0]], nodes[pair[1]], meaning)
        return pairs

    def _aged(self, one: Features, other: Features, meaning: float) -> Link:
        found = link(one, other, self.weights, meaning)
        days = abs((other.published_at - one.published_at).total_seconds()) / 86_400
        return Link(found.score - AGEING_PER_DAY * days, found.similarity, found.shared)

    def _settle_rows(self, fresh: Floats) -> None:
        """Puts the vectors of the last batch to those before, and the new batch's in their place.

        Vectors of fewer numbers than others have (made by other encoders, not read again yet) count as nothing.
        """
        width = max(rows.shape[1] for rows in (self._rows, self._fresh, fresh))
        before = [_widened(rows, width) for rows in (self._rows, self._fresh)]
        self._rows = np.vstack(before) if len(self._fresh) else before[0]
        self._fresh = _widened(fresh, width)

    def _settled(
        self,
        nodes: Sequence[Features],
        known: int,
        groups: Mapping[int, list[int]],
        names: Mapping[int, str],
        links: Mapping[tuple[int, int], Link],
    ) -> Placed:
        placements: dict[int, Placement] = {}
        merges: list[Merge] = []
        by_node = _by_node(links)
        for group, members in groups.items():
            story = names.get(group) or story_id_of(nodes[min(members)].item_id)
            self._opened.setdefault(story, len(self._opened))
            absorbed = {self._story_of[nodes[n].item_id] for n in members if n < known} - {story}
            merges += [Merge(story, gone) for gone in sorted(absorbed)]
            inside = set(members)
            for node in sorted(inside):
                if node >= known:
                    placements[node] = _placement(node, nodes, story, inside, by_node.get(node, {}))
        self._keep(nodes, known, placements, merges)
        return Placed(tuple(placements[node] for node in range(known, len(nodes))), tuple(merges))

    def _keep(
        self,
        nodes: Sequence[Features],
        known: int,
        placements: Mapping[int, Placement],
        merges: Sequence[Merge],
    ) -> None:
        heirs = {merge.gone: merge.kept for merge in merges}
        self._story_of = {item: heirs.get(story, story) for item, story in self._story_of.items()}
        self._known = list(nodes)
        for placement in placements.values():
            self._story_of[placement.item_id] = placement.story_id

    def _forget(self, before: datetime) -> None:
        """Drops what left the window."""
        gone = [f for f in self._known if f.published_at < before]
        if not gone:
            return
        self._rows = self._rows[np.array([f.published_at >= before for f in self._known])]
        self._known = [f for f in self._known if f.published_at >= before]
        for features in gone:
            del self._story_of[features.item_id]


def _widened(rows: Floats, width: int) -> Floats:
    return rows if rows.shape[1] == width else np.zeros((len(rows), width), np.float32)


def _by_node(links: Mapping[tuple[int, int], Link]) -> dict[int, dict[int, Link]]:
    by_node: dict[int, dict[int, Link]] = defaultdict(dict)
    for (one, other), found in links.items():
        by_node[one][other] = found
        by_node[other][one] = found
    return by_node


def _placement(
    node: int, nodes: Sequence[Features], story: str, inside: set[int], links: Mapping[int, Link]
) -> Placement:
    near = {other: found for other, found in links.items() if other in inside}
    if not near:
        return Placement(nodes[node].item_id, story, "opens the story", 1.0)
    best = max(near, key=lambda other: (near[other].score, -other))
    return Placement(
        nodes[node].item_id, story, reason(near[best], nodes[best].item_id), max(near[best].similarity, 0.0)
    )


def reason(found: Link, other_id: str) -> str:
    """Why two items were linked, in words."""
    shared = f"shares {', '.join(found.shared)}; " if found.shared else ""
    return f"{shared}similarity {found.similarity:.2f} to {other_id}"


# --- candidates ----------------------------------------------------------------------------------


class _Index:
    """Nodes by the rare names and words of the new ones, which begin at `known`."""

    def __init__(self, nodes: Sequence[Features], known: int) -> None:
        self._nodes = nodes
        asked = {key for features in nodes[known:] for key in _index_keys(features)}
        self._postings: dict[str, list[int]] = defaultdict(list)
        for node, features in enumerate(nodes):
            for key in asked.intersection(_index_keys(features)):
                self._postings[key].append(node)

    def sharing(self, node: int) -> list[int]:
        """Nodes that share rare keys with this one, those with the most weight first."""
        found: Counter[int] = Counter()
        for key, weight in _index_keys(self._nodes[node]).items():
            postings = self._postings[key]
            if len(postings) <= LONGEST_POSTING:
                for other in postings:
                    found[other] += weight  # type: ignore[assignment]
        found.pop(node, None)
        return sorted(found, key=lambda other: (-found[other], other))[:NEAREST]


def _index_keys(features: Features) -> dict[str, float]:
    rare = {key: weight for key, weight in features.names.items() if weight >= INDEXED_WEIGHT}
    return rare | {key: weight for key, weight in features.words.items() if weight >= INDEXED_WEIGHT}


def _candidates(node: int, meanings: Floats | None, index: _Index) -> list[int]:
    by_names = index.sharing(node)
    if meanings is None or not meanings.size:
        return by_names
    count = min(NEAREST + 1, len(meanings))
    nearest = np.argpartition(-meanings, count - 1)[:count]
    by_meaning = [int(n) for n in nearest if n != node and meanings[n] >= LEAST_MEANING]
    return sorted({*by_names, *by_meaning})


# --- a stream of headlines -----------------------------------------------------------------------


def label_stream(
    items: Iterable[Features], weights: Weights, settle: int = SETTLE
) -> Iterator[tuple[str, str]]:
    """(item id, story label) for each item in order; a label is told once `settle` items were seen together.

    Memory is bounded by the window and by `settle`.
    """
    clusterer = Clusterer(weights)
    waiting: list[Features] = []
    for features in items:
        waiting.append(features)
        if len(waiting) == settle:
            yield from _labels(clusterer.place(waiting))
            waiting = []
    yield from _labels(clusterer.place(waiting))


def _labels(placed: Placed) -> Iterator[tuple[str, str]]:
    for placement in placed.placements:
        yield placement.item_id, placement.story_id
