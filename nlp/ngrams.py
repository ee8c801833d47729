"""langdetect's question, answered with less work: which language do a text's runs of one to three letters speak for?

langdetect draws letter runs at random until one language has 99,999 parts of 100,000, seven times over, in Python. Here
runs are cut once per word, and where all of them together leave no doubt none is drawn. Else they are drawn as langdetect
does, from the same generator, so that the answer is its own.
"""

import math
import random
import re
from functools import cache, lru_cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

UNKNOWN = "und"
WORDS_KEPT = 20_000
PLAUSIBLE = 0.5  # langdetect's alpha: what a run that a language never shows still counts, before `BASE`
BASE = 10_000.0
SPREAD = 0.05  # of alpha from trial to trial
TRIALS, SURE, DRAWS_AT_MOST = 7, 0.99999, 1000
# It looks at what the draws have brought after the first one, and after each five from then on.
FIRST_LOOKS, LOOKS = np.arange(0, 46, 5), np.arange(4, 45, 5)
# By Wald's bound a trial then ends at another language once in 1,000 (e^-(0.6 * ln 100,000)) at most.
NO_DOUBT = 0.6
TELLING_RUNS = 40  # of fewer, each weighs too much for a bound on their mean
BEYOND_LATIN = re.compile("[\u0300-\U0010ffff]")
LATIN = re.compile("[A-z]")
Runs = NDArray[np.int32]


@cache
def profiles(languages: tuple[str, ...]) -> "Profiles":
    """Loaded once: some 0.2 s and 10 MB for twenty languages."""
    return Profiles(languages)


class Profiles:
    """How often each run of letters occurs in each of some languages; a row per run, a column per language."""

    def __init__(self, languages: tuple[str, ...]) -> None:
        import langdetect
        from langdetect.detector_factory import DetectorFactory

        folder = Path(langdetect.__file__).parent / "profiles"
        factory = DetectorFactory()
        factory.load_json_profile([(folder / code).read_text(encoding="utf-8") for code in sorted(languages)])
        self.languages: list[str] = factory.langlist
        self._rows = {run: row for row, run in enumerate(factory.word_lang_prob_map)}
        self._shares = np.array(list(factory.word_lang_prob_map.values()))
        self._tempered = ((PLAUSIBLE / BASE + self._shares) ** NO_DOUBT).astype(np.float32)
        self._of_word = lru_cache(WORDS_KEPT)(self._cut)

    def likeliest(self, text: str) -> tuple[str, float]:
        """The language (ISO 639-1) and its probability; (`und`, 0.0) for a text without letters. The same every time."""
        runs = self.runs(text)
        if not len(runs):
            return UNKNOWN, 0.0
        place = self._beyond_doubt(runs)
        if place is not None:
            return self.languages[place], 1.0
        found = self._drawn(runs)
        # Ties go to the later name, as langdetect sorts.
        place = max(range(len(found)), key=lambda n: (found[n], self.languages[n]))
        return self.languages[place], float(found[place])

    def runs(self, text: str) -> Runs:
        """The rows of all runs in the text, in its order."""
        words = cleaned(text).translate(_letters()).split(" ")
        cut = [self._of_word(word, True) for word in words[:-1] if word]
        if words[-1]:  # nothing follows it, so its end is no run
            cut.append(self._of_word(words[-1], False))
        return np.concatenate(cut) if cut else np.zeros(0, np.int32)

    def _cut(self, word: str, ends: bool) -> Runs:
        found = runs_of(f"{word} " if ends else word)
        return np.array([self._rows[run] for run in found if run in self._rows], np.int32)

    def _beyond_doubt(self, runs: Runs) -> int | None:
        """The language against which no other has a chance when runs are drawn; None where one has."""
        if len(runs) < TELLING_RUNS:
            return None
        said = self._tempered[runs]
        place = int(np.log(said).sum(axis=0).argmax())
        against = (said / said[:, place : place + 1]).mean(axis=0)
        against[place] = 0.0
        return place if against.max() <= 1.0 else None

    def _drawn(self, runs: Runs) -> NDArray[np.float64]:
        """Probabilities as langdetect draws them."""
        source, trials = Stream(len(runs)), []
        for _ in range(TRIALS):
            weight = (PLAUSIBLE + source.gauss() * SPREAD) / BASE
            trials.append(self._trial(runs, weight, source))
        return np.mean(trials, axis=0)  # type: ignore[no-any-return]

    def _trial(self, runs: Runs, weight: float, source: "Stream") -> NDArray[np.float64]:
        beliefs: NDArray[np.float64] = np.full(len(self.languages), 1.0 / len(self.languages))
        looks, left = FIRST_LOOKS, DRAWS_AT_MOST + 1
        while left:
            places, after = source.draws(looks[-1] + 1)
            after_each = beliefs * np.multiply.accumulate(self._shares[runs[places]] + weight)[looks]
            after_each /= after_each.sum(axis=1, keepdims=True)
            sure = np.flatnonzero(after_each.max(axis=1) > SURE)
            end = int(sure[0]) if len(sure) else -1
            beliefs = after_each[end]
            source.go_on(after[looks[end]])
            left = 0 if len(sure) else left - len(after)
            looks = LOOKS[left > LOOKS]
        return beliefs


class Stream:
    """Python's generator from seed 0 on, as an array: what `choice` among `count` and `gauss` give, in one sequence."""

    def __init__(self, count: int) -> None:
        self._count, self._shift = count, np.uint32(32 - count.bit_length())
        self._at = 0
        self._second: float | None = None

    def draws(self, number: int) -> tuple[NDArray[np.uint32], NDArray[np.int64]]:
        """The next so many choices, and for each the place in the stream behind it; `go_on` takes them out."""
        # Half of all numbers are too large at worst; more than four times as many are needed once in a million.
        numbers = _numbers()[self._at : self._at + 4 * number] >> self._shift
        fit = np.flatnonzero(numbers < self._count)[:number]
        return numbers[fit], fit + (self._at + 1)

    def go_on(self, place: int) -> None:
        self._at = int(place)

    def gauss(self) -> float:
        """As `random.gauss(0.0, 1.0)`: every second one is what the one before left over."""
        if self._second is not None:
            drawn, self._second = self._second, None
            return drawn
        angle, radius = self._uniform() * 2.0 * math.pi, math.sqrt(-2.0 * math.log(1.0 - self._uniform()))
        self._second = math.sin(angle) * radius
        return math.cos(angle) * radius

    def _uniform(self) -> float:
        high, low = (int(number) for number in _numbers()[self._at : self._at + 2])
        self._at += 2
        return ((high >> 5) * 67108864.0 + (low >> 6)) / 9007199254740992.0


@cache
def _numbers() -> NDArray[np.uint32]:
    """The generator's first numbers: enough for the trials of a text that stays undecided."""
    source = random.Random(0)
    return np.array([source.getrandbits(32) for _ in range(4 * TRIALS * DRAWS_AT_MOST)], np.uint32)


def runs_of(word: str) -> list[str]:
    """All runs of one to three letters, each where its last letter stands; a blank at the end closes the word.

    Where capitals follow each other, as in abbreviations, langdetect passes them over.
    """
    if word[1:].lower() == word[1:]:
        padded = f" {word}"
        cut = (
            padded[max(0, end - size) : end]
            for end in range(2, len(padded) + 1)
            for size in (1, 2, 3)
            if size <= end
        )
        return [run for run in cut if run != " "]
    from langdetect.utils.ngram import NGram

    window, found = NGram(), []
    for letter in word:
        window.add_char(letter)
        if not window.capitalword:
            found += [window.grams[-size:] for size in range(1, len(window.grams) + 1)]
    return [run for run in found if run != " "]


def cleaned(text: str) -> str:
    """Without addresses; and without Latin letters where most others are not Latin."""
    detector = _patterns()
    if ":" in text or "@" in text:
        text = detector.MAIL_RE.sub(" ", detector.URL_RE.sub(" ", text))
    beyond = BEYOND_LATIN.findall(text)
    if not beyond:
        return text
    from langdetect.utils.ngram import NGram
    from langdetect.utils.unicode_block import unicode_block

    text = NGram.normalize_vi(text)
    others = sum(
        unicode_block(letter) != "Latin Extended Additional" for letter in BEYOND_LATIN.findall(text)
    )
    return LATIN.sub("", text) if 2 * len(LATIN.findall(text)) < others else text


@cache
def _patterns() -> Any:
    from langdetect.detector import Detector

    return Detector


class _Letters(dict[int, str]):
    """Character -> what langdetect counts it as; most that are no letters are blanks."""

    def __missing__(self, code: int) -> str:
        from langdetect.utils.ngram import NGram

        letter: str = NGram.normalize(chr(code))
        self[code] = letter
        return letter


@cache
def _letters() -> _Letters:
    return _Letters()
