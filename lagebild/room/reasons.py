"""A rule's own words in the reader's language. Rules write English; `reasons_de.yaml` holds the German for each."""

import re
from functools import cache
from pathlib import Path

from ruamel.yaml import YAML

GERMAN = Path(__file__).with_name("reasons_de.yaml")


@cache
def _patterns() -> tuple[tuple[re.Pattern[str], str], ...]:
    rows = YAML(typ="safe").load(GERMAN.read_text(encoding="utf-8"))
    return tuple((re.compile(said), german) for said, german in rows)


def spoken(reason: str, language: str) -> str:
    """The reason as a reader of this language is told; in the rule's words where nobody translated them."""
    if language != "de":
        return reason
    for said, german in _patterns():
        reason = said.sub(german, reason)
    return reason
