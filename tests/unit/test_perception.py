"""Tone of coverage: who is named, where, and how shares are told."""

import pytest

from nlp.perception import (
    Mention,
    ToneModel,
    by_target,
    is_about,
    named_platforms,
    sentence_at,
    shares,
    wilson,
)


@pytest.mark.parametrize(
    ("text", "targets"),
    [
        ("TikTok und YouTube vor Gericht", ["tiktok", "youtube"]),
        ("TikTok-Chefin tritt ab", ["tiktok"]),
        ("Meta zahlt Strafe", ["meta"]),
        ("Die Suche auf der meta-Ebene", []),
        ("Musk baut X um", ["x"]),
        ("Faktor X im Spiel", []),
        ("Regen im Norden", []),
    ],
)
def test_platforms_are_known_by_their_spelling(text, targets):
    assert [m.target for m in named_platforms(text)] == targets


def test_mentions_are_grouped_in_order():
    mentions = [Mention("b", 9, 10), Mention("a", 3, 4), Mention("b", 1, 2)]
    assert by_target(mentions) == {"b": ((1, 2), (9, 10)), "a": ((3, 4),)}


def test_the_sentence_is_the_one_that_names_it_without_its_white_space():
    text = "Titel ohne Namen\nErster Satz. Hier steht TikTok! Und danach nichts mehr. "
    start, end = sentence_at(text, text.index("TikTok"))
    assert text[start:end] == "Hier steht TikTok!"
    start, end = sentence_at(text, len(text) - 3)
    assert text[start:end] == "Und danach nichts mehr."


def test_an_item_is_about_what_its_title_names_or_what_comes_up_three_times():
    assert is_about(20, [(3, 9)])
    assert not is_about(20, [(40, 46)])
    assert is_about(20, [(40, 46), (60, 66), (80, 86)])
    assert not is_about(0, [(4, 9)])


def test_the_tone_model_is_a_softmax():
    model = ToneModel.of(
        {"mean": [0.0], "spread": [1.0], "weights": [[1.0], [0.0], [-1.0]], "bias": [0.0, 0.0, 0.0]}
    )
    chances = model.probabilities([2.0])
    assert chances.sum() == pytest.approx(1) and chances.argmax() == 0


def test_a_share_comes_with_its_interval_and_says_when_it_is_too_few():
    share = wilson(8, 10)
    assert (round(share.low, 2), round(share.high, 2)) == (0.49, 0.94)
    assert share.too_few and not wilson(30, 40).too_few
    assert (wilson(0, 0).low, wilson(0, 0).high) == (0.0, 1.0)


def test_lenses_are_never_blended():
    found = shares([("media", "critical"), ("media", "neutral"), ("user", "supportive")])
    assert found["media"]["critical"].share == 0.5 and found["media"]["critical"].n == 2
    assert found["user"]["supportive"].n == 1
    assert set(found) == {"media", "user"}
