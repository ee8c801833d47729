"""How people write the names of watched things, language by language: what to search a platform for."""

from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any

from nlp.watchlist import LANGUAGES, SHIPPED, entries

ANY = ""
"""The key of names that are the same in every language."""


@cache
def spellings(path: Path = SHIPPED) -> Mapping[str, Mapping[str, tuple[str, ...]]]:
    """Per id its names by language (`ANY` for those of all), in the file's order. Names that are also words, and
    may be taken only beside a cue, are left out: a platform's search knows no cues."""
    from ruamel.yaml import YAML

    content = YAML(typ="safe").load(path.read_text(encoding="utf-8"))
    return {str(entry["id"]): dict(_by_language(entry)) for _, entry in entries(content, path)}


def _by_language(entry: Mapping[str, Any]) -> Iterator[tuple[str, tuple[str, ...]]]:
    everywhere = [*entry.get("names", ()), *entry.get("exact", ())]
    for language, names in ((ANY, everywhere), *((code, entry.get(code, ())) for code in LANGUAGES)):
        if names:
            yield language, tuple(dict.fromkeys(str(name).replace("~", "") for name in names))


def names_in(thing: str, languages: tuple[str, ...] = (), path: Path = SHIPPED) -> tuple[str, ...]:
    """The thing's names in these languages (all, when none is given), the common ones first. Raises KeyError."""
    by_language = spellings(path)[thing]
    wanted = (ANY, *(languages or LANGUAGES))
    return tuple(dict.fromkeys(name for code in wanted for name in by_language.get(code, ())))


def hashtag(name: str) -> str:
    """The name as a hashtag: letters, digits and underscores, without the sign."""
    return "".join(letter for letter in name if letter.isalnum() or letter == "_")
