"""A judgement in sentences, for a reader who knows nothing of models."""

from __future__ import annotations

from collections.abc import Callable

from nlp.risk import Judgement, RiskInput, TopicTag, judge
from nlp.topic_rules import load_topics

SENTENCES = {
    "en": {
        True: "Relevant",
        False: "Not relevant",
        "chance": "{verdict} (chance {chance:.0%}).",
        "topic": "Topic: {label} ({score:.0%}).",
        "phrase": "  because of »{text}« at {start}-{end} (rule {rule})",
        "alike": "  no phrase of the lexicon is in it; the model finds it like these confirmed examples:",
        "example": "  {similarity:.2f} »{text}«",
        "taken back": "Taken back: »{text}« for {label}, {reason}.",
        "severity": "Severity {level} of 5: {reasons}.",
        "feature": "Product features: {names}.",
        "group": "Affected: {names}.",
        "about": "It is about {target}; tone {stance} ({score:.0%}): »{quoted}«",
        "mentions": "It mentions {target}; tone {stance} ({score:.0%}): »{quoted}«",
        "critical": "critical",
        "neutral": "neutral",
        "supportive": "supportive",
    },
    "de": {
        True: "Relevant",
        False: "Nicht relevant",
        "chance": "{verdict} (Wahrscheinlichkeit {chance:.0%}).",
        "topic": "Thema: {label} ({score:.0%}).",
        "phrase": "  wegen »{text}« an Stelle {start}-{end} (Regel {rule})",
        "alike": "  keine Wendung des Lexikons steht darin; das Modell findet es diesen bestätigten Beispielen ähnlich:",
        "example": "  {similarity:.2f} »{text}«",
        "taken back": "Zurückgenommen: »{text}« für {label}, {reason}.",
        "severity": "Schwere {level} von 5: {reasons}.",
        "feature": "Funktionen: {names}.",
        "group": "Betroffen: {names}.",
        "about": "Es handelt von {target}; Ton {stance} ({score:.0%}): »{quoted}«",
        "mentions": "Es erwähnt {target}; Ton {stance} ({score:.0%}): »{quoted}«",
        "critical": "kritisch",
        "neutral": "neutral",
        "supportive": "wohlwollend",
    },
}

Speak = Callable[[str, str], str]
Name = Callable[[str, str, str], str]


def as_written(reason: str, language: str) -> str:
    """A rule's reason in the rule's own words."""
    return reason


def bare(kind: str, identity: str, language: str) -> str:
    """A readable form of an id."""
    return identity.replace("_", " ")


def explain(item: RiskInput, language: str = "en", speak: Speak = as_written, name: Name = bare) -> str:
    """Lines of text. `speak` puts a rule's reason into the language, `name` an id of a kind (feature, group)."""
    verdict = judge([item])[0]
    said = SENTENCES[language]
    lines = [said["chance"].format(verdict=said[verdict.relevant], chance=verdict.relevance)]
    for tag in verdict.topics:
        lines += _topic(tag, language)
    labels = _labels(language)
    lines += [
        said["taken back"].format(text=s.text, label=labels[s.id], reason=speak(s.reason, language))
        for s in verdict.suppressed
    ]
    if verdict.relevant:
        reasons = "; ".join(speak(r, language) for r in verdict.severity.reasons)
        lines.append(said["severity"].format(level=verdict.severity.level, reasons=reasons))
    lines += _named(verdict, language, name)
    return "\n".join([*lines, *_tones(item, verdict, language)])


def _labels(language: str) -> dict[str, str]:
    return {topic.id: topic.label.get(language, topic.id) for topic in load_topics()}


def _topic(tag: TopicTag, language: str) -> list[str]:
    said = SENTENCES[language]
    lines = [said["topic"].format(label=_labels(language)[tag.id], score=tag.score)]
    lines += [said["phrase"].format(text=e.text, start=e.start, end=e.end, rule=e.rule) for e in tag.evidence]
    lines += [said["alike"]] if tag.nearest else []
    return lines + [said["example"].format(similarity=n.similarity, text=n.text) for n in tag.nearest]


def _named(verdict: Judgement, language: str, name: Name) -> list[str]:
    found = (("feature", verdict.features), ("group", verdict.groups))
    return [
        SENTENCES[language][kind].format(names=", ".join(name(kind, one.id, language) for one in ones))
        for kind, ones in found
        if ones
    ]


def _tones(item: RiskInput, verdict: Judgement, language: str) -> list[str]:
    said = SENTENCES[language]
    return [
        said["about" if p.about else "mentions"].format(
            target=p.target,
            stance=said[p.stance],
            score=p.score,
            quoted=item.whole[p.sentence[0] : p.sentence[1]],
        )
        for p in verdict.perception
    ]
