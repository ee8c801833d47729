"""Floors for stories: the labelled day of the shared folder, and the demo fortnight. They go up, and down by review."""

import pytest

from bench.eval_stories import SHARED_DAY, day_pieces, demo_pieces, featured, figures, runs
from nlp.story_clusterer import label_stream
from nlp.story_vectors import load_story_encoder
from nlp.story_weights import weights_for

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]
KIND = load_story_encoder().kind


@pytest.mark.shared
@pytest.mark.skipif(not SHARED_DAY.exists(), reason="the shared data folder is not here")
@pytest.mark.skipif(KIND != "both", reason="an encoder is missing")
def test_the_labelled_day_keeps_its_floor():
    pieces = day_pieces(SHARED_DAY)
    told = figures(pieces, dict(label_stream(featured(pieces, KIND), weights_for(KIND))))
    assert told["within"] >= 0.70
    assert told["across"] >= 0.60
    assert told["b3_in_stories"] >= 0.88


@pytest.mark.skipif(KIND == "none", reason="no encoder is here")
def test_the_demo_fortnight_keeps_its_floor():
    pieces = demo_pieces()
    told = figures(pieces, runs(featured(pieces, KIND), KIND, hours=6))
    assert told["b3"] >= 0.95
    assert told["b3_in_stories"] >= 0.95
