"""Which language a text is in: langdetect's answer (`nlp.ngrams`), with few profiles and the source's word as the fallback.

The same text gives the same answer in every thread and process.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from nlp.ngrams import UNKNOWN, profiles

SUPPORTED = ("de", "en", "fr", "it")
NEIGHBOURS = ("ca", "cs", "da", "es", "hr", "hu", "nl", "no", "pl", "pt", "ro", "sl", "sq", "sv", "tr")
"""What our sources carry by mistake. All 55 profiles would cost three points on five-word texts."""

READ_CHARACTERS = 400
TRUSTED = (
    0.9  # below this the source's language is the better guess (99.0 against 97.8 % right on five words)
)
CERTAIN = 0.99
WORDS_TO_REJECT = 10  # shorter texts of our own languages were taken for a neighbour too often
WORDS_TO_TRUST = 3
WORDS_TO_MIX = 24

WORD = re.compile(r"[^\W\d_]+")
NOT_LATIN = re.compile("[^\0-\u024f\u1e00-\u1eff]")
SWISS_WORDS = Path(__file__).parent / "gazetteers" / "swiss_german_words.txt"
SWISS_SHARE, SWISS_WORDS_NEEDED = 0.12, 2


@dataclass(frozen=True, slots=True)
class LanguageGuess:
    """`language` is ISO 639-1, `und` when nothing can be said. `probability` is 0..1.

    Flags: `short` (too few words to trust, the source decides), `mixed` (parts in different languages), `gsw`
    (Swiss German, handled as `de`), `rejected` (a language we do not read; the item is kept and counted).
    """

    language: str
    probability: float
    flags: tuple[str, ...] = ()


def detect(text: str, source_language: str | None = None) -> LanguageGuess:
    """The language of `text`; `source_language` is what the source declares, None or "" if it says nothing."""
    declared = (source_language or "").split("-")[0].lower()
    words = WORD.findall(text[: 2 * READ_CHARACTERS])
    if is_swiss_german(words):
        return LanguageGuess("de", 1.0, ("gsw",))
    language, probability = best_guess(text, words)
    if declared in SUPPORTED and (probability < TRUSTED or len(words) < WORDS_TO_TRUST):
        probability = probability if language == declared else 1 - probability
        language = declared
    if language not in SUPPORTED and words:
        return LanguageGuess(language, round(probability, 4), ("rejected",))
    return LanguageGuess(language, round(probability, 4), flags_of(text, words))


def detect_all(texts: Iterable[tuple[str, str]]) -> list[LanguageGuess]:
    """One guess for each (text, source language), in order."""
    return [detect(text, source_language) for text, source_language in texts]


def flags_of(text: str, words: list[str]) -> tuple[str, ...]:
    if len(words) < WORDS_TO_TRUST:
        return ("short",)
    return ("mixed",) if len(words) >= WORDS_TO_MIX and is_mixed(text) else ()


def is_swiss_german(words: list[str]) -> bool:
    """Two different words that only the dialect has, and enough of them for the length."""
    hits = [word for word in map(str.lower, words) if word in swiss_words()]
    return len(set(hits)) >= SWISS_WORDS_NEEDED and len(hits) >= SWISS_SHARE * len(words)


@cache
def swiss_words() -> frozenset[str]:
    return frozenset(SWISS_WORDS.read_text(encoding="utf-8").split())


def best_guess(text: str, words: list[str]) -> tuple[str, float]:
    """A neighbour is named only when the whole is surely in one and neither half is in a language of ours."""
    if is_other_script(text):
        return UNKNOWN, 1.0
    if len(words) >= WORDS_TO_REJECT:
        language, probability = likeliest(SUPPORTED + NEIGHBOURS, text)
        if probability >= CERTAIN and (language in SUPPORTED or not any(map(is_ours, halves(text)))):
            return language, probability
    return likeliest(SUPPORTED, text)


def is_ours(text: str) -> bool:
    return likeliest(SUPPORTED + NEIGHBOURS, text)[0] in SUPPORTED


def is_other_script(text: str) -> bool:
    """Whether most letters are not Latin: our profiles know no others."""
    foreign = sum(map(str.isalpha, NOT_LATIN.findall(text[:READ_CHARACTERS])))
    return foreign > 0 and 2 * foreign > sum(map(str.isalpha, text[:READ_CHARACTERS]))


def is_mixed(text: str) -> bool:
    """Whether beginning and end are surely in two different languages."""
    (first, sure), (last, also) = (likeliest(SUPPORTED, half) for half in halves(text))
    return first != last and min(sure, also) >= CERTAIN


def halves(text: str) -> tuple[str, str]:
    """The first and the last part, at most 200 characters each, cut at a blank."""
    size = min(len(text) // 2, READ_CHARACTERS // 2)
    return text[:size].rsplit(" ", 1)[0], text[-size:].split(" ", 1)[-1]


def likeliest(languages: tuple[str, ...], text: str) -> tuple[str, float]:
    """Language and probability by the text's beginning; (`und`, 0.0) for a text without letters."""
    return profiles(languages).likeliest(text[:READ_CHARACTERS])
