"""Texts to names, relevance, topics, severity, features and tone, each with its evidence.

Reads {"id", "title"?, "text", "language"?, "source_language"?}; offsets count in title + line feed + text.
"""

from collections import defaultdict
from pathlib import Path
from typing import Any

from lagebild.jsonl import lab_command
from lagebild.mentions import mentions
from nlp.entities import Entity, tag_all
from nlp.language import detect
from nlp.pipelines import describe, pipeline_for
from nlp.risk import RiskInput, judge

command = lab_command(__name__, __doc__ + "\nExample: lagebild lab annotate items.jsonl")
Row = dict[str, Any]


def answer(rows: list[Row], folder: Path) -> list[Row]:
    """One reading per row; rows of one language go through their pipeline together."""
    languages = [language_of(row) for row in rows]
    named = names_in([whole(row) for row in rows], languages)
    inputs = [
        RiskInput(
            row.get("title") or "", row["text"], language, mentions((e.id, e.start, e.end) for e in entities)
        )
        for row, language, entities in zip(rows, languages, named, strict=True)
    ]
    return [
        {
            "id": row.get("id"),
            "language": language,
            "entities": [_entity(e) for e in entities],
            **judgement.fields(),
        }
        for row, language, entities, judgement in zip(rows, languages, named, judge(inputs), strict=True)
    ]


def language_of(row: Row) -> str:
    """The language that is given, else the one detected with the source's as fallback."""
    given: str | None = row.get("language")
    return given or detect(whole(row), source_language=row.get("source_language")).language


def whole(row: Row) -> str:
    """What offsets count in."""
    return f"{row['title']}\n{row['text']}" if row.get("title") else str(row["text"])


def names_in(texts: list[str], languages: list[str]) -> list[tuple[Entity, ...]]:
    """The names of each text; none where no pipeline knows the language."""
    places: defaultdict[str, list[int]] = defaultdict(list)
    for place, language in enumerate(languages):
        places[language].append(place)
    found: list[tuple[Entity, ...]] = [()] * len(texts)
    for code in sorted(places.keys() & {one.code for one in describe()}):
        tagged = tag_all(pipeline_for(code), (texts[place] for place in places[code]))
        for place, entities in zip(places[code], tagged, strict=True):
            found[place] = entities
    return found


def _entity(entity: Entity) -> Row:
    told = {
        "start": entity.start,
        "end": entity.end,
        "text": entity.text,
        "label": entity.label,
        "by": entity.by,
    }
    return {**told, "id": entity.id} if entity.id else told
