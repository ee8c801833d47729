"""Taking a withdrawn item's words out of a kept document."""

import json
import re
from collections.abc import Sequence
from typing import Any

from storage.fold import fold

REMOVED = "[entfernt / removed]"
"""Stands where a withdrawn item was quoted."""
RUN_OF_WORDS = 5
"""So many words in the same order are a quotation, not chance."""
SHORTEST = 12
"""Letters of a title that is looked for as a whole although it has fewer words."""

_WORD = re.compile(r"\w+")
_ID = re.compile(r'"(?:item_id|item|id)":\s*"([^"\\]+)"')


class Withdrawn:
    """The words of one item, ready to be recognised."""

    def __init__(self, texts: Sequence[str], url: str) -> None:
        folded = [_WORD.findall(fold(text)) for text in texts]
        self.runs = {run for words in folded for run in _runs(words)}
        self.whole = {" ".join(words) for words in folded if 0 < len(words) < RUN_OF_WORDS}
        self.whole = {words for words in self.whole if len(words) >= SHORTEST}
        self.url = url

    def stands_in(self, line: str) -> bool:
        """Whether a line quotes the item or leads to it."""
        if self.url and self.url in line:
            return True
        words = _WORD.findall(fold(line))
        if any(run in self.runs for run in _runs(words)):
            return True
        plain = " ".join(words)
        return any(whole in plain for whole in self.whole)


def redact(document: str, withdrawn: Withdrawn) -> str:
    """The JSON document with every line that quotes the item replaced; the same text when none does."""
    value = json.loads(document)
    clean = _clean(value, withdrawn)
    return document if clean == value else json.dumps(clean, ensure_ascii=False, separators=(",", ":"))


def items_named(document: str) -> set[str]:
    """Ids of items that a JSON document names."""
    return set(_ID.findall(document))


def _runs(words: Sequence[str]) -> list[tuple[str, ...]]:
    return [tuple(words[n : n + RUN_OF_WORDS]) for n in range(len(words) - RUN_OF_WORDS + 1)]


def _clean(value: Any, withdrawn: Withdrawn) -> Any:
    if isinstance(value, str):
        lines = value.split("\n")
        return "\n".join(REMOVED if withdrawn.stands_in(line) else line for line in lines)
    if isinstance(value, list):
        return [_clean(one, withdrawn) for one in value]
    if isinstance(value, dict):
        return {name: _clean(one, withdrawn) for name, one in value.items()}
    return value
