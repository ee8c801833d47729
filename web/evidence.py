"""A text and its tags -> the text with every evidence marked in place."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from markupsafe import Markup, escape

from domain.model import Annotation, Item


@dataclass(frozen=True, slots=True, order=True)
class Span:
    """A stretch of title + line feed + text, and what it is evidence of."""

    start: int
    end: int
    what: str


def whole(item: Item) -> str:
    """What offsets count in."""
    return f"{item.title}\n{item.text}" if item.title else item.text


def spans_of(tags: Iterable[Annotation]) -> list[Span]:
    """Where topics and tones show, leftmost first; what a rule took back is left out."""
    found = set()
    for tag in tags:
        if tag.suppressed:
            continue
        if tag.layer == "topic":
            found |= {Span(e.start, e.end, tag.label) for e in tag.evidence if e.end > e.start}
    return sorted(found)


def paragraphs(item: Item, spans: Sequence[Span]) -> list[Markup]:
    """The text's paragraphs with marked evidence; the title is left out."""
    text = whole(item)
    begin = len(item.title) + 1 if item.title else 0
    lines, at = [], begin
    for line in text[begin:].split("\n"):
        if line.strip():
            lines.append(marked(text, at, at + len(line), spans))
        at += len(line) + 1
    return lines


def marked(text: str, start: int, end: int, spans: Sequence[Span]) -> Markup:
    """One stretch as HTML: everything escaped, evidence in <mark> with its label as title."""
    parts, at = [], start
    for span in spans:
        if span.start < at or span.end > end or span.start < start:
            continue
        parts.append(escape(text[at : span.start]))
        parts.append(Markup('<mark title="{}">{}</mark>').format(span.what, text[span.start : span.end]))
        at = span.end
    parts.append(escape(text[at:end]))
    return Markup("").join(parts)
