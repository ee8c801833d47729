"""A rule's own words in the reader's language. Rules write English; `reasons_de.yaml` holds the German for each."""

import re
from functools import cache
from pathlib import Path

from ruamel.yaml import YAML

from lagebild.labels import names

BELONGING = re.compile(r"(^\d+ of its \d+ items belong to )(.*)$")
POINT = re.compile(r"(»[^«]*«)|(?<=\d)\.(?=\d)")
"""Of a decimal number, for which Germans write a comma; or a quotation, which stays as it was said."""
GERMAN = Path(__file__).with_name("reasons_de.yaml")


@cache
def _patterns() -> tuple[tuple[re.Pattern[str], str], ...]:
    rows = YAML(typ="safe").load(GERMAN.read_text(encoding="utf-8"))
    return tuple((re.compile(said), german) for said, german in rows)


def spoken(reason: str, language: str) -> str:
    """The reason as a reader of this language is told; in the rule's words where nobody translated them."""
    reason = BELONGING.sub(lambda found: found[1] + _names(found[2], language), reason)
    if language != "de":
        return reason
    told = reason
    for said, german in _patterns():
        told = said.sub(german, told)
    return told if told == reason else POINT.sub(lambda found: found[1] or ",", told)


def _names(ids: str, language: str) -> str:
    """Topics by their names."""
    called = names()
    return ", ".join(called.get(f"topic:{one}", {}).get(language, one) for one in ids.split(", "))
