"""The shared encoder: same text, same vector; the shipped weights are the ones that were measured."""

import json
import shutil

import numpy as np
import pytest

from domain.errors import ConfigError
from nlp.embed import (
    FOLDER,
    LightEncoder,
    Memory,
    OnnxEncoder,
    Passage,
    available,
    checked,
    folded,
    grams,
    reading_text,
)

needs_weights = pytest.mark.skipif(not available(), reason="the encoder's weights are not in this checkout")


@pytest.fixture(scope="module")
def encoder():
    return OnnxEncoder()


@needs_weights
def test_the_shipped_graph_answers_as_it_did_when_it_was_made(encoder):
    golden = json.loads((FOLDER / "golden.json").read_text())
    for known in golden:
        found = encoder.read([Passage(known["text"])])[0].judged
        assert (
            np.abs(found - np.array(known["judged"])).max() < 0.35
        )  # int8 sums differ a little between CPUs


@needs_weights
def test_a_translation_is_nearer_than_another_event(encoder):
    german, french, other = encoder.encode(
        [
            "EU-Kommission verhängt Strafe gegen Meta",
            "La Commission européenne inflige une amende à Meta",
            "Sturm deckt Dächer an der Küste ab",
        ]
    )
    assert german @ french > 0.5 > german @ other


@needs_weights
def test_a_vector_does_not_depend_on_its_neighbours(encoder):
    text = "WhatsApp stundenlang gestört"
    alone = OnnxEncoder(shelf=Memory()).encode([text])[0]
    among = OnnxEncoder(shelf=Memory()).encode(["x" * 300, text, "Ein ganz anderer Satz"])[1]
    assert np.array_equal(alone, among)
    assert alone.dtype == np.float32 and abs(np.linalg.norm(alone) - 1) < 1e-5


@needs_weights
def test_odd_characters_and_emptiness_are_read_without_complaint(encoder):
    assert np.isfinite(encoder.encode(["", "\0", "a\ud800b", "💥" * 50, "wort " * 5000])).all()
    assert encoder.encode([]).shape == (0, 384)


@needs_weights
def test_named_spans_get_vectors_of_their_own(encoder):
    text = "TikTok wächst, Meta zahlt"
    read = encoder.read([Passage(text, (("tiktok", ((0, 6),)), ("meta", ((15, 19),))))])[0]
    assert len(read.spans) == 2 and not np.allclose(read.spans[0], read.spans[1])


@needs_weights
def test_changed_weights_are_refused(tmp_path):
    for name in ("weights.json", *json.loads((FOLDER / "weights.json").read_text())):
        shutil.copy(FOLDER / name, tmp_path / name)
    with (tmp_path / "shape.npz").open("ab") as file:
        file.write(b"!")
    with pytest.raises(ConfigError, match=r"shape\.npz"):
        checked(tmp_path)


def test_title_and_teaser_are_joined_as_in_training():
    assert reading_text(" Titel ", "Anreißer") == "Titel. Anreißer"
    assert reading_text("", "Nur Text") == "Nur Text"


def test_the_shelf_forgets_the_oldest():
    shelf = Memory(size=1)
    encoded = object()
    shelf.put("e", "a", encoded)
    shelf.put("e", "b", encoded)
    assert shelf.get("e", "a") is None and shelf.get("e", "b") is encoded


def test_the_stand_in_compares_words():
    a, b, c = (
        folded(grams(t)) for t in ("Verfahren gegen TikTok", "Verfahren gegen Tiktok", "Sturm am Meer")
    )
    assert a @ b > 0.9 > a @ c
    assert LightEncoder.light


@pytest.mark.skipif(
    not (FOLDER / "light.npz").exists(), reason="the stand-in's weights are not in this checkout"
)
def test_without_onnxruntime_the_stand_in_judges_and_says_so():
    from nlp.risk import Judge, RiskInput

    judge = Judge(LightEncoder())
    scam, rain = judge.judge(
        [
            RiskInput("Polizei warnt vor Betrug mit gefälschten Profilen auf WhatsApp", "", "de"),
            RiskInput("Regen im Norden, Sonne im Süden", "", "de"),
        ]
    )
    assert scam.relevance > 0.5 > rain.relevance
    assert "+light" in judge.name
    assert [t.by for t in scam.topics] and all(t.evidence or t.nearest for t in scam.topics)
