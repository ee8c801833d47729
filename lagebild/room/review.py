"""The labelling loop for the reading room: which item comes next, and how far readers agree."""

from lagebild.agreement import Agreement, agreement
from lagebild.teaching import EVER, candidates, judge_of
from lagebild.workshop import Workshop
from nlp.learn import to_ask
from nlp.topic_rules import load_topics
from web.desk import Teaching

NEWEST = 500
ASKED_AT_ONCE = 40
SEED = 1


def teaching(workshop: Workshop) -> Teaching:
    """The loop over this archive."""
    archive = workshop.archive
    topics = tuple(topic.id for topic in load_topics())

    def unread(_who: str) -> list[str]:
        threshold = float(judge_of(workshop.settings.archive).decisions.relevance["threshold"])
        return to_ask(candidates(archive, NEWEST, threshold), ASKED_AT_ONCE, SEED)

    def read_once(who: str) -> list[str]:
        readers: dict[str, set[str]] = {}
        for label in archive.labels(EVER):
            if label.layer == "relevance":
                readers.setdefault(label.item_id, set()).add(label.by)
        return [item for item, names in readers.items() if len(names) == 1 and who not in names]

    def agreed() -> list[Agreement]:
        return agreement(archive.labels(EVER), topics)

    return Teaching(topics=topics, first=unread, second=read_once, agreement=agreed)
