"""A text and its tags -> its paragraphs with every evidence marked in place, and what readers are spared folded.

A stretch is a sentence, or all between two folded ones. Folded stretches are numbered from 1 in order of the text; the
page asks for them one by one.
"""

import re
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass

from domain.model import Annotation, Item

SENTENCE_END = re.compile(r"(?<=[.!?…])[\"“”«»’)\]]*\s+(?=[\"„“«»(\[]*[A-ZÄÖÜÀ-Þ\d])")


@dataclass(frozen=True, slots=True, order=True)
class Span:
    """A stretch of title + line feed + text, and the topic it is evidence of."""

    start: int
    end: int
    what: str


@dataclass(frozen=True, slots=True)
class Piece:
    """A run of letters; `what` names the topic that it is evidence of, "" for none."""

    text: str
    what: str = ""


@dataclass(frozen=True, slots=True)
class Stretch:
    """Pieces shown or folded together. `number` is 0 for what is never folded; `why` are the topics of a fold."""

    pieces: tuple[Piece, ...]
    number: int = 0
    why: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Folding:
    """What to fold: sentences with evidence of these topics, or every paragraph (`whole`)."""

    topics: Collection[str] = ()
    whole: bool = False


OPEN = Folding()
Paragraph = tuple[Stretch, ...]


def whole(item: Item) -> str:
    """What offsets count in."""
    return f"{item.title}\n{item.text}" if item.title else item.text


def spans_of(tags: Iterable[Annotation]) -> list[Span]:
    """Where topics show, leftmost first; what a rule took back is left out."""
    return sorted(
        {
            Span(evidence.start, evidence.end, tag.label)
            for tag in tags
            if tag.layer == "topic" and not tag.suppressed
            for evidence in tag.evidence
            if evidence.end > evidence.start
        }
    )


def paragraphs(item: Item, spans: Sequence[Span], folding: Folding = OPEN) -> list[Paragraph]:
    """The text's paragraphs; the title is left out."""
    text, at = whole(item), len(item.title) + 1 if item.title else 0
    found: list[Paragraph] = []
    folds = 0
    for line in text[at:].split("\n"):
        if line.strip():
            found.append(_paragraph(text, at, at + len(line), spans, folding, folds))
            folds = max(folds, *(stretch.number for stretch in found[-1]))
        at += len(line) + 1
    return found


def _paragraph(
    text: str, start: int, end: int, spans: Sequence[Span], folding: Folding, folds: int
) -> Paragraph:
    """One paragraph; its folds are numbered after `folds`."""
    stretches: list[Stretch] = []
    for first, last in [(start, end)] if folding.whole else _sentences(text, start, end):
        why = tuple(sorted(_shielded(spans, first, last, folding.topics)))
        folded = folding.whole or bool(why)
        folds += folded
        pieces = pieces_of(text, first, last, spans)
        if not folded and stretches and not stretches[-1].number:
            stretches[-1] = Stretch(stretches[-1].pieces + pieces)
        else:
            stretches.append(Stretch(pieces, folds if folded else 0, why))
    return tuple(stretches)


def _sentences(text: str, start: int, end: int) -> list[tuple[int, int]]:
    cuts = [start + match.end() for match in SENTENCE_END.finditer(text[start:end])]
    return list(zip([start, *cuts], [*cuts, end], strict=True))


def _shielded(spans: Sequence[Span], start: int, end: int, topics: Collection[str]) -> set[str]:
    return {span.what for span in spans if span.start < end and span.end > start and span.what in topics}


def pieces_of(text: str, start: int, end: int, spans: Sequence[Span]) -> tuple[Piece, ...]:
    """One stretch cut where evidence begins and ends; of overlapping evidence the leftmost is marked."""
    parts, at = [], start
    for span in spans:
        if span.start < at or span.end > end:
            continue
        parts += [Piece(text[at : span.start]), Piece(text[span.start : span.end], span.what)]
        at = span.end
    return tuple(piece for piece in (*parts, Piece(text[at:end])) if piece.text)
