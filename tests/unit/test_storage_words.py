"""Folding, the query language and snippets."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from storage.fold import fold
from storage.query import Query, Term, stem, understand
from storage.snippets import snippet


@pytest.mark.parametrize(
    ("text", "folded"),
    [
        ("Österreich", "oesterreich"),
        ("STRASSE", "strasse"),
        ("Straße", "strasse"),
        ("désinformation", "desinformation"),
        ("Über", "ueber"),
    ],
)
def test_one_spelling_for_all(text, folded):
    assert fold(text) == folded


def word(letters: str, exact: bool = False) -> Term:
    return Term((letters,), exact)


@pytest.mark.parametrize(
    ("text", "query"),
    [
        ("", Query()),
        ("cyber mobbing", Query(((word("cyber"),), (word("mobbing"),)))),
        ("EU", Query(((word("eu", exact=True),),))),
        ("hass ODER hetze", Query(((word("hass"), word("hetze")),))),
        ("hass | hetze", Query(((word("hass"), word("hetze")),))),
        ("hass NOT schule", Query(((word("hass"),),), (word("schule"),))),
        ("hass -schule", Query(((word("hass"),),), (word("schule"),))),
        ("Anti-Hass", Query(((word("anti"),), (word("hass"),)))),
        ('"Digital Services"', Query(((Term(("digital", "services"), True),),))),
        ("OR", Query()),
        ("NOT", Query()),
        ('"', Query()),
    ],
)  # fmt: skip
def test_queries_are_understood(text, query):
    assert understand(text) == query


@pytest.mark.parametrize(
    ("word_", "stemmed"),
    [("versicherungen", "versicherung"), ("posts", "posts"), ("meldungen", "meldung"), ("haus", "haus")],
)
def test_long_words_lose_their_ending(word_, stemmed):
    assert stem(word_) == stemmed


@given(st.text(max_size=80))
def test_no_text_is_an_error(text):
    query = understand(text)
    snippet(query, text, text, text)


def test_a_snippet_shows_the_words_about_the_match():
    text = " ".join(f"w{n}" for n in range(60)) + " Österreich " + " ".join(f"x{n}" for n in range(60))
    shown = snippet(understand("oesterreich"), "Titel", "", text)
    assert shown.startswith("… w52")
    assert "«Österreich»" in shown
    assert shown.endswith("…")


def test_without_a_query_a_snippet_is_the_beginning():
    assert snippet(Query(), "Titel", "Vorspann.", "Text") == "Vorspann."
