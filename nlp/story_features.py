"""What tells one news event from another in a headline and its lead: rare words, names, places.

Names are compared across languages by three keys: the word itself, its sound (Zelensky, Selenskyj), and for
countries and capitals one key in all languages (Schweiz, Suisse). A word weighs what it tells: the logarithm of how
rarely headlines hold it, from a table of word frequencies. Pure, apart from reading that table once.
"""

import gzip
import math
import re
import unicodedata
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache, lru_cache
from importlib.resources import files
from sys import intern

import numpy as np
from babel import Locale
from numpy.typing import NDArray
from ruamel.yaml import YAML

from domain.model import Annotation, Item
from nlp.checked import MODELS, checked_bytes

Floats = NDArray[np.float32]

WORD = re.compile(r"\d+(?:[.,]\d+)*|[^\W\d_]+\d*|[A-Z]+\d+")
ELISION = re.compile(r"\b(?:[dlnsjmtc]|qu)['’]", re.IGNORECASE)
BYLINE = re.compile(
    r"\s+(?:vor \d+ (?:Minuten?|Stunden?|Tag(?:en)?)\b.*|Von [A-ZÄÖÜ][\w.-]+ [A-ZÄÖÜ].*|EXCLUSIF|Video)$"
)
NO_VECTOR: Floats = np.zeros(0, np.float32)
NO_ROWS: Floats = np.zeros((0, 0), np.float32)

LEAD_WEIGHT = 0.5
"""A word of the lead counts half a word of the title."""
LEAD_LETTERS = 320
COMMON_SHARE = 0.02
"""A word that more than this share of headlines holds says nothing."""
RAREST_SHARE = 5e-6
PLACE_WEIGHT = 4.5
SOUND_WEIGHT = 0.8
STEM_LETTERS = 6
"""Inflections and the heads of German compounds meet in their first six letters."""
LEAST_NAME_LETTERS = 4
LEAST_SOUND = 3
NAME_LABELS = frozenset({"PER", "ORG", "LOC", "MISC", "PLATFORM", "REGULATOR", "LAW", "FEATURE"})


@dataclass(frozen=True, slots=True)
class Features:
    """One item, ready to be compared. `vector` is normalised, or empty without an encoder.

    `words` and `names` hold weights by key; `spelled` gives for a name's key the form it had in the text;
    `places` are country codes. `service` marks a piece that tells of no event (a bargain, a horoscope).
    """

    item_id: str
    language: str
    published_at: datetime
    words: Mapping[str, float]
    names: Mapping[str, float]
    spelled: Mapping[str, str]
    places: frozenset[str]
    service: bool = False
    vector: Floats = field(default_factory=lambda: NO_VECTOR)
    squares: float = field(init=False, repr=False, compare=False, default=0.0)
    """Sum of the squared weights of `words`; made from them, since a pair needs it and an item is in many pairs."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "squares", sum(weight * weight for weight in self.words.values()))


def folded(word: str) -> str:
    """Lower case, ä as ae, no accents."""
    german = word.lower().replace("ß", "ss").replace("ä", "ae").replace("ö", "oe").replace("ü", "ue")
    return "".join(c for c in unicodedata.normalize("NFD", german) if not unicodedata.combining(c))


WORDS_REMEMBERED = 65_536
"""New names and hashtags come for ever; a day of twenty thousand items has fewer different words."""
WEIGHTS_REMEMBERED = 4096
SOUNDS = (
    ("tsch", "s"), ("sch", "s"), ("sh", "s"), ("ch", "s"), ("ph", "f"), ("th", "t"), ("ck", "k"), ("qu", "k"),
    ("c", "k"), ("q", "k"), ("z", "s"), ("x", "ks"), ("w", "v"),
)  # fmt: skip


@lru_cache(WORDS_REMEMBERED)
def sound(word: str) -> str:
    """Consonants of a folded word as most languages hear them; vowels, h, j and y are where spellings differ."""
    for spelled, heard in SOUNDS:
        word = word.replace(spelled, heard)
    return re.sub(r"(.)\1+", r"\1", re.sub("[aeiouyjh]", "", word))


@cache
def word_shares() -> Mapping[str, Mapping[str, float]]:
    """By language, the share of headlines that hold a folded word; empty when the table is not shipped."""
    table: dict[str, dict[str, float]] = {}
    packed = MODELS / "stories" / "words.tsv.gz"
    if not packed.is_file():
        return table
    for line in gzip.decompress(checked_bytes(packed)).decode("utf-8").splitlines():
        language, word, exponent = line.split("\t")
        table.setdefault(language, {})[word] = math.exp(-int(exponent) / 10)
    return table


@lru_cache(WORDS_REMEMBERED)
def weight_of(word: str, language: str) -> float:
    """Minus the logarithm of a folded word's share; 0 for a common word, 12.2 for one that nobody knows.

    The German table, learnt on headlines, knows names that the general ones think rare; the larger share counts.
    """
    shares = word_shares()
    if not shares:
        return 0.0 if len(word) < LEAST_NAME_LETTERS else 6.0
    share = max(shares.get(language, {}).get(word, 0.0), shares.get("de", {}).get(word, 0.0))
    return 0.0 if share > COMMON_SHARE else -math.log(max(share, RAREST_SHARE))


@cache
def place_names() -> Mapping[str, str]:
    """Country code by folded name, demonym or capital, in de/fr/it/en."""
    names = {}
    for language in ("de", "en", "fr", "it"):
        for code, name in Locale(language).territories.items():
            if len(code) == 2 and code.isalpha() and " " not in name and len(name) >= LEAST_NAME_LETTERS:
                names[folded(name)] = code
    extra: dict[str, str] = YAML(typ="safe").load(
        files("nlp").joinpath("places.yaml").read_text(encoding="utf-8")
    )
    names |= {word: code for code, words in extra.items() for word in words.split()}
    return names


TWO_WORDS = (
    ("hong kong", "hongkong"), ("sri lanka", "srilanka"), ("etats-unis", "usa"), ("états-unis", "usa"),
    ("vereinigte staaten", "usa"), ("vereinigten staaten", "usa"), ("united states", "usa"), ("stati uniti", "usa"),
    ("white house", "Weisses-Haus"), ("maison blanche", "Weisses-Haus"), ("weißes haus", "Weisses-Haus"),
    ("weiße haus", "Weisses-Haus"), ("weißen haus", "Weisses-Haus"), ("casa bianca", "Weisses-Haus"),
    ("royaume-uni", "UK"), ("regno unito", "UK"), ("new york", "Newyork"), ("new-york", "Newyork"),
)  # fmt: skip
JOINED = re.compile("|".join(re.escape(phrase) for phrase, _ in TWO_WORDS), re.IGNORECASE)


def joined(text: str) -> str:
    """Names of two words as one, the same in all four languages."""
    one_word = {phrase: word.capitalize() for phrase, word in TWO_WORDS}
    return JOINED.sub(lambda found: one_word[found.group().lower()], text)


@cache
def _service_phrases() -> Mapping[str, re.Pattern[str]]:
    phrases: dict[str, list[str]] = YAML(typ="safe").load(
        files("nlp").joinpath("service_pieces.yaml").read_text(encoding="utf-8")
    )
    return {
        language: re.compile(r"(?<!\w)(?:" + "|".join(map(re.escape, words)) + r")(?!\w)")
        for language, words in phrases.items()
    }


def serves(title: str, language: str) -> bool:
    """Whether a headline announces a bargain, a horoscope and the like rather than an event."""
    pattern = _service_phrases().get(language)
    return bool(pattern and pattern.search(folded(title).replace("-", " ")))


ENDINGS = ("", "e", "en", "er", "es", "em", "s", "n", "ne", "nes", "i", "a", "o", "he")


@lru_cache(WORDS_REMEMBERED)
def place_of(word: str) -> str:
    """The country a folded word speaks of, "" if none."""
    names = place_names()
    for ending in ENDINGS:
        if word.endswith(ending) and (found := names.get(word[: len(word) - len(ending)])):
            return found
    return ""


def words_in(text: str) -> list[str]:
    """Words and numbers as written, without elided articles (l', d')."""
    return [word for word in WORD.findall(ELISION.sub(" ", text)) if len(word) > 1]


def without_byline(title: str) -> str:
    """The headline without the author or age that some feeds append to it."""
    return BYLINE.sub("", title) or title


@dataclass(slots=True)
class _Gathered:
    words: dict[str, float]
    names: dict[str, float]
    spelled: dict[str, str]
    places: set[str]

    def add(self, word: str, language: str, weight: float) -> None:
        plain = folded(word)
        if word[0].isdigit():
            return
        tells = weight_of(plain, language)
        place = place_of(plain) if word[0].isupper() or language in ("fr", "it") else ""
        if place:
            self.places.add(place)
            self._word(f"@{place}", weight * PLACE_WEIGHT)
            self._name(f"@{place}", weight * PLACE_WEIGHT, word)
        elif tells:
            self._word(plain[:STEM_LETTERS], weight * tells)
            if word[0].isupper():
                self._proper(word, plain, weight * tells)

    def _proper(self, word: str, plain: str, weight: float) -> None:
        if len(plain) >= LEAST_NAME_LETTERS or word.isupper():
            self._name(f"={plain}", weight, word)
        heard = sound(plain)
        if len(heard) >= LEAST_SOUND and len(plain) > LEAST_NAME_LETTERS:
            self._name(f"~{heard}", weight * SOUND_WEIGHT, word)

    def _word(self, key: str, weight: float) -> None:
        self.words[intern(key)] = _same(max(weight, self.words.get(key, 0.0)))

    def _name(self, key: str, weight: float, word: str) -> None:
        self.names[intern(key)] = _same(max(weight, self.names.get(key, 0.0)))
        self.spelled.setdefault(intern(key), intern(word))


@lru_cache(WEIGHTS_REMEMBERED)
def _same(weight: float) -> float:
    """One object for equal weights: there are a few hundred, and an item that is remembered has sixty."""
    return weight


def read_features(
    item_id: str,
    title: str,
    lead: str,
    language: str,
    published_at: datetime,
    vector: Floats = NO_VECTOR,
    entities: Iterable[str] = (),
) -> Features:
    """Features of a headline with its lead ("" if there is none). `entities` are names an annotator found."""
    found = _Gathered({}, {}, {}, set())
    for word in words_in(joined(without_byline(title))):
        found.add(word, language, 1.0)
    for word in words_in(joined(lead[:LEAD_LETTERS])):
        found.add(word, language, LEAD_WEIGHT)
    for name in entities:
        for word in words_in(joined(name)):
            if word[0].isupper():
                found.add(word, language, LEAD_WEIGHT)
    return Features(
        item_id,
        language,
        published_at,
        found.words,
        found.names,
        found.spelled,
        frozenset(found.places),
        serves(title, language),
        vector,
    )


def features_of(item: Item, annotations: Collection[Annotation] = (), vector: Floats = NO_VECTOR) -> Features:
    """Features of an archived item: title, lead (else the text's opening) and the entities in its first words."""
    opening = len(item.title) + LEAD_LETTERS
    spoken = f"{item.title}\n{item.text}" if item.title else item.text
    entities = {
        a.text or spoken[a.start : a.end]  # a person's name is kept nowhere but in the text itself
        for a in annotations
        if a.layer == "entity" and a.label in NAME_LABELS and a.start is not None and a.start < opening
    }
    return read_features(
        item.id,
        item.title,
        item.lead or item.text,
        item.language,
        item.published_at,
        vector,
        sorted(entities),
    )
