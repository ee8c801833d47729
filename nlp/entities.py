"""Names in texts: what the language's pipeline marks, and over it what the watchlist knows.

Offsets count code points of the text that was given. The watchlist wins wherever both see something. Words that tell
of a harm are neither places nor people, whatever a pipeline makes of *Cybermobbing*: `nlp/no_names.yaml` lists them.
"""

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

from domain.model import Annotation, Item, Reading
from nlp.pipelines import describe, facts, pipeline_for
from nlp.rulers import Hit, Ruler
from nlp.watchlist import watchlist

LABELS = {
    "PER": "PER", "PERSON": "PER",
    "LOC": "LOC", "GPE": "LOC", "FAC": "LOC",
    "ORG": "ORG",
    "MISC": "MISC", "NORP": "MISC", "PRODUCT": "MISC", "EVENT": "MISC", "WORK_OF_ART": "MISC", "LAW": "MISC",
}  # fmt: skip
"""OntoNotes' and CoNLL's labels in ours; dates, numbers and languages are no names here."""

LONGEST_TEXT = 100_000  # code points; what lies behind is not read for names
BATCH_SIZE = 64
RULES_VERSION = "3"
NO_NAMES = Path(__file__).parent / "no_names.yaml"


@dataclass(frozen=True, slots=True)
class Entity:
    """A name at `start`..`end`. `id` is the watchlist's, "" for others; `by` is name/version of who marked it.

    `label` is one of PER ORG LOC MISC PLATFORM REGULATOR LAW FEATURE.
    """

    start: int
    end: int
    text: str
    label: str
    by: str
    id: str = ""


def tag_entities(pipeline: Any, text: str) -> tuple[Entity, ...]:
    """The names in one text, by place, without overlaps."""
    return next(tag_all(pipeline, [text]))


def tag_all(
    pipeline: Any, texts: Iterable[str], batch_size: int = BATCH_SIZE
) -> Iterator[tuple[Entity, ...]]:
    """The names in each text, in order; texts are read in batches and never all held at once."""
    ruler = ruler_of(pipeline)
    by = f"{pipeline.meta['name']}/{pipeline.meta['version']}"
    for doc in pipeline.pipe((text[:LONGEST_TEXT] for text in texts), batch_size=batch_size):
        yield merged(doc, ruler(doc), by, f"watchlist/{ruler.listed.version}")


@cache
def ruler_of(pipeline: Any) -> Ruler:
    return Ruler(watchlist(), pipeline)


def merged(doc: Any, hits: Sequence[Hit], pipeline: str, ruler: str) -> tuple[Entity, ...]:
    """Watched names, and the pipeline's where no watched name lies."""
    people = [(e.start_char, e.end_char) for e in doc.ents if LABELS.get(e.label_) == "PER" and len(e) > 1]
    watched = [hit for hit in hits if not (hit.unsure and is_within(hit, people))]
    found = [
        Entity(h.start, h.end, doc.text[h.start : h.end], h.thing.label, ruler, h.thing.id) for h in watched
    ]
    for span in doc.ents:
        label = LABELS.get(span.label_)
        if label in ("LOC", "PER") and is_no_name(span.text):
            continue
        if label and not any(hit.start < span.end_char and span.start_char < hit.end for hit in watched):
            found.append(Entity(span.start_char, span.end_char, span.text, label, pipeline))
    return tuple(sorted(found, key=lambda entity: entity.start))


def is_no_name(text: str) -> bool:
    """Whether all its words are words of harm, or compounds that begin with one."""
    words = text.casefold().replace("-", " ").split()
    return bool(words) and all(word.startswith(no_names()) for word in words)


@cache
def no_names() -> tuple[str, ...]:
    """Beginnings of such words in the four languages."""
    listed: dict[str, list[str]] = YAML(typ="safe").load(NO_NAMES.read_text(encoding="utf-8"))
    return tuple(word for of_language in listed.values() for word in of_language)


def is_within(hit: Hit, spans: Sequence[tuple[int, int]]) -> bool:
    return any(start <= hit.start and hit.end <= end for start, end in spans)


def text_of(item: Item) -> str:
    """What offsets of annotations count in: the title, a line feed and the text."""
    return f"{item.title}\n{item.text}" if item.title else item.text


class EntityAnnotator:
    """Marks names in items of the four languages; items in others get an empty reading.

    A person becomes an entity only by name on the list of `public_people`: of all others the place is marked, suppressed
    and without the name, so that stories can be told apart and nobody can be looked up, counted or listed.
    """

    def __init__(self, public_people: Iterable[str] = ()) -> None:
        """Reads the watchlist and the names of the pipelines; the pipelines are loaded when first needed."""
        self.public = frozenset(" ".join(name.casefold().split()) for name in public_people)
        used = "|".join((watchlist().version, *(one.label for one in describe()), *sorted(self.public)))
        self.codes = frozenset(one.code for one in describe())
        self.version = f"{RULES_VERSION}-{hashlib.sha256(used.encode()).hexdigest()[:8]}"

    @property
    def name(self) -> str:
        """Changes with the rules, the watchlist and every pipeline."""
        return f"entities/{self.version}"

    def read(self, items: Sequence[Item]) -> Sequence[Reading]:
        """One reading per item, in order; each language's items go through its pipeline together."""
        found: dict[str, tuple[Entity, ...]] = {}
        for code in sorted({item.language for item in items} & self.codes):
            mine = [item for item in items if item.language == code]
            texts = [text_of(item) for item in mine]
            found |= zip((item.id for item in mine), tag_all(pipeline_for(code), texts), strict=True)
        return [self.reading(item, found.get(item.id, ())) for item in items]

    def reading(self, item: Item, entities: Sequence[Entity]) -> Reading:
        annotations = tuple(
            Annotation(
                item_id=item.id,
                layer="entity",
                label=entity.label,
                annotator=self.name,
                start=entity.start,
                end=entity.end,
                text=entity.text if self.may_be_named(entity) else "",
                target=entity.id,
                suppressed=not self.may_be_named(entity),
            )
            for entity in entities
        )
        return Reading(item.id, self.name, annotations)

    def may_be_named(self, entity: Entity) -> bool:
        """Whether it is no person, or one on the list."""
        return entity.label != "PER" or " ".join(entity.text.casefold().split()) in self.public


def model_of(code: str) -> str:
    """Name and version of what reads a language."""
    return facts(code).label
