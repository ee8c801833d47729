"""The words around a platform's name: where it stands, what it does, what is done to it."""

import numpy as np
import pytest

from nlp.embed import FOLDER
from nlp.tone_words import ToneWords, buckets, tone_words


def words(text, name, title_end=None):
    start = text.index(name)
    return tone_words(text, [(start, start + len(name))], len(text) if title_end is None else title_end)


def test_a_mere_venue_is_told_from_an_actor():
    assert {"venue", "prep=auf"} <= words("Hetze auf TikTok nimmt zu", "TikTok")
    acting = words("TikTok löscht Konten von Propagandisten", "TikTok")
    assert {"subject", "subject verb=löscht", "right=protecting"} <= acting and "venue" not in acting
    assert {"prep=gegen", "left=law"} <= words("Klage gegen Meta", "Meta")


def test_a_compound_says_what_is_meant():
    assert {"compound", "compound=betrug"} <= words("Neuer WhatsApp-Betrug in Celle", "WhatsApp")


def test_no_platform_has_a_tone_of_its_own():
    assert words("Klage gegen Meta", "Meta") == words("Klage gegen Temu", "Temu")


def test_buckets_are_distinct_and_the_same_every_time():
    found = buckets({"a", "b"})
    assert (found == buckets({"b", "a"})).all() and len(found) == 2


@pytest.mark.skipif(not (FOLDER / "tone_words.npz").exists(), reason="no weights in this checkout")
@pytest.mark.parametrize(
    ("text", "name", "tone"),
    [
        ("EU-Kommission verhängt Bußgeld gegen Meta wegen Verstoß", "Meta", 0),
        ("Neuer Trend auf Instagram", "Instagram", 1),
    ],
)
def test_the_fitted_words_know_blame_from_venue(text, name, tone):
    start = text.index(name)
    scores = ToneWords(FOLDER / "tone_words.npz").scores(text, [(start, start + len(name))], len(text))
    assert np.argmax(scores) == tone and np.exp(scores).sum() == pytest.approx(1)
