"""Run a topic's own examples: what it must find, and the near misses that must stay out."""

import click

from domain.errors import ConfigError
from nlp.risk import RiskInput, judge
from nlp.topic_rules import Topic, TopicExample, load_topics, run_examples


@click.command(help=__doc__ + "\n\nExample: lagebild topics test youth_safety")
@click.argument("topic_id", required=False)
def command(topic_id: str | None) -> int:
    topics = [topic for topic in load_topics() if topic_id in (None, topic.id)]
    if not topics:
        known = ", ".join(topic.id for topic in load_topics())
        raise ConfigError(f"there is no topic {topic_id!r}", remedy=f"use one of: {known}")
    faults = [*run_examples(topics), *(fault for topic in topics for fault in missed(topic))]
    for fault in faults:
        click.echo(fault)
    examples = sum(len(topic.match) + len(topic.near_misses) for topic in topics)
    click.echo(f"{examples} examples of {len(topics)} topics, {len(faults)} faults", err=True)
    return 1 if faults else 0


def missed(topic: Topic) -> list[str]:
    """Examples the topic is not found in, by model and rules together."""
    judged = judge([_input(example) for example in topic.match])
    pairs = zip(topic.match, judged, strict=True)
    return [
        f"{topic.id}: not found in {e.text!r}"
        for e, said in pairs
        if topic.id not in {t.id for t in said.topics}
    ]


def _input(example: TopicExample) -> RiskInput:
    return RiskInput("", example.text, example.language)
