"""The names we watch, read from watchlist.yaml: what they are, how they are written, when an unsure form counts."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from domain.errors import ConfigError

SHIPPED = Path(__file__).with_name("watchlist.yaml")
SECTIONS = {
    "platforms": "PLATFORM",
    "features": "FEATURE",
    "companies": "ORG",
    "regulators": "REGULATOR",
    "laws": "LAW",
    "bodies": "ORG",
}
KINDS = {
    "platforms": "platform",
    "features": "feature",
    "companies": "company",
    "regulators": "authority",
    "laws": "law",
    "bodies": "body",
}
ENTRY_KEYS = {
    "id",
    "name",
    "of",
    "kind",
    "market",
    "names",
    "de",
    "fr",
    "it",
    "en",
    "exact",
    "unsure",
    "closed",
}
UNSURE_KEYS = {"form", "cues", "before", "after", "never_before", "never_after", "heads", "carry"}
LANGUAGES = ("de", "fr", "it", "en")

SHORT_NAME = 4  # letters; shorter names are too often words when case is ignored
ADJECTIVE_ENDINGS = ("e", "en", "er", "es", "em")
NOUN_ENDINGS = ("", "s", "es", "e", "en", "n")


@dataclass(frozen=True, slots=True)
class Thing:
    """One watched thing. `of` is the id of its platform or owner, "" if none; `market` is `*` for everywhere."""

    id: str
    label: str
    kind: str
    name: str
    market: str
    of: str


@dataclass(frozen=True, slots=True)
class Words:
    """A set of lower-case words, some open to any ending."""

    whole: frozenset[str]
    beginnings: tuple[str, ...]

    def __contains__(self, word: str) -> bool:
        return word in self.whole or (bool(self.beginnings) and word.startswith(self.beginnings))


@dataclass(frozen=True, slots=True)
class Unsure:
    """A form that is also a word or another name; see watchlist.yaml for what each field asks."""

    thing: str
    form: str
    cues: Words
    before: Words
    after: Words
    never_before: Words
    never_after: Words
    heads: Words
    carry: bool


@dataclass(frozen=True, slots=True)
class Watchlist:
    """`names` match in any case, `exact` as written; `closed` may begin a closed compound. All lead to ids."""

    version: str
    things: Mapping[str, Thing]
    names: Mapping[str, str]
    exact: Mapping[str, str]
    unsure: Mapping[str, tuple[Unsure, ...]]
    closed: Mapping[str, str]
    heads: Words


@cache
def watchlist(path: Path = SHIPPED) -> Watchlist:
    """Reads a watchlist, once a process. Raises ConfigError that names file, entry and what is allowed."""
    from ruamel.yaml import YAML
    from ruamel.yaml.error import YAMLError

    try:
        return parsed(YAML(typ="safe").load(path.read_text(encoding="utf-8")), path)
    except (OSError, YAMLError) as error:
        raise ConfigError(
            f"{path}: {error}", remedy="mend the file, or leave it out", path=str(path)
        ) from error


def parsed(content: Mapping[str, Any], path: Path) -> Watchlist:
    cues = {name: tuple(map(str, words)) for name, words in content["cues"].items()}
    listed = list(entries(content, path))
    rules = [unsure_of(entry["id"], row, cues) for _, entry in listed for row in entry.get("unsure", ())]
    named = [(form, entry["id"]) for _, entry in listed for form in names_of(entry)]
    written_so = {str(form): entry["id"] for _, entry in listed for form in entry.get("exact", ())}
    return Watchlist(
        version=str(content["version"]),
        things=things_of(listed, path),
        names={one: thing for form, thing in named if not is_exact(form) for one in written(form)},
        exact=written_so | {one: thing for form, thing in named if is_exact(form) for one in written(form)},
        unsure={
            form: tuple(rule for rule in rules if rule.form == form) for form in {rule.form for rule in rules}
        },
        closed={
            form: entry["id"] for _, entry in listed if entry.get("closed") for form in closed_forms(entry)
        },
        heads=words_of(("$heads",), cues),
    )


def things_of(listed: Sequence[tuple[str, Mapping[str, Any]]], path: Path) -> dict[str, Thing]:
    """Raises ConfigError for an id that stands twice."""
    things: dict[str, Thing] = {}
    for section, entry in listed:
        thing = thing_of(section, entry)
        if thing.id in things:
            raise ConfigError(
                f"{path}: the id {thing.id!r} stands twice",
                remedy="give one of them another id",
                path=str(path),
            )
        things[thing.id] = thing
    return things


def entries(content: Mapping[str, Any], path: Path) -> Iterator[tuple[str, Mapping[str, Any]]]:
    for section in SECTIONS:
        for entry in content.get(section, ()):
            unknown = set(entry) - ENTRY_KEYS | {
                key for row in entry.get("unsure", ()) for key in set(row) - UNSURE_KEYS
            }
            if unknown:
                allowed = ", ".join(sorted(ENTRY_KEYS | UNSURE_KEYS))
                raise ConfigError(
                    f"{path}: {entry.get('id')!r} has unknown fields: {', '.join(sorted(unknown))}",
                    remedy=f"use some of: {allowed}",
                    path=str(path),
                )
            yield section, entry


def thing_of(section: str, entry: Mapping[str, Any]) -> Thing:
    kind = entry.get(
        "kind", section.removesuffix("s").replace("companie", "company").replace("bodie", "body")
    )
    return Thing(
        entry["id"], SECTIONS[section], kind, entry["name"], entry.get("market", "*"), entry.get("of", "")
    )


def names_of(entry: Mapping[str, Any]) -> Iterator[str]:
    for key in ("names", *LANGUAGES):
        yield from map(str, entry.get(key, ()))


def closed_forms(entry: Mapping[str, Any]) -> Iterator[str]:
    """The names that may begin a closed compound: one word, hyphens allowed, and not short."""
    for form in (*names_of(entry), *map(str, entry.get("exact", ()))):
        if form.replace("-", "").isalpha() and len(form) > SHORT_NAME:
            yield form


def is_exact(form: str) -> bool:
    """Short names and acronyms are too often words of another language in lower case."""
    return len(form) <= SHORT_NAME or form.upper() == form


def written(form: str) -> Iterator[str]:
    """A name with its German endings: `Weiße~ Ring` is Weiße, Weißen, Weißer Ring, each with a genitive."""
    *before, last = form.split(" ")
    stems = [""]
    for word in before:
        stems = [f"{stem}{one} " for stem in stems for one in inflected(word)]
    for stem in stems:
        for one in inflected(last):
            yield stem + one
            if one[-1].isalpha() and one[-1] not in "sxzß":
                yield f"{stem}{one}s"
            if one.endswith(("gesetz", "amt", "hof", "gericht", "rat", "vertrag", "bund", "werk", "buch")):
                yield f"{stem}{one}es"


def inflected(word: str) -> tuple[str, ...]:
    if not word.endswith("~"):
        return (word,)
    stem = word.removesuffix("~")
    if stem.endswith("e"):
        return tuple(stem[:-1] + ending for ending in ADJECTIVE_ENDINGS)
    return tuple(stem + ending for ending in NOUN_ENDINGS)


def unsure_of(thing: str, row: Mapping[str, Any], cues: Mapping[str, Sequence[str]]) -> Unsure:
    fields = ("cues", "before", "after", "never_before", "never_after", "heads")
    words = {field: words_of(row.get(field, ()), cues) for field in fields}
    return Unsure(thing, str(row["form"]), **words, carry=bool(row.get("carry")))


def words_of(listed: Sequence[Any], cues: Mapping[str, Sequence[str]]) -> Words:
    """Reads `word`, `beginning~` and `$group`."""
    words: list[str] = []
    for word in map(str, listed):
        words += cues[word[1:]] if word.startswith("$") else (word,)
    lower = [re.sub(r"\s+", " ", word.lower()) for word in words]
    return Words(
        frozenset(word for word in lower if not word.endswith("~")),
        tuple(sorted(word[:-1] for word in lower if word.endswith("~"))),
    )
