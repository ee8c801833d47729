"""The whole way of an article through reading, beside the bare libraries that do the heavy part of it.

Ours: language, copies, the archive, names, risk and tone, sentence vectors. Bare: `nlp.pipe` of the same spaCy
pipelines and the same encoders over the same texts, nothing else. Fresh texts and fresh caches for each side.
"""

import tempfile
from collections.abc import Callable
from pathlib import Path

import spacy

from bench.pairs import PAIRS, QUICK_PAIRS, Result, cpu, spread_of
from bench.texts import MORNING, articles
from crawler.dedupe import NearIndex, fingerprint, judge
from domain.model import Batch, Checkpoint, Filed, Item, Outcome, Visit
from domain.ports import Annotator
from lagebild.belts.enrich import read_everything
from lagebild.mentions import namer
from nlp.embed import Memory, OnnxEncoder
from nlp.entities import EntityAnnotator, text_of
from nlp.language import detect
from nlp.pipelines import pipeline_for
from nlp.risk import RiskAnnotator
from nlp.story_vectors import MOST_LETTERS, StoryEncoder, StoryVectors, load_story_encoder, story_text
from storage.sqlite.archive import open_archive


def ours(items: list[Item]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        archive, index = open_archive(Path(folder) / "a.db"), NearIndex()
        for at in range(0, len(items), 50):
            archive.commit(filed(items[at : at + 50], index, at))
        annotators: tuple[Annotator, ...] = (
            EntityAnnotator(),
            RiskAnnotator(namer(archive)),
            StoryVectors(load_story_encoder()),
        )
        read_everything(archive, annotators, lambda: MORNING)
        archive.close()


def filed(items: list[Item], index: NearIndex, n: int) -> Batch:
    some = []
    for item in items:
        detect(f"{item.title}\n{item.text}"[:400], source_language=item.language)
        print_ = fingerprint(item)
        some.append(Filed(item, print_, judge(item, print_, None, index)))
        index.add(print_)
    visit = Visit(source_id=f"s{n}", started_at=MORNING, finished_at=MORNING, outcome=Outcome.OK)
    return Batch(visit, Checkpoint(f"s{n}"), tuple(some))


Cut = Callable[[Item], str]


def whole(item: Item) -> str:
    """The whole article; both encoders read as much of it as they take (the first 200 tokens, the first 900 letters)."""
    return text_of(item)[:MOST_LETTERS]


def head(item: Item) -> str:
    """What ours encodes: headline and lead."""
    return story_text(item.title, item.lead)


def bare(items: list[Item], cut: Cut, encoder: OnnxEncoder, second: StoryEncoder) -> None:
    for code in sorted({item.language for item in items}):
        texts = [text_of(item) for item in items if item.language == code]
        for doc in pipeline_for(code).pipe(texts, batch_size=64):
            len(doc.ents)
    encoder.encode([cut(item) for item in items])
    second.encode([cut(item) for item in items])


def measure(quick: bool) -> list[Result]:
    count, pairs = (40, QUICK_PAIRS) if quick else (120, PAIRS)
    bare_tools = OnnxEncoder(shelf=Memory(1)), load_story_encoder("use")
    ours(articles(20, 0))
    bare(articles(20, 0), whole, *bare_tools)
    ratios: dict[Cut, list[float]] = {whole: [], head: []}
    for n in range(pairs):
        mine = cpu(lambda n=n: ours(articles(count, 2 * n + 1)))
        for cut, found in ratios.items():
            theirs = cpu(lambda n=n, cut=cut: bare(articles(count, 2 * n + 2), cut, *bare_tools))
            found.append(theirs / mine)
    work = f"{count} articles of 300 words (de, fr, it, en)"
    spacy_pipe = f"bare nlp.pipe (spaCy {spacy.__version__}) of whole texts"
    return [
        Result("pipeline", work, f"{spacy_pipe} + bare encoders of them", *spread_of(ratios[whole]), 0.80),
        Result(
            "pipeline-head",
            work,
            f"{spacy_pipe} + bare encoders of headline and lead",
            *spread_of(ratios[head]),
            0.80,
        ),
    ]
