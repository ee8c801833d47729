"""Joins groups of items by mean linkage over a sparse graph of scored pairs, best first.

Pairs that nobody scored count as unlike. Groups may be marked as settled: two of those are only joined where the
evidence is clear, so that a story that people know does not vanish into another for a whim. Pure.
"""

import heapq
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

UNSCORED = -8.0
"""Log odds of a pair too unlike to be looked at: about one in 3,000."""
SETTLED_MARGIN = 1.0
"""How much better than needed the mean must be before two known stories are joined."""


@dataclass(slots=True)
class Grouping:
    """Groups of nodes 0..n-1. `anchors` gives for a settled group its rank: the lower one keeps its name."""

    join: float
    groups: dict[int, list[int]]
    anchors: Mapping[int, int]
    sealed: frozenset[int]
    _sums: dict[int, dict[int, float]] = field(default_factory=lambda: defaultdict(dict))
    _scored: dict[int, dict[int, int]] = field(default_factory=lambda: defaultdict(dict))

    def score(self, pairs: Iterable[tuple[int, int, float]], group_of: Sequence[int]) -> None:
        """Adds scored pairs of nodes; those within one group say nothing."""
        for one, other, score in pairs:
            a, b = group_of[one], group_of[other]
            if a != b:
                for x, y in ((a, b), (b, a)):
                    self._sums[x][y] = self._sums[x].get(y, 0.0) + score
                    self._scored[x][y] = self._scored[x].get(y, 0) + 1

    def mean(self, a: int, b: int) -> float:
        """Mean log odds over all pairs of two groups."""
        pairs = len(self.groups[a]) * len(self.groups[b])
        return (self._sums[a][b] + (pairs - self._scored[a][b]) * UNSCORED) / pairs

    def _wanted(self, a: int, b: int) -> float:
        """The mean less what it takes to be joined; negative: leave them apart."""
        settled = a in self.anchors and b in self.anchors
        if settled and (a in self.sealed or b in self.sealed):
            return -1.0
        return self.mean(a, b) - self.join - (SETTLED_MARGIN if settled else 0.0)

    def run(self) -> dict[int, list[int]]:
        """Joins while any two groups want it; returns nodes by the surviving group."""
        queue = [
            (-want, a, b)
            for a in self._sums
            for b in self._sums[a]
            if a < b and (want := self._wanted(a, b)) > 0
        ]
        heapq.heapify(queue)
        while queue:
            want, a, b = heapq.heappop(queue)
            if a in self.groups and b in self.groups and abs(self._wanted(a, b) + want) < 1e-9:
                kept = self._join(a, b)
                for c in self._sums[kept]:
                    if (now := self._wanted(kept, c)) > 0:
                        heapq.heappush(queue, (-now, kept, c))
        return self.groups

    def _join(self, a: int, b: int) -> int:
        kept, gone = (a, b) if self._rank(a) <= self._rank(b) else (b, a)
        self.groups[kept] += self.groups.pop(gone)
        for c, total in self._sums.pop(gone).items():
            count = self._scored[gone][c]
            self._sums[c].pop(gone)
            self._scored[c].pop(gone)
            if c != kept:
                for x, y in ((kept, c), (c, kept)):
                    self._sums[x][y] = self._sums[x].get(y, 0.0) + total
                    self._scored[x][y] = self._scored[x].get(y, 0) + count
        del self._scored[gone]
        return kept

    def _rank(self, group: int) -> tuple[bool, int, int]:
        """Settled groups first, the older before the younger; then by number."""
        return (group not in self.anchors, self.anchors.get(group, 0), group)
