"""How well names are found on labelled sentences that were kept out of training; needs the shared data folder."""

import json

import pytest

from nlp.entities import LABELS, tag_all
from nlp.models.eval_ner import SCORED, SHARED, score, spans_of
from nlp.pipelines import pipeline_for

FLOORS = {
    ("de", "de_germeval14_dev.jsonl"): {"all": 64.0, "ORG": 52.0},
    ("it", "it_europarl.jsonl"): {"all": 72.0, "ORG": 70.0},
    ("en", "en_europarl.jsonl"): {"all": 68.0, "ORG": 70.0},
}

pytestmark = [
    pytest.mark.slow,
    pytest.mark.shared,
    pytest.mark.skipif(not SHARED.exists(), reason="the shared data folder is not here"),
]


@pytest.mark.parametrize(("code", "name"), FLOORS)
def test_names_are_found_at_least_as_well_as_before(code, name):
    rows = [json.loads(line) for line in (SHARED / name).read_text(encoding="utf-8").splitlines()]
    texts, pipeline = [row["text"] for row in rows], pipeline_for(code)
    wanted = spans_of(texts, (row["entities"] for row in rows))
    ours = spans_of(texts, ([(e.start, e.end, e.label) for e in found] for found in tag_all(pipeline, texts)))
    docs = pipeline.pipe(texts)
    bare = spans_of(
        texts, ([(e.start_char, e.end_char, LABELS.get(e.label_, "")) for e in doc.ents] for doc in docs)
    )
    floors = FLOORS[code, name]
    assert score(wanted, ours, SCORED)[2] >= floors["all"]
    assert score(wanted, ours, ("ORG",))[2] >= floors["ORG"]
    assert score(wanted, ours, SCORED)[2] >= score(wanted, bare, SCORED)[2] - 0.05


@pytest.mark.parametrize(("words", "floor"), [(5, 0.985), (10, 0.998)])
def test_the_language_is_right_when_the_source_says_its_own(words, floor):
    from nlp.language import detect

    lines = (SHARED.parent / "language" / f"pud_{words}.tsv").read_text(encoding="utf-8").splitlines()
    rows = [line.split("\t", 1) for line in lines]
    right = sum(detect(text, language).language == language for language, text in rows)
    assert right / len(rows) >= floor
