"""Names that people read for the ids that the archive keeps: topics and watched things, per language."""

from collections.abc import Mapping
from functools import cache

from nlp.topic_rules import load_topics
from nlp.watchlist import watchlist


@cache
def names() -> Mapping[str, Mapping[str, str]]:
    """`topic:ID` and `platform:ID` to their name by language."""
    topics = {f"topic:{topic.id}": dict(topic.label) for topic in load_topics()}
    things = watchlist().things.values()
    return topics | {f"platform:{thing.id}": {"de": thing.name, "en": thing.name} for thing in things}
