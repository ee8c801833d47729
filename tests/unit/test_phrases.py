"""Phrases are found with their place, in compounds and inflections, and never across sentences."""

import pytest

from nlp.phrases import Phrases, clauses_of, longest, words_of


def found(terms, text):
    return [text[h.start : h.end] for h in Phrases((t, n) for n, t in enumerate(terms)).find(text)]


@pytest.mark.parametrize(
    ("term", "text", "expected"),
    [
        ("betrug", "Der Betrug flog auf", ["Betrug"]),
        ("betrug", "Betrugsfall", []),
        ("betrug~", "Betrugsfall", ["Betrugsfall"]),
        ("~betrug", "Anlagebetrug", ["Anlagebetrug"]),
        ("~betrug", "Betrug", ["Betrug"]),
        ("~betrug", "Anlagebetrugs", []),
        ("~mobbing~", "Cybermobbingfall", ["Cybermobbingfall"]),
        ("fake news", "Fake-News im Netz", ["Fake-News"]),
        ("falsche~ polizist~", "falschen Polizisten", ["falschen Polizisten"]),
        ("verifica dell'età", "la verifica dell’età", ["verifica dell’età"]),
        ("soziale medien", "soziale. Medien", []),
        ("soziale medien", "soziale\nMedien", []),
    ],
)
def test_a_term_matches_as_it_is_written(term, text, expected):
    assert found([term], text) == expected


def test_offsets_count_code_points():
    text = "💥 Jugendschutz"
    hit = Phrases([("jugendschutz", 0)]).find(text)[0]
    assert text[hit.start : hit.end] == "Jugendschutz"


def test_of_overlapping_hits_of_one_meaning_the_longest_stays():
    hits = Phrases([("fake", 0), ("fake news", 0), ("fake", 1)]).find("fake news")
    assert [(h.term, h.payload) for h in hits] == [("fake", 1), ("fake news", 0)]
    assert longest(hits) == hits


def test_clauses_end_at_sentences_lines_and_dashes():
    text = "Gericht urteilt. Facebook wächst – Streit bleibt\nNeuer Absatz"
    assert [text[a:b].strip(" –\n") for a, b in clauses_of(text)] == [
        "Gericht urteilt.",
        "Facebook wächst",
        "Streit bleibt",
        "Neuer Absatz",
    ]
    assert clauses_of("") == [(0, 0)]


def test_words_keep_their_place():
    assert [(w.lower, w.start) for w in words_of("Ach, TikTok!")] == [("ach", 0), ("tiktok", 5)]
