"""A judgement: the model finds, the rules  and no tag stands without a reason."""

from datetime import UTC, datetime

import numpy as np
import pytest

from domain.model import Item, ItemKind, Lens
from domain.ports import Annotator
from nlp.embed import available
from nlp.explain import explain
from nlp.perception import Mention
from nlp.risk import (
    NAME,
    RiskAnnotator,
    RiskInput,
    judge,
    load_judge,
    relevance_features,
    topic_features,
)
from nlp.topic_rules import Hit

pytestmark = pytest.mark.skipif(not available(), reason="the encoder's weights are not in this checkout")

SCAM = RiskInput(
    "Fake-Werbung mit Moderator: Verbraucherzentrale warnt vor Anlagebetrug auf Facebook",
    "Die Masche ist nicht neu.",
    "de",
)


def test_a_scam_is_found_and_explained():
    verdict = judge([SCAM])[0]
    assert verdict.relevant and verdict.relevance > 0.8
    tag = next(t for t in verdict.topics if t.id == "fraud_scam_ads")
    assert tag.by == "rule"
    for evidence in tag.evidence:
        assert SCAM.whole[evidence.start : evidence.end] == evidence.text


@pytest.mark.parametrize(
    "text",
    [
        "Selbstmordattentäter reißt Menschen in den Tod",
        "Bayern gewinnt das Derby",
        "Qual der Wahl: Die schönsten Wanderwege",
    ],
)
def test_what_only_looks_like_it_is_left_alone(text):
    verdict = judge([RiskInput(text, "", "de")])[0]
    assert not verdict.relevant and verdict.topics == () and verdict.severity.level == 0


def test_suppressed_hits_are_shown_with_their_reason():
    verdict = judge([RiskInput("Selbstmordattentäter auf YouTube", "", "de")])[0]
    assert any("selbstmordattent" in s.reason for s in verdict.suppressed)


def test_a_tag_without_a_phrase_shows_the_nearest_examples():
    verdict = judge([RiskInput("Galgenfrist für Tiktok in den USA", "", "de")])[0]
    tag = next(t for t in verdict.topics if t.id == "regulatory_government_action")
    assert tag.by == "example" and len(tag.nearest) == 2
    assert tag.nearest[0].similarity >= tag.nearest[1].similarity


@pytest.mark.parametrize(
    ("language", "title"),
    [
        ("fr", "Arnaque sur WhatsApp : la police met en garde contre de faux conseillers"),
        ("it", "Truffa su WhatsApp, la polizia postale mette in guardia"),
        ("en", "WhatsApp scam: police warn of fake bank advisers"),
    ],
)
def test_the_other_languages_work_through_the_same_space(language, title):
    verdict = judge([RiskInput(title, "", language)])[0]
    assert verdict.relevant
    assert "fraud_scam_ads" in [t.id for t in verdict.topics]


def test_every_named_platform_gets_a_tone_with_its_sentence():
    item = RiskInput("Strafe für Meta", "TikTok ist nicht betroffen. Meta schweigt.", "de")
    tones = {p.target: p for p in judge([item])[0].perception}
    assert set(tones) == {"meta", "tiktok"}
    assert tones["meta"].about and not tones["tiktok"].about
    start, end = tones["tiktok"].sentence
    assert item.whole[start:end] == "TikTok ist nicht betroffen."


def test_given_mentions_are_taken_and_nothing_is_guessed():
    item = RiskInput("Der Kurznachrichtendienst wächst", "", "de", (Mention("x", 4, 25),))
    assert [p.target for p in judge([item])[0].perception] == ["x"]
    silent = RiskInput("TikTok wächst", "", "de", ())
    assert judge([silent])[0].perception == ()


def test_a_long_article_is_read_by_its_head_and_best_paragraphs():
    filler = "Die Sitzung dauerte lange und niemand wusste recht, worum es eigentlich ging. " * 6
    scam = "Die Polizei warnt vor Betrug mit gefälschten Profilen auf Instagram, viele Opfer verloren Geld."
    text = "\n".join([filler, filler, scam, filler])
    verdict = judge([RiskInput("Sitzung im Rathaus", text, "de")])[0]
    found = [e for t in verdict.topics for e in t.evidence]
    assert all(e.start > 300 for e in found)
    plain = judge([RiskInput("Sitzung im Rathaus", "\n".join([filler] * 4), "de")])[0]
    assert verdict.relevance > plain.relevance


def test_odd_inputs_are_judged_without_complaint():
    odd = [RiskInput("", "", "de"), RiskInput("\0", "\n\n", "und"), RiskInput("", "x" * 9000, "fr")]
    for verdict in judge(odd):
        assert 0 <= verdict.relevance <= 1


def test_the_same_item_is_judged_alike_in_any_company():
    alone = judge([SCAM])[0].fields()
    among = judge([RiskInput("Regen", "", "de"), SCAM])[1].fields()
    assert alone == among


def test_fields_are_what_the_lab_writes():
    fields = judge([SCAM])[0].fields()
    assert set(fields) >= {
        "relevance", "relevant", "topics", "suppressed", "severity", "severity_reasons", "features", "perception",
    }  # fmt: skip
    assert fields["perception"][0].keys() == {"target", "stance", "score", "sentence"}
    assert fields["topics"][0].keys() >= {"id", "score", "evidence", "by"}


def test_explain_reads_like_sentences_in_german_too():
    german = explain(SCAM, "de")
    assert german.startswith("Relevant (Wahrscheinlichkeit ")
    assert "wegen »Fake-Werbung« an Stelle 0-12" in german and "Schwere" in german


def test_explain_reads_like_sentences():
    told = explain(SCAM)
    assert told.startswith("Relevant (chance ")
    assert "because of »Fake-Werbung« at 0-12" in told and "Severity" in told


def test_the_annotator_keeps_reasons_and_the_vector():
    moment = datetime(2026, 3, 1, tzinfo=UTC)
    item = Item(
        id="i1", source_id="s", raw_id="r", kind=ItemKind.ARTICLE, url="https://example.org/a", title=SCAM.title,
        lead="", text=SCAM.text, language="de", markets=("DE",), lens=Lens.MEDIA, published_at=moment,
        fetched_at=moment, content_hash="h",
    )  # fmt: skip
    annotator = RiskAnnotator()
    assert isinstance(annotator, Annotator) and annotator.name.startswith(NAME)
    reading = annotator.read([item])[0]
    layers = {a.layer for a in reading.annotations}
    assert {"relevance", "topic", "severity", "platform", "perception"} <= layers
    assert all(a.evidence for a in reading.annotations if a.layer in ("topic", "severity"))
    vector = np.frombuffer(reading.vector, "<f4")
    assert vector.shape == (384,) and abs(np.linalg.norm(vector) - 1) < 1e-4
    assert reading.vector_of == load_judge().encoder.name


def test_features_have_the_order_the_weights_were_fitted_in():
    hit = Hit("t", "strong", 0, 3, "abc", "strong:de:abc", 0.6, True)
    assert topic_features(1.5, [hit]) == [1.5, 1.0, 0.0, 0.0, 0.0, pytest.approx(0.6), 0.0]
    item = RiskInput("abc auf TikTok", "", "de")
    features = relevance_features(2.0, item, [hit], [Mention("tiktok", 8, 14)])
    assert features == [2.0, pytest.approx(0.6), 1.0, 0.0, 1.0, 1.0, 0.0, 0.0, 0.0]
