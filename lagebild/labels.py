"""Names that people read for the ids that the archive keeps: topics and watched things, per language."""

from collections.abc import Mapping
from functools import cache
from typing import cast

from digest.wording import catalogue
from nlp.topic_rules import load_topics
from nlp.watchlist import watchlist

LANGUAGES = ("de", "en")
WORDED = ("feature", "dimension", "outcome", "language")
"""Kinds whose names the digest's wording holds; the reading room says the same."""


@cache
def names() -> Mapping[str, Mapping[str, str]]:
    """`topic:ID`, `platform:ID`, `feature:ID` and the like to their name by language."""
    topics = {f"topic:{topic.id}": dict(topic.label) for topic in load_topics()}
    things = watchlist().things.values()
    platforms = {f"platform:{thing.id}": {"de": thing.name, "en": thing.name} for thing in things}
    return topics | platforms | _worded()


def _worded() -> dict[str, dict[str, str]]:
    found: dict[str, dict[str, str]] = {}
    for language in LANGUAGES:
        said = cast(Mapping[str, Mapping[str, Mapping[str, str]]], catalogue(language))["names"]
        for kind in WORDED:
            for identity, name in said[kind].items():
                found.setdefault(f"{kind}:{identity}", {})[language] = name
    return found
