"""The whole way of an article through reading, beside the bare libraries that do the heavy part of it.

Ours: language, copies, the archive, names, risk and tone, sentence vectors. Bare: `nlp.pipe` of the same spaCy
pipelines and the same encoders over the same texts, nothing else. Fresh texts and fresh caches for each side.
"""

import tempfile
from pathlib import Path

import spacy

from bench.pairs import PAIRS, QUICK_PAIRS, Result, cpu, spread_of
from bench.texts import MORNING, articles
from crawler.dedupe import NearIndex, fingerprint, judge
from domain.model import Batch, Checkpoint, Filed, Item, Outcome, Visit
from domain.ports import Annotator
from lagebild.belts.enrich import read_everything
from lagebild.mentions import namer
from nlp.embed import Memory, OnnxEncoder, reading_text
from nlp.entities import EntityAnnotator, text_of
from nlp.language import detect
from nlp.pipelines import pipeline_for
from nlp.risk import RiskAnnotator
from nlp.story_vectors import StoryVectors, load_story_encoder, story_text
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


def bare(items: list[Item], encoder: OnnxEncoder, second: object) -> None:
    for code in sorted({item.language for item in items}):
        texts = [text_of(item) for item in items if item.language == code]
        for doc in pipeline_for(code).pipe(texts, batch_size=64):
            len(doc.ents)
    encoder.encode([reading_text(item.title, item.lead) for item in items])
    second.encode([story_text(item.title, item.lead) for item in items])  # type: ignore[attr-defined]


def measure(quick: bool) -> list[Result]:
    count, pairs = (40, QUICK_PAIRS) if quick else (500, PAIRS)
    encoder, second = OnnxEncoder(shelf=Memory(1)), load_story_encoder("use")
    ours(articles(20, 0)), bare(articles(20, 0), encoder, second)
    ratios = []
    for n in range(pairs):
        mine = cpu(lambda n=n: ours(articles(count, 2 * n + 1)))
        theirs = cpu(lambda n=n: bare(articles(count, 2 * n + 2), encoder, second))
        ratios.append(theirs / mine)
    baseline = f"bare nlp.pipe (spaCy {spacy.__version__}) + bare encoders"
    return [
        Result(
            "pipeline", f"{count} articles of 300 words (de, fr, it, en)", baseline, *spread_of(ratios), 0.80
        )
    ]
