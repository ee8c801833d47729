"""Say what is odd in the topic files."""

from pathlib import Path

import click

from nlp.topic_rules import FOLDER, check, load_topics

EXIT_INVALID = 3


@click.command(help=__doc__ + "\n\nExample: lagebild topics check my-topics")
@click.argument(
    "folder", type=click.Path(path_type=Path, file_okay=False, exists=True), default=FOLDER, required=False
)
def command(folder: Path) -> int:
    topics = load_topics(folder)
    faults = check(topics)
    click.echo("\n".join(faults) or f"{len(topics)} topics, nothing odd")
    return EXIT_INVALID if faults else 0
