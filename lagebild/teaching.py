"""An analyst's yes and no: which items to ask about, what was said, and the layer that learns from it."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path

from domain.model import Annotation, Hit, Item, Search
from domain.model import Label as Word
from domain.ports import Archive, ShelfArchive
from nlp.embed import ShelvedEncoder, load_encoder
from nlp.learn import Candidate, Label, latest
from nlp.risk import Decisions, Judge, RiskInput

LAYER_FOLDER = "layers"
EVER = datetime(2000, 1, 1, tzinfo=UTC)


def layers_of(archive: Path) -> Path:
    """Where an installation's own layers lie: beside its archive."""
    return archive.with_name(f"{archive.stem}-{LAYER_FOLDER}")


def judge_of(archive: Path, shelf: ShelfArchive | None = None) -> Judge:
    """The judge with the layer in force here; with `shelf` its encoder's answers are kept there."""
    own = latest(layers_of(archive))
    decisions = Decisions.read(own) if own.parent == layers_of(archive) else None
    encoder = load_encoder()
    kept = ShelvedEncoder(encoder, shelf) if shelf is not None and not encoder.light else encoder
    return Judge(kept, decisions=decisions)


def candidates(archive: Archive, newest: int, threshold: float) -> list[Candidate]:
    """The newest items that were judged and that nobody has been asked about."""
    hits = archive.search(Search(limit=newest)).hits
    asked = {word.item_id for word in archive.labels(EVER) if word.layer == "relevance"}
    tags = archive.annotations([hit.item.id for hit in hits], "relevance")
    return [
        Candidate(hit.item.id, tags[hit.item.id][0].score, threshold)
        for hit in hits
        if hit.item.id not in asked and tags.get(hit.item.id)
    ]


def lessons(archive: Archive) -> list[Label]:
    """All that was said so far as labels to learn from, one per item, by the last who spoke."""
    by_item: defaultdict[str, list[Word]] = defaultdict(list)
    for word in archive.labels(EVER):
        by_item[word.item_id].append(word)
    tags = archive.annotations(list(by_item))
    items = {item.id: item for item in archive.items(list(by_item))}
    return [
        lesson(items[item_id], words, tags.get(item_id, ()))
        for item_id, words in by_item.items()
        if item_id in items
    ]


def lesson(item: Item, words: Sequence[Word], tags: Iterable[Annotation]) -> Label:
    """What was said of one item: topics as judged, less those said wrong, with those said missing.

    A topic called right makes the item relevant; what was said of relevance itself wins.
    """
    judged = {tag.label for tag in tags if tag.layer == "topic" and not tag.suppressed}
    said = {(word.layer, word.label): word.verdict for word in words}
    wrong = {label for (layer, label), verdict in said.items() if layer == "topic" and verdict == "wrong"}
    added = {label for (layer, label), verdict in said.items() if layer == "topic" and verdict != "wrong"}
    topics = (judged - wrong) | added
    relevant = said.get(("relevance", "relevant"), "right" if topics else "wrong") == "right"
    last = max(words, key=lambda word: word.at)
    return Label(
        item_id=item.id,
        item=RiskInput(item.title, item.text or item.lead, item.language),
        relevant=relevant,
        topics=tuple(sorted(topics)) if relevant else (),
        who=last.by,
        when=last.at,
        annotator="",
    )


def shown(hit: Hit, names: Mapping[str, Mapping[str, str]]) -> str:
    """An item as the review shows it."""
    item = hit.item
    lead = (item.lead or item.text)[:300]
    topics = ", ".join(names.get(f"topic:{t}", {}).get("en", t) for t in hit.topics) or "none"
    return f"\n{item.outlet}, {item.published_at:%d %b %H:%M}Z\n{item.title}\n{lead}\ntopics: {topics}"
