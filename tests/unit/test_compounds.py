"""German compounds: the stem inside, its place, and the head's word on it."""

import pytest

from nlp.compounds import find_stems, head_of, hyphen_parts

STEMS = {"tiktok", "dsa", "cybermobbing", "mobbing", "deepfake", "jugendschutz", "hass", "betrug", "sucht"}


@pytest.mark.parametrize(
    ("word", "stem", "span", "role", "countered"),
    [
        ("TikTok-Chefin", "tiktok", (0, 6), "modifier", False),
        ("DSA-Verfahren", "dsa", (0, 3), "modifier", False),
        ("Anti-TikTok-Gesetz", "tiktok", (5, 11), "modifier", True),
        ("Cybermobbingfall", "cybermobbing", (0, 12), "modifier", False),
        ("Cybermobbing", "cybermobbing", (0, 12), "whole", False),
        ("Jugendschutzgesetzes", "jugendschutz", (0, 12), "modifier", True),
        ("Hasskommentare", "hass", (0, 4), "modifier", False),
        ("Onlinebetrug", "betrug", (6, 12), "head", False),
        ("Betrugs", "betrug", (0, 6), "whole", False),
        ("Betrugsmasche", "betrug", (0, 6), "modifier", False),
        ("Handy-Sucht", "sucht", (6, 11), "head", False),
        ("Deepfake-Erkennung", "deepfake", (0, 8), "modifier", True),
        ("Deepfakes", "deepfake", (0, 8), "whole", False),
        ("Mobbingprävention", "mobbing", (0, 7), "modifier", True),
    ],
)
def test_a_stem_is_found_where_it_stands_and_the_head_decides(word, stem, span, role, countered):
    (hit,) = find_stems(word, STEMS)
    assert (hit.stem, (hit.start, hit.end), hit.role, hit.countered) == (stem, span, role, countered)


@pytest.mark.parametrize("word", ["Hassel", "besuchte", "Adsand", "Blumen", ""])
def test_letters_that_only_look_like_a_stem_are_no_stem(word):
    assert find_stems(word, {"dsa", "sucht"}) == ()


def test_the_longest_stem_wins():
    assert [hit.stem for hit in find_stems("Cybermobbingopfer", STEMS)] == ["cybermobbing"]


def test_hyphen_parts_keep_their_places():
    assert [(part.text, part.start, part.end) for part in hyphen_parts("EU-DSA-Fall")] == [
        ("EU", 0, 2),
        ("DSA", 3, 6),
        ("Fall", 7, 11),
    ]
    assert head_of("EU-DSA-Fall") == "fall"
