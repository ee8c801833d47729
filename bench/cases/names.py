"""Names: our annotator beside the bare spaCy pipelines it uses."""

import spacy

from bench.names import PAIRS, SENTENCES, compare
from bench.pairs import Result, spread_of


def measure(quick: bool) -> list[Result]:
    seconds = [compare(code) for code in (("de", "en") if quick else SENTENCES)]
    rounds = [[sum(side) for side in zip(*row, strict=True)] for row in zip(*seconds, strict=True)]
    ratio, spread = spread_of([bare / ours for bare, ours in rounds])
    work = f"60 texts of 300 words in each of {len(seconds)} languages, {PAIRS} pairs"
    return [Result("names", work, f"bare nlp.pipe, spaCy {spacy.__version__}", ratio, spread, 0.80)]
