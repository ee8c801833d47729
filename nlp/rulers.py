"""Watched names in a text: whole names by spaCy's PhraseMatcher, names inside compounds, unsure forms by their context."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from nlp.compounds import HYPHENS, Part, hyphen_parts
from nlp.watchlist import Thing, Unsure, Watchlist

HYPHENATED = re.compile(rf"(?<![\w.])\w[\w.]*(?:[{HYPHENS}]\w(?:[\w.]*\w)?)+")
SUFFIX = re.compile(
    r"(?:,? (?:Inc|Ltd|Limited|GmbH|AG|SE|LLC|Corp|Corporation|S\.A|S\.p\.A|Co)\b\.?"
    r"| (?:Technology|Technologies|Ireland|Germany|Deutschland|International|Platforms|Europe|Schweiz|Österreich)\b(?![-.]\w))+"
)
QUOTES = frozenset("\"'„“”‚‘’«»‹›()[]")
STOPS = frozenset((".", "!", "?", "…", "\n", "\n\n", "|"))
REACH = 12  # tokens to either side in which a cue counts, within the sentence
MOST_PARTS = 5  # of a hyphenated word that are looked up together


@dataclass(frozen=True, slots=True)
class Hit:
    """A watched thing at `start`..`end` (code points). `sure` is 0 for a plain name, else the number of cues."""

    start: int
    end: int
    thing: Thing
    sure: int = 0
    unsure: bool = False


class Ruler:
    """A watchlist made ready for one pipeline's tokens."""

    def __init__(self, listed: Watchlist, pipeline: Any) -> None:
        from spacy.matcher import PhraseMatcher

        self.listed = listed
        self.any_case = PhraseMatcher(pipeline.vocab, attr="LOWER")
        self.as_written = PhraseMatcher(pipeline.vocab, attr="ORTH")
        make = pipeline.tokenizer
        for thing, forms in by_thing(listed.names.items()):
            self.any_case.add(thing, [make(form) for form in forms])
        for thing, forms in by_thing(listed.exact.items()):
            self.as_written.add(thing, [make(form) for form in forms])
        for form in listed.unsure:
            self.as_written.add(f"?{form}", [make(form)])
        self.lower = {form.lower(): thing for form, thing in listed.names.items()}
        self.starts = {form.lower(): thing for form, thing in listed.closed.items()}
        starts = "|".join(sorted(map(re.escape, listed.closed), key=len, reverse=True))
        self.closed = re.compile(rf"\b({starts})s?(?=(\w{{3,}}))\w+\b", re.IGNORECASE) if starts else None

    def __call__(self, doc: Any) -> list[Hit]:
        """Every watched name, by place, without overlaps: the longer wins, then the better proven."""
        found = [*self.plain(doc), *self.in_compounds(doc.text), *self.unsure(doc)]
        found.sort(key=lambda hit: (hit.start - hit.end, -hit.sure, hit.thing.id))
        kept: list[Hit] = []
        for hit in found:
            if not any(hit.start < other.end and other.start < hit.end for other in kept):
                kept.append(with_suffix(hit, doc.text))
        return sorted(kept, key=lambda hit: hit.start)

    def plain(self, doc: Any) -> Iterator[Hit]:
        for matcher in (self.any_case, self.as_written):
            for key, first, last in matcher(doc):
                thing = self.listed.things.get(doc.vocab.strings[key])
                if thing:
                    span = doc[first:last]
                    yield Hit(span.start_char, span.end_char, thing)

    def in_compounds(self, text: str) -> Iterator[Hit]:
        for match in HYPHENATED.finditer(text):
            yield from self.in_hyphenated(match.group(), match.start())
        for match in self.closed.finditer(text) if self.closed else ():
            if (
                match.group(2).lower().removeprefix("s") in self.listed.heads
                or match.group(2).lower() in self.listed.heads
            ):
                thing = self.listed.things[self.starts[match.group(1).lower()]]
                yield Hit(match.start(1), match.end(1), thing)

    def in_hyphenated(self, word: str, at: int) -> Iterator[Hit]:
        parts = hyphen_parts(word)
        for first in range(len(parts)):
            for last in range(min(len(parts), first + MOST_PARTS), first, -1):
                thing = self.named(parts[first:last])
                if thing:
                    yield Hit(at + parts[first].start, at + parts[last - 1].end, self.listed.things[thing])
                    break
        yield from self.unsure_first(parts, at)

    def unsure_first(self, parts: tuple[Part, ...], at: int) -> Iterator[Hit]:
        """An unsure form that begins a compound whose next part fits it: "X-Chef", but neither "X-Achse" nor "Space-X-Chef"."""
        first, following = parts[:2]
        for rule in self.listed.unsure.get(first.text, ()):
            if following.text.lower() in rule.heads:
                yield Hit(at + first.start, at + first.end, self.listed.things[rule.thing], 1)

    def named(self, parts: tuple[Part, ...]) -> str:
        """The thing that these parts spell, joined by hyphens or by blanks; "" if none."""
        for glue in "-", " ":
            form = glue.join(part.text for part in parts)
            thing = self.listed.exact.get(form) or self.lower.get(form.lower())
            if thing:
                return thing
        return ""

    def unsure(self, doc: Any) -> list[Hit]:
        """Forms that their context proves; a form marked `carry` that is proven once is taken wherever not ruled out."""
        proven: list[Hit] = []
        waiting: list[tuple[Unsure, Hit]] = []
        for rule, hit, context in self.candidates(doc):
            if context.rules_out(rule):
                continue
            proof = context.proof(rule)
            if proof:
                proven.append(Hit(hit.start, hit.end, hit.thing, proof, unsure=True))
            elif rule.carry:
                waiting.append((rule, hit))
        known = {hit.thing.id for hit in proven}
        return proven + [hit for rule, hit in waiting if rule.thing in known]

    def candidates(self, doc: Any) -> Iterator[tuple[Unsure, Hit, "Context"]]:
        for key, first, last in self.as_written(doc):
            form = doc.vocab.strings[key]
            if form.startswith("?"):
                span = doc[first:last]
                context = Context.of(doc, first, last)
                for rule in self.listed.unsure[form[1:]]:
                    thing = self.listed.things[rule.thing]
                    yield rule, Hit(span.start_char, span.end_char, thing, unsure=True), context


@dataclass(frozen=True, slots=True)
class Context:
    """The words around a form, in lower case: the one before, the one or two after, and all in reach."""

    before: str
    after: str
    after_two: str
    near: tuple[str, ...]

    @classmethod
    def of(cls, doc: Any, first: int, last: int) -> "Context":
        left = list(
            within_sentence(doc[index].lower_ for index in range(first - 1, max(-1, first - 1 - REACH), -1))
        )
        right = list(within_sentence(doc[index].lower_ for index in range(last, min(len(doc), last + REACH))))
        near = {
            part for word in left + right for part in (word, *(piece.text for piece in hyphen_parts(word)))
        }
        after = right[0] if right else ""
        return cls(left[0] if left else "", after, " ".join(right[:2]), tuple(near))

    def rules_out(self, rule: Unsure) -> bool:
        return (
            self.before in rule.never_before
            or self.after in rule.never_after
            or self.after_two in rule.never_after
        )

    def proof(self, rule: Unsure) -> int:
        """How many cues speak for it; a word right beside it counts twice."""
        beside = (self.before in rule.before) + (self.after in rule.after)
        return 2 * beside + sum(word in rule.cues for word in self.near)


def within_sentence(words: Iterable[str]) -> Iterator[str]:
    """Words up to the end of the sentence, without quotation marks and brackets."""
    for word in words:
        if word in STOPS:
            return
        if word not in QUOTES and not word.isspace():
            yield word


def with_suffix(hit: Hit, text: str) -> Hit:
    """A company's name with its legal form: `TikTok Technology Ltd.` is one name."""
    if hit.thing.label not in ("PLATFORM", "ORG"):
        return hit
    match = SUFFIX.match(text, hit.end)
    return Hit(hit.start, match.end(), hit.thing, hit.sure, hit.unsure) if match else hit


def by_thing(forms: Iterable[tuple[str, str]]) -> list[tuple[str, list[str]]]:
    found: dict[str, list[str]] = {}
    for form, thing in forms:
        found.setdefault(thing, []).append(form)
    return list(found.items())
