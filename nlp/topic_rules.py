"""The written rules: which phrases speak for a topic, where, and what speaks against them.

One file per topic in `nlp/topics/`, one for the shared words in `nlp/cues.yaml`; `docs/plugs/topics.md` shows how
they are written. A hit is one of four kinds:

- `strong`: enough alone; weaker where nothing in its clause tells of the online world
- `pair`: two phrases of the same clause, usually a platform and a deed; weaker (loose) where only a word such as
  *video* or *online* stands for the platform
- `context`: counts only with an online word in its clause, or next to a strong hit of the topic
- `head`: a German compound whose last part is the word (*Anlagebetrug* for *betrug*), counted like context

An `exclude` phrase that overlaps a hit takes it back; the hit is kept as suppressed and shown with its reason.
Negation, hedging, prevention, fiction, sport and history in the same clause lower a hit and say so.

For the command line (`lagebild topics check|test|explain|diff`): `check(topics)`, `run_examples(topics)`,
`TopicRules(topics, cues).read(text, language)` and `difference(before, after, texts)`.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any, Literal

from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from domain.errors import ConfigError
from nlp.phrases import Found, Phrases, Word, clause_at, clauses_of, words_of

LANGUAGES = ("de", "fr", "it", "en")
FOLDER = Path(__file__).parent / "topics"
CUES = Path(__file__).parent / "cues.yaml"
COMPOUND_LETTERS = 8  # a German strong word this long may also be the right part of a compound
PLATFORM = "PLATFORM"  # stands for the platforms and online words of the language in a pair
PAIR_DISTANCE = 90  # code points between the two ends of a pair; farther apart they rarely belong together
LOWERED = {"negation": 0.6, "hedging": 0.9, "prevention": 0.9, "fiction": 0.4, "sport": 0.4, "history": 0.5}
WEIGHTS = {"strong": 0.6, "pair": 0.6, "loose": 0.4, "context": 0.35, "head": 0.35, "unscoped": 0.3}
NAMED = 0  # payload of a platform's own name among the scope words
NEGATION_WORDS = 4  # a negation reaches this many words

Kind = Literal["strong", "pair", "context", "head"]


@dataclass(frozen=True, slots=True)
class Pair:
    one: tuple[str, ...]
    other: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class PhraseList:
    """One topic's phrases in one language."""

    strong: tuple[str, ...] = ()
    context: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()
    heads: tuple[str, ...] = ()
    pairs: tuple[Pair, ...] = ()


@dataclass(frozen=True, slots=True)
class TopicExample:
    """An invented sentence; `topics` is empty for a near miss. `stance` is by platform."""

    language: str
    text: str
    topics: tuple[str, ...] = ()
    severity: int = 0
    stance: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Topic:
    """One file of `nlp/topics/`. `severity` says in words what each level from 1 to 5 means here."""

    id: str
    label: Mapping[str, str]
    definition: str
    severity: Mapping[int, str]
    maps_to: Mapping[str, tuple[str, ...]]
    mask: str
    helpline: bool
    phrases: Mapping[str, PhraseList]
    match: tuple[TopicExample, ...]
    near_misses: tuple[TopicExample, ...]


@dataclass(frozen=True, slots=True)
class Hit:
    """Why a topic may be meant. `rule` is kind, language and phrase (`strong:de:cybermobbing`); `weight` 0..1 after
    the cues in `lowered`; `suppressed` names the exclude phrase that took it back, "" if none."""

    topic: str
    kind: Kind
    start: int
    end: int
    text: str
    rule: str
    weight: float
    scoped: bool
    lowered: tuple[str, ...] = ()
    suppressed: str = ""

    @property
    def counts(self) -> bool:
        return not self.suppressed


def _yaml(path: Path) -> Any:
    try:
        return YAML(typ="safe").load(path.read_text(encoding="utf-8"))
    except YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        raise ConfigError(
            f"{path}: {getattr(error, 'problem', None) or error}",
            remedy="quote phrases that hold a colon, a comma or a bracket",
            path=str(path),
            line=mark.line + 1 if mark else None,
            column=mark.column + 1 if mark else None,
        ) from error


def read_topic(path: Path) -> Topic:
    """Raises ConfigError that names the file and the field."""
    raw = _yaml(path)
    try:
        if raw["id"] != path.stem:
            raise ConfigError(
                f"{path}: id is {raw['id']!r}", remedy=f"name it {path.stem}, like its file", path=str(path)
            )
        examples = raw.get("examples") or {}
        return Topic(
            id=raw["id"],
            label=raw["label"],
            definition=raw["definition"],
            severity=raw["severity"],
            maps_to={k: tuple(v) for k, v in raw.get("maps_to", {}).items()},
            mask=raw.get("mask", "none"),
            helpline=bool(raw.get("helpline", False)),
            phrases={language: _phrases(lists) for language, lists in raw["phrases"].items()},
            match=tuple(_example(raw["id"], e) for e in examples.get("match", ())),
            near_misses=tuple(TopicExample(e["lang"], e["text"]) for e in examples.get("not", ())),
        )
    except (KeyError, TypeError, AttributeError) as error:
        raise ConfigError(
            f"{path}: missing or misshapen field {error}",
            remedy="compare it with another topic file, or docs/plugs/topics.md",
            path=str(path),
        ) from error


def _phrases(lists: Mapping[str, Any]) -> PhraseList:
    plain = {name: tuple(lists.get(name) or ()) for name in ("strong", "context", "exclude", "heads")}
    pairs = tuple(Pair(tuple(p["one"]), tuple(p["other"])) for p in lists.get("pairs") or ())
    return PhraseList(**plain, pairs=pairs)


def _example(topic: str, raw: Mapping[str, Any]) -> TopicExample:
    topics = (topic, *raw.get("also", ()))
    return TopicExample(raw["lang"], raw["text"], topics, raw.get("severity", 2), raw.get("stance", {}))


@cache
def load_topics(folder: Path = FOLDER) -> tuple[Topic, ...]:
    """Every topic of the folder, by file name."""
    return tuple(read_topic(path) for path in sorted(folder.glob("*.yaml")))


@cache
def load_cues(path: Path = CUES) -> Mapping[str, Any]:
    """`cues.yaml` as it stands: section, name, language, terms."""
    found: Mapping[str, Any] = _yaml(path)
    return found


class CueWords:
    """Named lists of one section of `cues.yaml`, found in one walk."""

    def __init__(self, lists: Mapping[str, Sequence[str]]) -> None:
        self._names = tuple(lists)
        self._phrases = Phrases((str(term), n) for n, name in enumerate(lists) for term in lists[name])

    def find(self, text: str, words: Sequence[Word] | None = None) -> list[tuple[str, Found]]:
        """Name and place of every hit, in order."""
        return [(self._names[hit.payload], hit) for hit in self._phrases.find(text, words)]

    def names(self, text: str) -> tuple[str, ...]:
        """Which lists the text has a word of, in the file's order."""
        present = {name for name, _ in self.find(text)}
        return tuple(name for name in self._names if name in present)


@cache
def cue_words(section: str, language: str) -> CueWords:
    """One section of the shipped cues in one language; an unknown language is read as German and English."""
    lists = load_cues()[section]
    wanted = (language,) if language in LANGUAGES else ("de", "en")
    return CueWords({name: [term for w in wanted for term in lists[name].get(w, ())] for name in lists})


@dataclass(slots=True)
class _Language:
    """The compiled rules of one language: one index over all topics, and what each payload stands for."""

    phrases: Phrases
    meaning: list[tuple[str, str, int]]
    scope: Phrases


class TopicRules:
    """All topics' rules, compiled once per language; reading a headline takes about a third of a millisecond."""

    def __init__(self, topics: Sequence[Topic] | None = None, cues: Mapping[str, Any] | None = None) -> None:
        self.topics = tuple(topics) if topics is not None else load_topics()
        self._cues = cues if cues is not None else load_cues()
        self._compiled: dict[str, _Language] = {}

    def read(self, text: str, language: str) -> list[Hit]:
        """Every hit with its place in `text`, suppressed ones too, in order. An unknown language is read as English."""
        language = language if language in LANGUAGES else "en"
        if language not in self._compiled:
            self._compiled[language] = self._compile(language)
        return _Reading(self._compiled[language], text, language).hits()

    def _compile(self, language: str) -> _Language:
        meaning: list[tuple[str, str, int]] = []
        terms: list[tuple[str, int]] = []

        def register(topic: str, role: str, words: Iterable[str], number: int = 0) -> None:
            meaning.append((topic, role, number))
            terms.extend((word, len(meaning) - 1) for word in words)

        for topic in self.topics:
            lists = topic.phrases.get(language, PhraseList())
            register(topic.id, "strong", _opened(lists.strong, language))
            register(topic.id, "context", lists.context)
            register(topic.id, "exclude", lists.exclude)
            register(topic.id, "head", (f"~{head.lstrip('~')}" for head in lists.heads))
            for number, pair in enumerate(lists.pairs):
                for role, words in (("one", pair.one), ("other", pair.other)):
                    if words != (PLATFORM,):
                        register(topic.id, role, words, number)
                    else:
                        meaning.append((topic.id, f"{role}-is-scope", number))
        return _Language(Phrases(terms), meaning, Phrases(self._scope(language)))

    def _scope(self, language: str) -> Iterable[tuple[str, int]]:
        """Named platforms as NAMED, other online words as 1."""
        scope = self._cues["scope"]
        yield from ((str(term), NAMED) for term in scope["platform"])
        yield from ((str(term), 1) for term in scope[language])


def _opened(words: Sequence[str], language: str) -> Iterable[str]:
    for word in words:
        bare = word.strip("~")
        compound = language == "de" and len(bare) >= COMPOUND_LETTERS and bare.isalpha()
        yield f"~{word}" if compound and not word.startswith("~") else word


class _Reading:
    """One text under one language's rules."""

    def __init__(self, rules: _Language, text: str, language: str) -> None:
        self._rules, self._text, self._language = rules, text, language
        self._words = words_of(text)
        self._clauses = clauses_of(text)
        self._scope = rules.scope.find(text, self._words)
        self._scoped = {self._clause(found) for found in self._scope}
        self._lowering = cue_words("lowering", language).find(text, self._words)
        self._by_role: dict[tuple[str, str, int], list[Found]] = defaultdict(list)
        for found in rules.phrases.find(text, self._words):
            self._by_role[rules.meaning[found.payload]].append(found)

    def hits(self) -> list[Hit]:
        hits: list[Hit] = []
        topics = dict.fromkeys(topic for topic, _, _ in self._by_role)
        for topic in topics:
            hits.extend(self._of_topic(topic))
        return sorted(hits, key=lambda h: (h.start, h.end, h.topic, h.kind))

    def _of_topic(self, topic: str) -> Iterable[Hit]:
        strong = [self._hit(topic, "strong", f) for f in self._by_role.get((topic, "strong", 0), ())]
        anchored = any(hit.counts for hit in strong)
        yield from strong
        yield from self._pairs(topic)
        for role in ("context", "head"):
            kind: Kind = "context" if role == "context" else "head"
            for found in self._by_role.get((topic, role, 0), ()):
                if anchored or self._clause(found) in self._scoped:
                    yield self._hit(topic, kind, found)

    def _pairs(self, topic: str) -> Iterable[Hit]:
        numbers = {n for t, role, n in self._by_role if t == topic and role in ("one", "other")}
        for number in sorted(numbers):
            ones, others = self._side(topic, "one", number), self._side(topic, "other", number)
            online = [one for one in ones if one.payload != NAMED] if ones is self._scope else []
            named = [one for one in ones if one not in online]
            for firm, side in (("pair", named), ("loose", online)):
                best = self._nearest(side, others)
                if best is not None:
                    yield self._hit(topic, "pair", *best, weight=WEIGHTS[firm])
                    break

    def _side(self, topic: str, role: str, number: int) -> list[Found]:
        if (topic, f"{role}-is-scope", number) in self._rules.meaning:
            return self._scope
        return self._by_role.get((topic, role, number), [])

    def _nearest(self, ones: Sequence[Found], others: Sequence[Found]) -> tuple[Found, Found] | None:
        """The closest pair of the same clause whose two ends are different words."""
        couples = [
            (max(a.start, b.start) - min(a.end, b.end), a.start, b.start, a, b)
            for a in ones
            for b in others
            if self._clause(a) == self._clause(b) and (a.end <= b.start or b.end <= a.start)
        ]
        near = [c for c in couples if c[0] <= PAIR_DISTANCE]
        return min(near, key=lambda c: c[:3])[3:] if near else None

    def _hit(
        self, topic: str, kind: Kind, found: Found, other: Found | None = None, weight: float | None = None
    ) -> Hit:
        start = min(found.start, other.start) if other else found.start
        end = max(found.end, other.end) if other else found.end
        scoped = other is not None or self._clause(found) in self._scoped
        lowered = self._lowered(start, end)
        weight = weight or WEIGHTS["unscoped" if kind == "strong" and not scoped else kind]
        for cue in lowered:
            weight *= LOWERED[cue]
        phrase = f"{found.term} + {other.term}" if other else found.term
        rule = f"{kind}:{self._language}:{phrase}"
        parts = (found, other) if other else (found,)
        taken_back = self._excluded(topic, parts)
        return Hit(
            topic,
            kind,
            start,
            end,
            self._text[start:end],
            rule,
            round(weight, 3),
            scoped,
            lowered,
            taken_back,
        )

    def _excluded(self, topic: str, parts: Sequence[Found]) -> str:
        for exclusion in self._by_role.get((topic, "exclude", 0), ()):
            if any(p.start < exclusion.end and exclusion.start < p.end for p in parts):
                return exclusion.term
        return ""

    def _lowered(self, start: int, end: int) -> tuple[str, ...]:
        clause = clause_at(self._clauses, start)
        names = []
        for name, cue in self._lowering:
            same = self._clause(cue) == clause and not (start <= cue.start < end)
            if same and (name != "negation" or self._words_between(cue, start, end) <= NEGATION_WORDS):
                names.append(name)
        return tuple(dict.fromkeys(names))

    def _words_between(self, cue: Found, start: int, end: int) -> int:
        low, high = (cue.end, start) if cue.end <= start else (end, cue.start)
        return sum(low <= word.start < high for word in self._words)

    def _clause(self, found: Found) -> int:
        return clause_at(self._clauses, found.start)


def rule_score(hits: Iterable[Hit]) -> float:
    """How strongly the rules speak for one topic, 0..1: the chance that not every counting hit is wrong."""
    wrong = 1.0
    for rule, weight in {h.rule: h.weight for h in hits if h.counts}.items():
        wrong *= 1 - weight if rule else 1
    return 1 - wrong


def check(topics: Sequence[Topic]) -> list[str]:
    """What is odd in the topic files, one sentence each: missing languages, repeated or too short phrases."""
    faults = []
    for topic in topics:
        for language in LANGUAGES:
            lists = topic.phrases.get(language)
            if lists is None or not lists.strong:
                faults.append(f"{topic.id}: no strong phrase in {language}")
                continue
            faults += _odd_phrases(topic.id, language, lists)
        if sorted(topic.severity) != [1, 2, 3, 4, 5]:
            faults.append(f"{topic.id}: severity needs the levels 1 to 5")
        if topic.mask not in ("always", "default", "none"):
            faults.append(f"{topic.id}: mask is {topic.mask!r}, not always, default or none")
    return faults


def _odd_phrases(topic: str, language: str, lists: PhraseList) -> list[str]:
    faults, seen = [], set()
    for kind in ("strong", "context", "exclude"):
        for phrase in getattr(lists, kind):
            if (kind != "exclude", phrase) in seen:
                faults.append(f"{topic}: {phrase!r} is written twice in {language}")
            seen.add((kind != "exclude", phrase))
            if len(str(phrase).strip("~")) < 2:
                faults.append(f"{topic}: {phrase!r} in {language} is too short to mean anything")
    return faults


def run_examples(topics: Sequence[Topic], rules: TopicRules | None = None) -> list[str]:
    """Near misses that fire a rule of their own topic, one sentence each. What a rule misses the model may find,
    so examples that should match are judged with the model, in `nlp.risk`."""
    rules = rules or TopicRules(topics)
    faults = []
    for topic in topics:
        for miss in topic.near_misses:
            fired = [h for h in rules.read(miss.text, miss.language) if h.topic == topic.id and h.counts]
            strong = [h for h in fired if h.weight >= WEIGHTS["strong"]]
            faults += [f"{topic.id}: {h.rule} fires in {miss.text!r}" for h in strong]
    return faults


def difference(
    before: TopicRules, after: TopicRules, texts: Iterable[tuple[str, str]]
) -> Iterable[tuple[str, tuple[Hit, ...], tuple[Hit, ...]]]:
    """What a change of phrases does to texts (text, language): text, hits lost, hits won; only where they differ."""
    for text, language in texts:
        old, new = before.read(text, language), after.read(text, language)
        lost = tuple(h for h in old if h not in new)
        won = tuple(h for h in new if h not in old)
        if lost or won:
            yield text, lost, won
