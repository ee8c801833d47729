"""The quick way to a text's language gives what langdetect itself gives."""

from pathlib import Path
from typing import Any

import langdetect
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from langdetect.detector_factory import DetectorFactory
from langdetect.lang_detect_exception import LangDetectException

from nlp.language import NEIGHBOURS, SUPPORTED
from nlp.ngrams import profiles, runs_of

TEXTS = [
    "Die Aufsicht prüft, ob die Plattform Kinder und Jugendliche ausreichend vor fremden Kontakten schützt.",
    "Le régulateur vérifie si la plateforme protège suffisamment les enfants contre les contacts inconnus.",
    "L'autorità verifica se la piattaforma protegge abbastanza i bambini dai contatti con gli sconosciuti.",
    "The regulator is checking whether the platform protects children well enough from strangers.",
    "TikTok", "Live", "getrennt werden muss.", "EU-Kommission rügt TIKTOK: „Zu wenig Jugendschutz“ – DSA",
    "Siehe https://blatt.example/artikel?id=3 oder schreiben Sie an desk@blatt.example",
    "Регулятор проверяет, защищает ли платформа детей.", "Die Регулятор проверяет платформа", "2026", "", "…",
    "țară și știință într-o zi", "Tiếng Việt có dấu",
]  # fmt: skip


@pytest.fixture(scope="module", params=[SUPPORTED, SUPPORTED + NEIGHBOURS], ids=["four", "nineteen"])
def both(request) -> Any:
    """Ours, and langdetect with the same profiles."""
    folder = Path(langdetect.__file__).parent / "profiles"
    factory = DetectorFactory()
    factory.load_json_profile([(folder / code).read_text("utf-8") for code in sorted(request.param)])
    factory.set_seed(0)
    return profiles(request.param), factory


def answer_of(factory: DetectorFactory, text: str) -> tuple[str, float]:
    detector = factory.create()
    detector.append(text)
    try:
        found = detector.get_probabilities()
    except LangDetectException:
        return "und", 0.0
    return found[0].lang, found[0].prob


@pytest.mark.parametrize("text", TEXTS + [text[:cut] for text in TEXTS[:4] for cut in (5, 12, 20, 35)])
def test_language_and_probability_are_langdetects(both, text):
    ours, factory = both
    language, probability = answer_of(factory, text)
    assert ours.likeliest(text) == (language, pytest.approx(probability, abs=1e-4))


@given(text=st.text(st.sampled_from("aeinrstdhulcgmobwfkzäöüéèàç AEINRST ÄÉ.,-:’“€ß1'"), max_size=60))
@settings(max_examples=60, deadline=None)
def test_any_letters_are_cut_into_the_same_runs(both, text):
    ours, factory = both
    detector = factory.create()
    detector.append(text)
    names = list(factory.word_lang_prob_map)
    assert [names[row] for row in ours.runs(text)] == detector._extract_ngrams()


def test_capitals_in_a_row_are_passed_over():
    assert "DS" not in runs_of("DSA")
    assert runs_of("ab ") == ["a", " a", "b", "ab", " ab", "b ", "ab "]
