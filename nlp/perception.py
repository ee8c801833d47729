"""Tone of coverage: how an item speaks of each platform it names, with the sentence that shows it.

A bad event and a bad word about us are different things: a crime planned in a chat group is neutral toward the
messenger. The tone comes from what the encoder's tone layers make of the tokens that name the platform and, in German,
from the words around them (`nlp/tone_words.py`).
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, cast

import numpy as np
from numpy.typing import NDArray

from nlp.phrases import Phrases
from nlp.topic_rules import load_cues

Tone = Literal["critical", "neutral", "supportive"]
TONES: tuple[Tone, ...] = ("critical", "neutral", "supportive")
SENTENCE_END = re.compile(r"[.!?…]+[\"“”»«’)]*\s+(?=[\"„“»«A-ZÀ-Þ0-9])|\n+")
FEW = 20  # below this many items a share says nothing


@dataclass(frozen=True, slots=True)
class Mention:
    """A watched platform named at `start`..`end` of title + line feed + text; `target` is its watchlist id."""

    target: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Stance:
    """`sentence` is the first one that names the target, the title before all others. `score` 0..1."""

    target: str
    stance: Tone
    score: float
    sentence: tuple[int, int]
    about: bool


@dataclass(frozen=True, slots=True)
class Share:
    """How much of the coverage took a tone: the share with its 95 % Wilson interval; `n` items spoke."""

    share: float
    low: float
    high: float
    n: int

    @property
    def too_few(self) -> bool:
        return self.n < FEW


KNOWN = {  # spelled-out ids of names that the light finder knows; the watchlist knows many more
    "tik tok": "tiktok", "x corp": "x", "kick.com": "kick", "twitter": "twitter", "chatgpt": "chatgpt",
}  # fmt: skip
LONE_X = re.compile(r"(?<![\w.&/+-])X(?![\w.&/+])(?=[\s:,;?!)-]|$)")
CAPITAL_ONLY = frozenset({"meta", "threads", "signal", "kick"})


def _bare(term: str) -> str:
    return term.strip("~")


_NAMES = Phrases((str(term), n) for n, term in enumerate(load_cues()["scope"]["platform"]))
_IDS = [KNOWN.get(_bare(t), _bare(t)) for t in load_cues()["scope"]["platform"]]


def named_platforms(text: str) -> tuple[Mention, ...]:
    """The few platforms that can be told by spelling alone, in order; used where no watchlist ran before."""
    found = [Mention(_IDS[hit.payload], hit.start, hit.end) for hit in _NAMES.find(text)]
    kept = [m for m in found if m.target not in CAPITAL_ONLY or text[m.start].isupper()]
    others = bool(kept) or "Musk" in text or "Post" in text or "Plattform" in text
    lone = [Mention("x", m.start(), m.end()) for m in LONE_X.finditer(text)] if others else []
    return tuple(sorted([*kept, *lone], key=lambda m: (m.start, m.end)))


def by_target(mentions: Iterable[Mention]) -> dict[str, tuple[tuple[int, int], ...]]:
    """Spans of each target, targets by first mention."""
    spans: dict[str, list[tuple[int, int]]] = {}
    for mention in sorted(mentions, key=lambda m: (m.start, m.end)):
        spans.setdefault(mention.target, []).append((mention.start, mention.end))
    return {target: tuple(places) for target, places in spans.items()}


def sentence_at(text: str, position: int) -> tuple[int, int]:
    """The sentence around a code point, without the white space at its ends."""
    start = 0
    for match in SENTENCE_END.finditer(text):
        if match.end() > position:
            return start, match.start() + len(match.group().rstrip())
        start = match.end()
    return start, len(text.rstrip())


def is_about(title_length: int, spans: Sequence[tuple[int, int]]) -> bool:
    """Whether the item is about the platform and does not merely mention it: named in the title, or three times."""
    return spans[0][0] < title_length or len(spans) >= 3


@dataclass(frozen=True, slots=True)
class ToneModel:
    """Softmax over TONES of `weights` (3, features) times standardised features."""

    mean: NDArray[np.float64]
    spread: NDArray[np.float64]
    weights: NDArray[np.float64]
    bias: NDArray[np.float64]

    @classmethod
    def of(cls, fitted: Mapping[str, Sequence[float]]) -> ToneModel:
        return cls(*(np.array(fitted[name]) for name in ("mean", "spread", "weights", "bias")))

    def probabilities(self, features: Sequence[float]) -> NDArray[np.float64]:
        logits = self.weights @ ((np.array(features) - self.mean) / self.spread) + self.bias
        odds = np.exp(logits - logits.max())
        return cast("NDArray[np.float64]", odds / odds.sum())


def wilson(hits: int, n: int) -> Share:
    """Share with Wilson's 95 % interval; n = 0 gives 0 with the whole range."""
    if n == 0:
        return Share(0.0, 0.0, 1.0, 0)
    z, p = 1.96, hits / n
    middle = (p + z * z / (2 * n)) / (1 + z * z / n)
    half = z * math.sqrt(p * (1 - p) / n + z * z / (4 * n * n)) / (1 + z * z / n)
    return Share(p, max(0.0, middle - half), min(1.0, middle + half), n)


def shares(stances: Iterable[tuple[str, str]]) -> dict[str, dict[Tone, Share]]:
    """Shares of each tone by lens from (lens, tone) of one platform's items. Lenses are never added together."""
    counted: dict[str, dict[str, int]] = {}
    for lens, tone in stances:
        of_lens = counted.setdefault(lens, {})
        of_lens[tone] = of_lens.get(tone, 0) + 1
    return {
        lens: {tone: wilson(of_lens.get(tone, 0), sum(of_lens.values())) for tone in TONES}
        for lens, of_lens in counted.items()
    }
