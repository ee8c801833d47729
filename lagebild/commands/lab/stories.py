"""A stream of items, in order of time, to the stories they belong to.

Reads {"id", "title"?, "text", "language"?, "published"}; answers {"id", "story"}.
"""

from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime
from itertools import islice
from typing import Any

from domain.errors import ItemError
from lagebild.jsonl import lab_command, refusal
from nlp.language import detect
from nlp.story_clusterer import SETTLE, Clusterer
from nlp.story_features import Features, read_features
from nlp.story_vectors import load_story_encoder, story_text
from nlp.story_weights import weights_for

command = lab_command(__name__, __doc__ + "\nExample: lagebild lab stories day.jsonl", remembers=True)
Row = dict[str, Any]


def answers(rows: Iterable[Row]) -> Iterator[Row]:
    """One label per row, in order; a label is told once `SETTLE` rows were seen together."""
    clusterer = Clusterer(weights_for(load_story_encoder().kind))
    stream = iter(rows)
    first = 0
    while batch := list(islice(stream, SETTLE)):
        yield from labelled(batch, first, clusterer)
        first += len(batch)


def labelled(rows: Sequence[Row], first: int, clusterer: Clusterer) -> Iterator[Row]:
    """The answers of one batch. Items are known by their place in the stream: ids need not be unique."""
    told = {place: _checked(row) for place, row in enumerate(rows, first)}
    good = {place: row for place, row in told.items() if "error" not in row}
    placed = clusterer.place(featured(good))
    story = {placement.item_id: placement.story_id for placement in placed.placements}
    for place, row in told.items():
        yield row if "error" in row else {"id": row.get("id"), "story": story[str(place)]}


def featured(rows: dict[int, Row]) -> list[Features]:
    """What the clusterer compares, by place in the stream."""
    texts = [story_text(row.get("title") or "", row["text"]) for row in rows.values()]
    vectors = load_story_encoder().encode(texts)
    return [
        read_features(
            str(place), row.get("title") or "", row["text"], language_of(row), moment_of(row), vector
        )
        for (place, row), vector in zip(rows.items(), vectors, strict=True)
    ]


def language_of(row: Row) -> str:
    """The language that is given, else the one detected."""
    return row.get("language") or detect(f"{row.get('title') or ''}\n{row['text']}").language


def moment_of(row: Row) -> datetime:
    """When it was published. Raises ItemError."""
    try:
        moment = datetime.fromisoformat(row["published"])
    except (TypeError, ValueError) as error:
        raise ItemError(f"published: {error}", item_id=str(row.get("id")), remedy="write ISO 8601") from error
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _checked(row: Row) -> Row:
    """The row, or its refusal."""
    if "error" in row:
        return row
    try:
        moment_of(row)
        _ = row["text"] + (row.get("title") or "")
    except (ItemError, KeyError, TypeError) as error:
        return refusal(row.get("id"), error)
    return row
