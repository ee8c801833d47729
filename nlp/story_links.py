"""How likely two items tell of one event, and why.

A logistic score over few signs: nearness of meaning (sentence vectors), rare words in common, names in common across
spellings, places that contradict each other. One set of weights within a language and one across, for each kind of
encoder; `nlp/models/train_stories.py` fits them. Pure.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from nlp.story_features import Features, Floats, sound

SHOWN_NAMES = 4
NEARLY_SAME = 0.7
"""Cosine of words from which two service pieces are one text in two versions."""
UNLIKE = -12.0
LEAST_WORDS = 0.05
"""Cosine under which two items share no word that tells anything."""


@dataclass(frozen=True, slots=True)
class Signs:
    """What two items have in common. `meaning` is the cosine of their vectors, 0 without an encoder.

    `contradiction` is 1 when both name places and none in common, `bare` when they share no name and no rare word.
    """

    meaning: float
    words: float
    names: float
    contradiction: float
    bare: float

    def row(self) -> tuple[float, ...]:
        """The signs as the weights expect them."""
        return (self.meaning, self.words, math.sqrt(self.names), self.contradiction, self.bare)


@dataclass(frozen=True, slots=True)
class Link:
    """A scored pair: log odds, cosine, and the shared names as the second item spells them, rarest first."""

    score: float
    similarity: float
    shared: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Weights:
    """A logistic score: bias and one weight per sign of `Signs.row`, within a language and across languages.

    `join` is the mean log odds at which two groups become one.
    """

    within: tuple[float, ...]
    across: tuple[float, ...]
    join: float

    def score(self, signs: Signs, same_language: bool) -> float:
        bias, *slopes = self.within if same_language else self.across
        return bias + sum(slope * sign for slope, sign in zip(slopes, signs.row(), strict=True))


def word_cosine(one: Features, other: Features) -> float:
    """Of their words as sparse vectors; 0 when they share none."""
    small, large = (
        (one.words, other.words) if len(one.words) <= len(other.words) else (other.words, one.words)
    )
    # In the order of the smaller one, so that a sum is the same to the last bit at every run.
    product = sum([weight * large[key] for key, weight in small.items() if key in large])
    return product / math.sqrt(one.squares * other.squares) if product else 0.0


def shared_names(one: Features, other: Features) -> dict[str, float]:
    """Weight by name as `other` spells it; the word and its sound count once."""
    if one.names.keys().isdisjoint(other.names):
        return {}
    best: dict[str, tuple[float, str]] = {}
    # In the order of the first, so that of two spellings with one weight every run names the same.
    for key in [key for key in one.names if key in other.names]:
        weight = min(one.names[key], other.names[key])
        family = sound(key[1:]) if key[0] == "=" else key.lstrip("~")
        if weight > best.get(family, (0.0, ""))[0]:
            best[family] = (weight, other.spelled[key])
    return {name: weight for weight, name in sorted(best.values(), key=lambda b: (-b[0], b[1]))}


def compare(one: Features, other: Features, meaning: float | None = None) -> tuple[Signs, dict[str, float]]:
    """The signs of a pair, with its shared names. `meaning` is the cosine when the caller knows it already."""
    names = shared_names(one, other)
    if meaning is None:
        meaning = float(one.vector @ other.vector) if one.vector.size and other.vector.size else 0.0
    apart = bool(one.places and other.places and not one.places & other.places)
    words = word_cosine(one, other)
    bare = not names and words < LEAST_WORDS
    return Signs(meaning, words, sum(names.values()), float(apart), float(bare)), names


def link(one: Features, other: Features, weights: Weights, meaning: float | None = None) -> Link:
    """The scored pair."""
    signs, names = compare(one, other, meaning)
    score = weights.score(signs, one.language == other.language)
    if (one.service or other.service) and signs.words < NEARLY_SAME:
        score = UNLIKE
    return Link(score, signs.meaning, tuple(names)[:SHOWN_NAMES])


def stacked(features: Sequence[Features]) -> Floats:
    """Their vectors as rows; zero columns without an encoder. A vector of another width (made by other encoders,
    not read again yet) is a zero row."""
    width = max((f.vector.size for f in features), default=0)
    rows = np.zeros((len(features), width), np.float32)
    for row, one in zip(rows, features, strict=True):
        if one.vector.size == width:
            row[:] = one.vector
    return rows
