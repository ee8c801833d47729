"""The shared encoder: same text, same vector; the shipped weights are the ones that were measured."""

import json
import shutil

import numpy as np
import pytest

from domain.errors import ConfigError
from nlp.embed import (
    FOLDER,
    WIDTH,
    Encoded,
    LightEncoder,
    Memory,
    OnnxEncoder,
    Passage,
    ShelvedEncoder,
    available,
    checked,
    folded,
    from_octets,
    grams,
    reading_text,
    to_octets,
)
from storage.memory import MemoryArchive

ROW = np.arange(384, dtype=np.float32) / 7
ENCODED = Encoded(ROW, ROW[:20] - 3, ROW[:5], ROW * 2, (np.tile(ROW + 1, 2), np.tile(ROW - 1, 2)))


class Counting:
    """An encoder that remembers what it was asked."""

    name, light = "counting/1", False

    def __init__(self):
        self.asked = []

    def encode(self, texts):
        return np.stack([r.vector for r in self.read([Passage(t) for t in texts])])

    def read(self, passages):
        self.asked += [p.text for p in passages]
        return [ENCODED for _ in passages]


needs_weights = pytest.mark.skipif(not available(), reason="the encoder's weights are not in this checkout")


@pytest.fixture(scope="module")
def encoder():
    return OnnxEncoder()


@needs_weights
def test_the_shipped_graph_answers_as_it_did_when_it_was_made(encoder):
    golden = json.loads((FOLDER / "golden.json").read_text())
    for known in golden:
        found = encoder.read([Passage(known["text"])])[0].judged
        assert np.abs(found - np.array(known["judged"])).max() < 0.01  # on any CPU, with or without VNNI


@needs_weights
def test_the_tone_layers_run_only_where_a_platform_is_named(monkeypatch):
    encoder = OnnxEncoder()
    text = "Meta zahlt Strafe, TikTok schützt Jugendliche"
    named = Passage(text, (("meta", ((0, 4),)), ("tiktok", ((19, 25),))))
    meta, tiktok = encoder.read([named])[0].spans
    assert meta.shape == (2 * WIDTH,) and not np.allclose(meta[:WIDTH], tiktok[:WIDTH])
    assert np.allclose(meta[WIDTH:], tiktok[WIDTH:]), "the mean over the whole text is one"
    monkeypatch.setattr(encoder, "_tone", None)
    assert encoder.read([Passage("Ein Text ohne Namen")])[0].spans == ()


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
def test_who_asks_for_the_text_alone_is_answered_from_what_risk_read():
    one = OnnxEncoder(shelf=Memory())
    asked = Passage("TikTok wächst", (("tiktok", ((0, 6),)),))
    vector = one.read([asked])[0].vector
    one._run = lambda passages: [pytest.fail("asked again") for _ in passages]
    assert (one.encode(["TikTok wächst"])[0] == vector).all()


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
    first, second = Passage("a"), Passage("b")
    shelf.keep("e", [(first, ENCODED), (second, ENCODED)])
    assert shelf.find("e", [first, second]) == {second.key: ENCODED}


def test_what_was_encoded_comes_back_number_for_number():
    back = from_octets(to_octets(ENCODED))
    for name in ("vector", "judged", "severity", "pooled"):
        assert (getattr(back, name) == getattr(ENCODED, name)).all()
    assert [span.tolist() for span in back.spans] == [span.tolist() for span in ENCODED.spans]


def test_a_shelved_encoder_asks_once_and_keeps_what_belongs_to_an_item():
    inner, archive = Counting(), MemoryArchive()
    owned, loose = Passage("a", owner="item-1"), Passage("b")
    for _ in range(2):
        read = ShelvedEncoder(inner, archive).read([owned, loose, owned])
        assert [len(r.vector) for r in read] == [384, 384, 384]
    assert inner.asked == ["a", "b", "b"]
    archive.close()


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
