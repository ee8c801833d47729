"""What the words around a platform's name say of the tone, for German headlines.

The encoder knows what a headline is about; whether the platform is accused, a mere venue or a helper often hangs on
small words: *auf* TikTok, *gegen* Meta, Meta *löscht*, WhatsApp*-Betrug*. These are binary features of a linear model
over hashed buckets (`models/risk/tone_words.npz`), whose three scores join the encoder's in the tone layer.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from ruamel.yaml import YAML

from nlp.checked import checked_arrays

BUCKETS = 1 << 15
CUES = Path(__file__).parent / "tone_cues.yaml"
WORD = re.compile(r"\w+|[^\w\s]")
CLAUSES = re.compile(r"(?<=[.!?])\s|\n|\s\+\s|\s[–—]\s")
VENUE = frozenset({"auf", "bei", "über", "via", "per", "in", "im"})
PREPOSITIONS = VENUE | frozenset(
    {"gegen", "von", "an", "vor", "zu", "für", "und", "wie", "aus", "durch", "mit"}
)
READ = 3  # mentions looked at
NEAR = 50  # code points on either side of a mention
OTHERS = re.compile(
    r"tiktok|instagram|facebook|\bmeta\b|youtube|whatsapp|telegram|twitter|temu|shein|google|amazon|chatgpt|openai"
    r"|\bX\b|snapchat|twitch|reddit|apple|microsoft|mastodon|bluesky|threads",
    re.IGNORECASE,
)

Span = tuple[int, int]


@cache
def cues() -> Mapping[str, re.Pattern[str]]:
    """Kind of cue -> pattern of its stems."""
    raw: Mapping[str, Sequence[str]] = YAML(typ="safe").load(CUES.read_text(encoding="utf-8"))
    return {kind: re.compile("|".join(map(re.escape, stems)), re.IGNORECASE) for kind, stems in raw.items()}


def tone_words(text: str, spans: Sequence[Span], title_end: int) -> set[str]:
    """Names of the features of one platform. `spans` are its mentions in `text`, `title_end` where the title ends."""
    found = _wording(text, spans, title_end)
    for start, end in spans[:READ]:
        found |= _around(text, start, end)
    found |= _of_clauses(text, spans, title_end)
    roles = found & {"subject", "venue", "prep=gegen"}
    found |= {f"{role}&{name}" for role in roles for name in found if name.startswith("clause=")}
    return found


def _wording(text: str, spans: Sequence[Span], title_end: int) -> set[str]:
    """The text's words by their beginning and end, the title's once more; how often and where it is named."""
    bare = _without(text, spans).lower()
    words = [w for w in WORD.findall(bare) if len(w) > 3]
    found = {f"word={w[:8]}" for w in words} | {f"end={w[-6:]}" for w in words if len(w) > 9}
    found |= {f"title={w[:6]}" for w in WORD.findall(bare[:title_end]) if len(w) > 3}
    named = {m.lower() for m in OTHERS.findall(text)}
    found.add(f"named={min(4, len(named))}")
    found.add(f"mentions={min(READ, len(spans))}")
    if spans and spans[0][0] < title_end:
        found.add("in title")
    return found


def _without(text: str, spans: Sequence[Span]) -> str:
    """The text with the target's name blanked, so that no platform has a tone of its own."""
    for start, end in spans:
        text = text[:start] + " " * (end - start) + text[end:]
    return text


def _around(text: str, start: int, end: int) -> set[str]:
    """Words and cues on both sides of one mention, and the part it plays."""
    before = [w.lower() for w in WORD.findall(text[:start])][-3:]
    after = [w.lower() for w in WORD.findall(text[end:])][:4]
    found = {f"before{n}={w[:7]}" for n, w in enumerate(reversed(before), 1)}
    found |= {f"after{n}={w[:7]}" for n, w in enumerate(after, 1)}
    if before:
        found.add("before=" + " ".join(before[-2:]))
    if before and before[-1] in PREPOSITIONS:
        found.add(f"prep={before[-1]}")
        found |= {"venue"} if before[-1] in VENUE else set()
    if len(after) > 1 and after[0] == "-":
        found |= {"compound", f"compound={after[1][:6]}", f"compound end={after[1][-6:]}"}
    right, left = text[end : end + NEAR], text[max(0, start - NEAR) : start]
    found |= {f"right={kind}" for kind, cue in cues().items() if cue.search(right)}
    found |= {f"left={kind}" for kind, cue in cues().items() if cue.search(left)}
    if not before or before[-1] in {":", ".", "?", "!"}:
        found.add("subject")
        found |= {f"subject verb={after[0][:7]}"} if after else set()
    return found


def _of_clauses(text: str, spans: Sequence[Span], title_end: int) -> set[str]:
    """Cues of the clauses that name it, and of the title."""
    own = " ".join(_clauses_with(text, spans[:READ]))
    found = {f"clause={kind}" for kind, cue in cues().items() if cue.search(own)}
    return found | {f"in title={kind}" for kind, cue in cues().items() if cue.search(text[:title_end])}


def _clauses_with(text: str, spans: Sequence[Span]) -> Iterable[str]:
    ends = [m.end() for m in CLAUSES.finditer(text)] + [len(text)]
    for start, end in zip([0, *ends], ends, strict=False):
        if any(start <= a < end for a, _ in spans):
            yield text[start:end]


def buckets(features: Iterable[str]) -> NDArray[np.int64]:
    """Distinct hashed buckets of the features, sorted."""
    return np.array(sorted({_bucket(feature) for feature in features}) or [0], np.int64)


def _bucket(feature: str) -> int:
    return int.from_bytes(hashlib.blake2b(feature.encode(), digest_size=4).digest(), "little") % BUCKETS


def log_chances(logits: NDArray[np.float64]) -> NDArray[np.float64]:
    """Logarithms of the softmax over the last axis."""
    shifted = logits - logits.max(-1, keepdims=True)
    return np.asarray(shifted - np.log(np.exp(shifted).sum(-1, keepdims=True)), np.float64)


class ToneWords:
    """The fitted words: three log chances, in the order of `TONES`."""

    def __init__(self, path: Path) -> None:
        stored = checked_arrays(path)
        self._weights = stored["weights"].astype(np.float64)
        self._bias = stored["bias"].astype(np.float64)

    def scores(self, text: str, spans: Sequence[Span], title_end: int) -> list[float]:
        rows = buckets(tone_words(text, spans, title_end))
        return [float(x) for x in log_chances(self._weights[rows].sum(0) + self._bias)]
