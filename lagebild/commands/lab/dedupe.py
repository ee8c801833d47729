"""A stream of texts to copies of earlier ones.

Reads {"id", "title"?, "text"} in order; answers {"id", "copy_of", "similarity"}.
"""

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from typing import Any

from crawler.dedupe import NearIndex, fingerprint, judge
from domain.model import Copy, Item, ItemKind, Lens
from lagebild.jsonl import each, lab_command

EPOCH = datetime(2026, 1, 1, tzinfo=UTC)
command = lab_command(__name__, __doc__ + "\nExample: lagebild lab dedupe texts.jsonl", remembers=True)


def bare_item(item_id: str, title: str, text: str, language: str = "", published: datetime = EPOCH) -> Item:
    """An item of which nothing but the words is known."""
    return Item(
        id=item_id,
        source_id="",
        raw_id=item_id,
        kind=ItemKind.ARTICLE,
        url="",
        title=title,
        lead="",
        text=text,
        language=language,
        markets=(),
        lens=Lens.MEDIA,
        published_at=published,
        fetched_at=published,
        content_hash="",
    )


class Memory:
    """The texts seen so far."""

    def __init__(self) -> None:
        self._index = NearIndex()
        self._ids: list[Any] = []

    def answer(self, row: dict[str, Any]) -> dict[str, Any]:
        """Whether this text is a copy; ids of any JSON type come back as they were."""
        item = bare_item(str(len(self._ids)), row.get("title") or "", row["text"])
        self._ids.append(row.get("id"))
        print_ = fingerprint(item)
        verdict = judge(item, print_, None, self._index)
        if isinstance(verdict, Copy):
            return {
                "id": row.get("id"),
                "copy_of": self._ids[int(verdict.of)],
                "similarity": verdict.similarity,
            }
        self._index.add(print_)
        return {"id": row.get("id"), "copy_of": None, "similarity": 0.0}


def answers(rows: Iterable[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    """One verdict per row, in order."""
    return each(rows, Memory().answer)
