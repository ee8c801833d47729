"""Languages: what is read, what is put back, and that the answer never depends on who asks when."""

import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import pytest

from nlp.language import LanguageGuess, detect, detect_all

SENTENCES = {
    "de": "Die Aufsicht prüft, ob die Plattform Kinder und Jugendliche ausreichend vor fremden Kontakten schützt.",
    "fr": "Le régulateur vérifie si la plateforme protège suffisamment les enfants contre les contacts inconnus.",
    "it": "L'autorità verifica se la piattaforma protegge abbastanza i bambini dai contatti con gli sconosciuti.",
    "en": "The regulator is checking whether the platform protects children well enough from strangers.",
}
FOREIGN = {
    "nl": "De toezichthouder onderzoekt of het platform kinderen en jongeren voldoende beschermt tegen vreemden.",
    "es": "El regulador comprueba si la plataforma protege lo suficiente a los niños frente a los desconocidos.",
    "pl": "Urząd sprawdza, czy platforma wystarczająco chroni dzieci i młodzież przed kontaktem z obcymi ludźmi.",
}


@pytest.mark.parametrize("language", SENTENCES)
def test_each_language_is_known_without_the_sources_word(language):
    assert detect(SENTENCES[language]).language == language


@pytest.mark.parametrize("language", FOREIGN)
def test_a_neighbour_is_rejected_and_named(language):
    guess = detect(FOREIGN[language], "de")
    assert (guess.language, guess.flags) == (language, ("rejected",))


def test_another_script_is_rejected_without_a_name():
    assert detect("Регулятор проверяет, защищает ли платформа детей.", "de").flags == ("rejected",)


def test_the_sources_language_decides_what_is_too_short_to_tell():
    assert (detect("TikTok", "fr").language, detect("TikTok", "fr").flags) == ("fr", ("short",))
    assert detect("2026", "it").language == "it"


def test_nothing_to_read_and_nothing_declared_is_undetermined():
    assert detect("").language == "und"


@pytest.mark.parametrize(
    "text",
    [
        "Das isch aso nöd guet gsi, hät er gseit.",
        "Mir händ hüt öppis Neus für eui Chind, wänn ihr wänd.",
        "I ha nid gwüsst, dass si das nümm chönd mache, isch eifach schad.",
    ],
)
def test_swiss_german_is_handled_as_german_with_a_flag(text):
    assert detect(text) == LanguageGuess("de", 1.0, ("gsw",))


def test_standard_german_from_switzerland_carries_no_flag():
    assert (
        detect("Der Bundesrat will grosse Plattformen regulieren und die Nutzer besser schützen.", "de").flags
        == ()
    )


def test_two_languages_in_one_text_are_flagged():
    assert "mixed" in detect(SENTENCES["de"] + " " + SENTENCES["en"]).flags
    assert "mixed" not in detect(SENTENCES["de"] + " " + SENTENCES["de"]).flags


def test_a_region_in_the_sources_language_is_no_obstacle():
    assert detect("Live", "de-CH").language == "de"


def test_the_answer_is_the_same_in_any_order_and_thread():
    rows = [(text[:cut], "") for text in SENTENCES.values() for cut in (12, 20, 35, 200)]
    calm = [detect(*row) for row in rows]
    with ThreadPoolExecutor(8) as pool:
        hurried = list(pool.map(lambda row: detect(*row), rows * 3))
    assert hurried == calm * 3
    assert detect_all(reversed(rows)) == calm[::-1]


def test_another_process_gives_the_same_answer():
    text = SENTENCES["it"][:18]
    code = f"from nlp.language import detect; print(detect({text!r}))"
    told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert told.strip() == repr(detect(text))
