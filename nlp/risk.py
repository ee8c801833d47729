"""What an item means for a risk team: relevance, topics, severity, features, groups and tone, each with its reason.

The model finds and the rules explain. For each topic a small logistic layer joins the encoder's logit with what the
rules found (`models/risk/decisions.json`, fitted out of fold by `models/train_decisions.py`); a tag shows the
matched phrases, or else the nearest confirmed examples. `judge` is pure but for the encoder; `RiskAnnotator` puts it
behind the `Annotator` port.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray

from domain.model import Annotation, Evidence, Item, Reading
from nlp.checked import checked_arrays, checked_json
from nlp.embed import FOLDER, Encoded, Encoder, Floats, Passage, load_encoder, normalised, reading_text
from nlp.features import feature_words
from nlp.perception import (
    TONES,
    Mention,
    Stance,
    ToneModel,
    by_target,
    is_about,
    named_platforms,
    sentence_at,
)
from nlp.phrases import Found
from nlp.severity import Facts, Severity, judge_severity, overridden
from nlp.tone_words import ToneWords
from nlp.topic_rules import Hit, TopicExample, TopicRules, cue_words, load_topics, rule_score

NAME = "risk/1"
TEASER_LETTERS = 600  # code points of a text that are read whole beside the title
LEAD_LETTERS = 500
PARAGRAPHS = 2  # of a long text read beside title and lead: the best by rules and names
LATER_DISCOUNT = 1.0  # logits a later paragraph has to beat the head of the article by
NEAREST = 2  # examples shown with a tag no phrase explains
PHRASES_SHOWN = 4
UNTITLED = 120  # code points that count as the title of a text without one


@dataclass(frozen=True, slots=True)
class RiskInput:
    """One item to judge. `mentions` are watched platforms found before; None asks the light finder. `item_id` names
    the archive's item, "" for a text of no archive."""

    title: str
    text: str
    language: str
    mentions: tuple[Mention, ...] | None = None
    item_id: str = ""

    @property
    def whole(self) -> str:
        """What all offsets count in: title, line feed, text; the text alone when there is no title."""
        return f"{self.title}\n{self.text}" if self.title else self.text

    @property
    def text_start(self) -> int:
        return len(self.title) + 1 if self.title else 0


@dataclass(frozen=True, slots=True)
class Nearest:
    """A confirmed example that resembles the item; `text` is ours and may be shown."""

    text: str
    language: str
    similarity: float


@dataclass(frozen=True, slots=True)
class TopicTag:
    """`by` is rule when phrases explain it, else example; then `nearest` is never empty."""

    id: str
    score: float
    evidence: tuple[Evidence, ...]
    by: str
    nearest: tuple[Nearest, ...] = ()


@dataclass(frozen=True, slots=True)
class Suppressed:
    """A hit that counts nowhere, with the reason in `reason`."""

    id: str
    start: int
    end: int
    text: str
    rule: str
    reason: str


@dataclass(frozen=True, slots=True)
class Feature:
    """A product feature or affected group with its place in the whole text."""

    id: str
    start: int
    end: int
    text: str


@dataclass(frozen=True, slots=True)
class Judgement:
    """All that is said of one item. `vector` (384, normalised) is the one stories compare."""

    relevance: float
    relevant: bool
    topics: tuple[TopicTag, ...]
    suppressed: tuple[Suppressed, ...]
    severity: Severity
    features: tuple[Feature, ...]
    groups: tuple[Feature, ...]
    perception: tuple[Stance, ...]
    vector: Floats

    def fields(self) -> dict[str, Any]:
        """The answer of `lagebild lab annotate`, ready for JSON."""
        return {
            "relevance": round(self.relevance, 4),
            "relevant": self.relevant,
            "topics": [_topic_fields(tag) for tag in self.topics],
            "suppressed": [
                {
                    "id": s.id,
                    "start": s.start,
                    "end": s.end,
                    "text": s.text,
                    "rule": s.rule,
                    "reason": s.reason,
                }
                for s in self.suppressed
            ],
            "severity": self.severity.level,
            "severity_reasons": list(self.severity.reasons),
            "features": [f.id for f in self.features],
            "groups": [g.id for g in self.groups],
            "platforms": [{"target": p.target, "about": p.about} for p in self.perception],
            "perception": [
                {
                    "target": p.target,
                    "stance": p.stance,
                    "score": round(p.score, 4),
                    "sentence": list(p.sentence),
                }
                for p in self.perception
            ],
        }


def _topic_fields(tag: TopicTag) -> dict[str, Any]:
    evidence = [{"start": e.start, "end": e.end, "text": e.text, "rule": e.rule} for e in tag.evidence]
    fields: dict[str, Any] = {"id": tag.id, "score": round(tag.score, 4), "evidence": evidence, "by": tag.by}
    if tag.nearest:
        fields["nearest"] = [
            {"text": n.text, "language": n.language, "similarity": round(n.similarity, 3)}
            for n in tag.nearest
        ]
    return fields


@dataclass(frozen=True, slots=True)
class Decisions:
    """The fitted light layer. `version` goes into the annotator's name, so a refit makes everything be read again.

    `tone` reads the encoder alone, `tone_de` the words around the name too; None in a layer kept by an older version.
    """

    version: str
    relevance: Mapping[str, Any]
    topics: Mapping[str, Any]
    tone: ToneModel
    tone_de: ToneModel | None = None

    @classmethod
    def read(cls, path: Path) -> Decisions:
        raw = checked_json(path)
        version = hashlib.sha256(path.read_bytes()).hexdigest()[:6]
        german = ToneModel.of(raw["tone_de"]) if "tone_de" in raw else None
        return cls(version, raw["relevance"], raw["topics"], ToneModel.of(raw["tone"]), german)


def relevance_features(
    logit: float, item: RiskInput, hits: Sequence[Hit], mentions: Sequence[Mention]
) -> list[float]:
    """What relevance is judged by: the encoder's logit, how strongly rules speak, names, and cues that lower."""
    scores = sorted((rule_score(of) for of in by_topic(hits).values()), reverse=True)
    cues = set(cue_words("lowering", item.language).names(item.whole[: item.text_start + TEASER_LETTERS]))
    return [
        logit,
        scores[0] if scores else 0.0,
        float(min(sum(score >= 0.5 for score in scores), 3)),
        float(any(h.suppressed for h in hits)),
        float(any(m.start < item.text_start for m in mentions)),
        float(bool(mentions)),
        float("fiction" in cues),
        float("sport" in cues),
        float("history" in cues),
    ]


def topic_features(logit: float, hits: Sequence[Hit]) -> list[float]:
    """What one topic is judged by: the encoder's logit and the kinds of its hits."""
    counting = [h for h in hits if h.counts]
    return [
        logit,
        float(any(h.kind == "strong" and h.scoped for h in counting)),
        float(any(h.kind == "strong" and not h.scoped for h in counting)),
        float(any(h.kind == "pair" for h in counting)),
        float(min(len({h.rule for h in counting if h.kind in ("context", "head")}), 2)),
        rule_score(counting),
        float(any(h.suppressed for h in hits)),
    ]


def by_topic(hits: Sequence[Hit]) -> dict[str, list[Hit]]:
    groups: dict[str, list[Hit]] = {}
    for hit in hits:
        groups.setdefault(hit.topic, []).append(hit)
    return groups


def _chance(logit: float) -> float:
    return 1 / (1 + math.exp(-max(-30.0, min(30.0, logit))))


def _linear(weights: Sequence[float], features: Sequence[float], bias: float) -> float:
    return sum(w * f for w, f in zip(weights, features, strict=True)) + bias


@dataclass(frozen=True, slots=True)
class _Stretch:
    """A stretch of the whole text that one passage reads, and where it begins in the passage."""

    start: int
    end: int
    at: int


@dataclass(frozen=True, slots=True)
class _Reading:
    """One item with all that is known before the encoder runs."""

    item: RiskInput
    hits: tuple[Hit, ...]
    mentions: tuple[Mention, ...]
    spelled: tuple[Mention, ...]
    passages: tuple[Passage, ...]
    stretches: tuple[tuple[_Stretch, ...], ...]
    spans: Mapping[str, tuple[tuple[int, int], ...]] = field(default_factory=dict)


class Judge:
    """Judges items with one encoder, one set of rules and one fitted layer. Not for several threads at once."""

    def __init__(
        self,
        encoder: Encoder | None = None,
        rules: TopicRules | None = None,
        decisions: Decisions | None = None,
    ) -> None:
        self.encoder = encoder or load_encoder()
        self.rules = rules or TopicRules()
        name = "decisions_light.json" if self.encoder.light else "decisions.json"
        self.decisions = decisions or Decisions.read(FOLDER / name)
        self.topics = tuple(checked_json(FOLDER / "topics.json"))
        self._examples = Examples(self.encoder)
        stance = checked_arrays(FOLDER / "stance.npz")
        self._stance_weight, self._stance_bias = stance["weight"], stance["bias"]
        self._tone_words = ToneWords(FOLDER / "tone_words.npz")

    @property
    def name(self) -> str:
        light = "+light" if self.encoder.light else ""
        return f"{NAME}{light}.{self.decisions.version}"

    def judge(self, items: Sequence[RiskInput]) -> list[Judgement]:
        """One judgement per item, in order."""
        readings = [self._read(item) for item in items]
        encoded = iter(self.encoder.read([p for r in readings for p in r.passages]))
        return [self._decide(r, [next(encoded) for _ in r.passages]) for r in readings]

    def features(self, item: RiskInput) -> tuple[list[float], list[list[float]]]:
        """What the light layer sees of an item: the relevance row and one row per topic, in `topics`' order."""
        reading = self._read(item)
        judged = _joined([e.judged for e in self.encoder.read(reading.passages)])
        hits = by_topic(reading.hits)
        topics = [topic_features(float(judged[1 + n]), hits.get(t, ())) for n, t in enumerate(self.topics)]
        return relevance_features(float(judged[0]), item, reading.hits, reading.spelled), topics

    # --- before the encoder ---

    def _read(self, item: RiskInput) -> _Reading:
        whole = item.whole
        spelled = named_platforms(whole)  # relevance was fitted with these; the watchlist names more
        mentions = item.mentions if item.mentions is not None else spelled
        hits = tuple(self.rules.read(whole, item.language))
        stretches = _stretches(item, hits, mentions)
        spans = by_target(mentions)
        passages = tuple(_passage(item, s, spans) for s in stretches)
        read = [s for of_passage in stretches for s in of_passage]
        near = tuple(h for h in hits if any(s.start <= h.start < s.end for s in read))
        return _Reading(item, near, mentions, spelled, passages, stretches, spans)

    # --- after it ---

    def _decide(self, reading: _Reading, encoded: Sequence[Encoded]) -> Judgement:
        judged, severity = _joined([e.judged for e in encoded]), encoded[0].severity
        hits = by_topic(reading.hits)
        relevance = self._relevance(judged[0], reading)
        relevant = relevance >= self.decisions.relevance["threshold"]
        chosen = self._topics(judged, hits) if relevant else []
        tags = tuple(self._tag(topic, score, hits.get(topic, ()), encoded[0]) for topic, score in chosen)
        tones = tuple(self._tones(reading, encoded))
        level = self._severity(severity, reading, tags) if relevant else Severity(0, ("not relevant",))
        return Judgement(
            relevance,
            relevant,
            tags,
            tuple(_suppressed(reading.hits)),
            level,
            _features(reading.item),
            _groups(reading.item) if relevant else (),
            tones,
            encoded[0].vector,
        )

    def _relevance(self, logit: float, reading: _Reading) -> float:
        fitted = self.decisions.relevance
        features = relevance_features(logit, reading.item, reading.hits, reading.spelled)
        return _chance(_linear(fitted["weights"], features, fitted["bias"]))

    def _topics(self, judged: Floats, hits: Mapping[str, Sequence[Hit]]) -> list[tuple[str, float]]:
        """Topics over their threshold, best first; the likeliest one when none is, for something made it relevant."""
        fitted = self.decisions.topics
        scored = []
        for number, topic in enumerate(self.topics):
            features = topic_features(float(judged[1 + number]), hits.get(topic, ()))
            score = _chance(_linear(fitted["weights"], features, fitted["bias"][topic]))
            scored.append((topic, score, score / fitted["threshold"][topic]))
        over = [(topic, score) for topic, score, ratio in scored if ratio >= 1]
        if not over:
            topic, score, _ = max(scored, key=lambda s: s[2])
            over = [(topic, score)]
        return sorted(over, key=lambda s: -s[1])

    def _tag(self, topic: str, score: float, hits: Sequence[Hit], encoded: Encoded) -> TopicTag:
        evidence = tuple(Evidence(h.start, h.end, h.text, _told(h)) for h in _shown(hits))
        nearest = self._examples.nearest(topic, encoded, NEAREST) if not evidence else ()
        return TopicTag(topic, score, evidence, "rule" if evidence else "example", nearest)

    def _severity(self, logits: Floats, reading: _Reading, tags: Sequence[TopicTag]) -> Severity:
        item = reading.item
        facts = Facts(
            item.whole[: item.text_start + TEASER_LETTERS],
            item.language,
            tuple(tag.id for tag in tags),
            any(m.start < item.text_start for m in reading.mentions),
        )
        return judge_severity([float(x) for x in logits], facts)

    def _tones(self, reading: _Reading, encoded: Sequence[Encoded]) -> Sequence[Stance]:
        whole, title = reading.item.whole, reading.item.text_start or UNTITLED
        tones = []
        for target, spans in reading.spans.items():
            chances = self._tone(target, reading, encoded)
            best = int(chances.argmax())
            sentence = sentence_at(whole, spans[0][0])
            tones.append(Stance(target, TONES[best], float(chances[best]), sentence, is_about(title, spans)))
        return tones

    def _tone(self, target: str, reading: _Reading, encoded: Sequence[Encoded]) -> NDArray[np.float64]:
        """Chances of the three tones; the words around the name were learned in German and speak there alone."""
        logits = self.tone_features(target, reading, encoded)
        german = self.decisions.tone_de
        if german is None or reading.item.language != "de":
            return self.decisions.tone.probabilities(logits)
        end = reading.item.text_start + TEASER_LETTERS
        spans = [span for span in reading.spans[target] if span[1] <= end]
        title_end = max(0, reading.item.text_start - 1)
        words = self._tone_words.scores(reading.item.whole[:end], spans, title_end)
        return german.probabilities([*logits, *words])

    def tone_features(self, target: str, reading: _Reading, encoded: Sequence[Encoded]) -> list[float]:
        """The stance head's logits for the first passage that names the target; zeros when none was read."""
        for passage, answer in zip(reading.passages, encoded, strict=True):
            names = [name for name, _ in passage.spans]
            if target in names:
                state = answer.spans[names.index(target)]
                return [float(x) for x in self._stance_weight @ state + self._stance_bias]
        return [0.0] * len(TONES)


class Examples:
    """The topics' own invented sentences as vectors of the tuned layers, to show what a tag resembles."""

    def __init__(self, encoder: Encoder) -> None:
        self._encoder = encoder
        self._rows = [e for topic in load_topics() for e in topic.match]
        self._vectors: Floats | None = None

    def nearest(self, topic: str, encoded: Encoded, count: int) -> tuple[Nearest, ...]:
        """The most similar examples of a topic, best first."""
        if self._vectors is None:
            self._vectors = self._encoded()
        similar = self._vectors @ normalised(_standing(encoded, self._encoder.light))
        chosen = [i for i in np.argsort(-similar) if topic in self._rows[i].topics][:count]
        return tuple(Nearest(self._rows[i].text, self._rows[i].language, float(similar[i])) for i in chosen)

    def _encoded(self) -> Floats:
        """From the shipped file where the sentence is unchanged since, else by reading it."""
        known = {} if self._encoder.light else _shipped_examples()
        missing = [row for row in self._rows if _key(row) not in known]
        read = self._encoder.read([Passage(row.text) for row in missing])
        new = {
            _key(r): normalised(_standing(e, self._encoder.light)) for r, e in zip(missing, read, strict=True)
        }
        return np.stack([new[_key(r)] if _key(r) in new else known[_key(r)] for r in self._rows])


def _standing(encoded: Encoded, light: bool) -> Floats:
    return encoded.vector if light else encoded.pooled


def _key(example: TopicExample) -> str:
    return hashlib.sha256(example.text.encode()).hexdigest()[:16]


@cache
def _shipped_examples() -> dict[str, Floats]:
    stored = checked_arrays(FOLDER / "examples.npz")
    rows = stored["pooled"].astype(np.float32)
    return {str(key): row for key, row in zip(stored["keys"], rows, strict=True)}


def _joined(logits: Sequence[Floats]) -> Floats:
    """Of several passages the first, unless a later one is surer by more than the discount."""
    later = [row - LATER_DISCOUNT for row in logits[1:]]
    return cast("Floats", np.max([logits[0], *later], axis=0))


def _shown(hits: Sequence[Hit]) -> list[Hit]:
    """The strongest hits, without those that lie inside a stronger one."""
    shown: list[Hit] = []
    for hit in sorted((h for h in hits if h.counts), key=lambda h: (-h.weight, h.start, h.kind)):
        if not any(s.start <= hit.start and hit.end <= s.end for s in shown):
            shown.append(hit)
    return shown[:PHRASES_SHOWN]


def _told(hit: Hit) -> str:
    return f"{hit.rule} (lowered: {', '.join(hit.lowered)})" if hit.lowered else hit.rule


def _suppressed(hits: Sequence[Hit]) -> Sequence[Suppressed]:
    return [
        Suppressed(h.topic, h.start, h.end, h.text, h.rule, f"excluded by »{h.suppressed}«")
        for h in hits
        if h.suppressed
    ]


def _features(item: RiskInput) -> tuple[Feature, ...]:
    head = item.whole[: item.text_start + TEASER_LETTERS]
    return _once(head, feature_words(item.language).find(head))


def _groups(item: RiskInput) -> tuple[Feature, ...]:
    head = item.whole[: item.text_start + TEASER_LETTERS]
    return _once(head, cue_words("groups", item.language).find(head))


def _once(text: str, found: Iterable[tuple[str, Found]]) -> tuple[Feature, ...]:
    """Each name once, at its first place."""
    first: dict[str, Feature] = {}
    for name, hit in found:
        first.setdefault(name, Feature(name, hit.start, hit.end, text[hit.start : hit.end]))
    return tuple(first.values())


# --- which stretches of a text are read ---


def _stretches(
    item: RiskInput, hits: Sequence[Hit], mentions: Sequence[Mention]
) -> tuple[tuple[_Stretch, ...], ...]:
    """One tuple per passage: title with teaser or lead first, then the best paragraphs of a long text."""
    head = _head(item)
    if len(item.text) <= TEASER_LETTERS:
        return (head,)
    rest = _paragraphs(item, head[-1].end)
    weight = [
        sum(h.weight for h in hits if h.counts and a <= h.start < b)
        + 0.2 * sum(a <= m.start < b for m in mentions)
        for a, b in rest
    ]
    best = sorted(range(len(rest)), key=lambda i: (-weight[i], i))[:PARAGRAPHS]
    chosen = [rest[i] for i in sorted(best) if weight[i] > 0]
    return (head, *((_Stretch(a, b, 0),) for a, b in chosen))


def _head(item: RiskInput) -> tuple[_Stretch, ...]:
    title = item.title.strip()
    start, end = item.text_start, item.text_start + len(item.text)
    if len(item.text) > TEASER_LETTERS:
        end = min(_paragraphs(item, start)[0][1], start + LEAD_LETTERS)
    lead = item.whole[start:end]
    begin = start + len(lead) - len(lead.lstrip())
    parts = []
    if title:
        parts.append(_Stretch(item.title.index(title), item.title.index(title) + len(title), 0))
    if lead.strip():
        parts.append(_Stretch(begin, start + len(lead.rstrip()), len(title) + 2 if title else 0))
    return tuple(parts) or (_Stretch(0, len(item.whole), 0),)


def _paragraphs(item: RiskInput, start: int) -> list[tuple[int, int]]:
    """Non-empty paragraphs from a place on, long ones cut."""
    whole, found, at = item.whole, [], start
    for line in whole[start:].split("\n"):
        if line.strip():
            found.append((at, min(at + len(line), at + TEASER_LETTERS)))
        at += len(line) + 1
    return found or [(start, len(whole))]


def _passage(
    item: RiskInput, stretches: Sequence[_Stretch], spans: Mapping[str, tuple[tuple[int, int], ...]]
) -> Passage:
    whole = item.whole
    texts = [whole[s.start : s.end] for s in stretches]
    named = []
    for target, places in spans.items():
        moved = tuple(
            (a - s.start + s.at, b - s.start + s.at)
            for a, b in places
            for s in stretches
            if s.start <= a and b <= s.end
        )
        if moved:
            named.append((target, moved))
    return Passage(reading_text(*texts[:2]) if texts else "", tuple(named), item.item_id)


@cache
def load_judge() -> Judge:
    """The judge of this process, with the shipped encoder, rules and layer."""
    return Judge()


def judge(items: Sequence[RiskInput]) -> list[Judgement]:
    """One judgement per item, in order, with everything as shipped."""
    return load_judge().judge(items)


Namer = Callable[[Sequence[Item]], Sequence[tuple[Mention, ...]]]
"""Finds watched platforms in items, in offsets of title + line feed + text; the roof passes the watchlist's."""


Overrides = Callable[[Sequence[str]], Mapping[str, tuple[int, str, str]]]
"""Item ids -> (level, who, reason) where a person set the severity."""


class RiskAnnotator:
    """The `Annotator` of this room. Layers: relevance, topic, severity, platform, feature, group, perception.

    A level that a person set outlives every new version of the annotator.
    """

    def __init__(
        self, namer: Namer | None = None, judge: Judge | None = None, overrides: Overrides | None = None
    ) -> None:
        self._namer, self._judge, self._overrides = namer, judge, overrides

    @property
    def judge(self) -> Judge:
        if self._judge is None:
            self._judge = load_judge()
        return self._judge

    @property
    def name(self) -> str:
        return self.judge.name

    def read(self, items: Sequence[Item]) -> Sequence[Reading]:
        """One reading per item, in order, with its vector for stories."""
        mentions = self._namer(items) if self._namer else [None] * len(items)
        inputs = [
            RiskInput(item.title, item.text or item.lead, item.language, found, item.id)
            for item, found in zip(items, mentions, strict=True)
        ]
        by_hand = self._overrides([item.id for item in items]) if self._overrides else {}
        judged = self.judge.judge(inputs)
        return [
            self._reading(item, judgement, by_hand.get(item.id))
            for item, judgement in zip(items, judged, strict=True)
        ]

    def _reading(self, item: Item, judgement: Judgement, by_hand: tuple[int, str, str] | None) -> Reading:
        notes = archived(item.id, self.name, judgement)
        if by_hand:
            notes = [overridden(n, *by_hand) if n.layer == "severity" else n for n in notes]
        return Reading(
            item.id,
            self.name,
            tuple(notes),
            judgement.vector.astype("<f4").tobytes(),
            self.judge.encoder.name,
        )


def archived(item_id: str, annotator: str, judgement: Judgement) -> list[Annotation]:
    """A judgement as the archive keeps it. The severity's reasons are its evidence; a platform's `text` says about
    or mentioned."""

    def note(layer: str, label: str, **more: Any) -> Annotation:
        return Annotation(item_id=item_id, layer=layer, label=label, annotator=annotator, **more)

    relevant = "relevant" if judgement.relevant else "irrelevant"
    notes = [note("relevance", relevant, score=judgement.relevance)]
    notes += [
        note("topic", t.id, score=t.score, evidence=(*t.evidence, *_examples(t))) for t in judgement.topics
    ]
    notes += [
        note("topic", s.id, score=0.0, start=s.start, end=s.end, text=s.text, suppressed=True,
             evidence=(Evidence(s.start, s.end, s.text, f"{s.rule}: {s.reason}"),))
        for s in judgement.suppressed
    ]  # fmt: skip
    reasons = tuple(Evidence(0, 0, reason, "severity") for reason in judgement.severity.reasons)
    notes.append(note("severity", str(judgement.severity.level), evidence=reasons))
    notes += [note("feature", f.id, start=f.start, end=f.end, text=f.text) for f in judgement.features]
    notes += [note("group", g.id, start=g.start, end=g.end, text=g.text) for g in judgement.groups]
    for p in judgement.perception:
        notes.append(note("platform", p.target, target=p.target, text="about" if p.about else "mentioned"))
        start, end = p.sentence
        notes.append(note("perception", p.stance, target=p.target, score=p.score, start=start, end=end))
    return notes


def _examples(tag: TopicTag) -> tuple[Evidence, ...]:
    return tuple(Evidence(0, 0, n.text, "example", n.similarity) for n in tag.nearest)
