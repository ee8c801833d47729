"""The written rules: each hit says why it is there, what lowers it and what took it back."""

import pytest

from domain.errors import ConfigError
from nlp.topic_rules import (
    FOLDER,
    PhraseList,
    Topic,
    TopicRules,
    check,
    difference,
    load_topics,
    read_topic,
    rule_score,
    run_examples,
)

LEVELS = dict.fromkeys(range(1, 6), "words")


def topic(**german):
    lists = {"de": PhraseList(**german)}
    return Topic("bullying_harassment", {"en": "Bullying"}, "x", LEVELS, {}, "none", False, lists, (), ())


def hits(text, **german):
    return TopicRules([topic(**german)]).read(text, "de")


def test_a_strong_phrase_is_enough_alone_and_weaker_outside_the_online_world():
    online = hits("Cybermobbing auf Instagram", strong=("cybermobbing",))[0]
    alone = hits("Cybermobbing nimmt zu", strong=("cybermobbing",))[0]
    assert online.scoped and not alone.scoped and online.weight > alone.weight > 0


def test_a_context_phrase_needs_an_online_word_in_its_own_clause():
    assert not hits("Drohung gegen Lehrer", context=("drohung",))
    assert hits("Drohung im Internet", context=("drohung",))
    assert not hits("Drohung gegen Lehrer. Instagram meldet Zahlen", context=("drohung",))


def test_a_pair_needs_both_ends_in_one_clause():
    from nlp.topic_rules import Pair

    pair = (Pair(("PLATFORM",), ("klage",)),)
    assert [h.kind for h in hits("Klage gegen Facebook", pairs=pair)] == ["pair"]
    assert not hits("Facebook wächst. Klage gegen Stadtrat", pairs=pair)
    named, loose = hits("Klage gegen Facebook", pairs=pair)[0], hits("Klage wegen Video", pairs=pair)[0]
    assert named.weight > loose.weight


def test_the_head_of_a_compound_counts_like_context():
    found = hits("Instagram-Hetze und Schulmobbing im Netz", heads=("mobbing",))
    assert [(h.kind, h.text) for h in found] == [("head", "Schulmobbing")]


def test_an_excluded_hit_is_kept_and_says_what_took_it_back():
    found = hits("Mobbing-Ratgeber im Netz", strong=("mobbing~",), exclude=("mobbing-ratgeber",))
    assert found[0].suppressed == "mobbing-ratgeber" and not found[0].counts
    assert rule_score(found) == 0


@pytest.mark.parametrize(
    ("text", "cue"),
    [
        ("Keine Hinweise auf Cybermobbing", "negation"),
        ("Roman über Cybermobbing", "fiction"),
        ("Cybermobbing: Tipps für Eltern", "prevention"),
        ("Trainer spricht über Cybermobbing", "sport"),
        ("Historiker über Cybermobbing", "history"),
        ("Angebliches Cybermobbing", "hedging"),
    ],
)
def test_cues_lower_a_hit_and_never_delete_it(text, cue):
    plain = hits("Cybermobbing", strong=("cybermobbing",))[0]
    lowered = hits(text, strong=("cybermobbing",))[0]
    assert cue in lowered.lowered
    assert 0 < lowered.weight < plain.weight


def test_offsets_point_at_the_words():
    text = "Die Stadt\nwarnt vor Cybermobbing"
    hit = hits(text, strong=("cybermobbing",))[0]
    assert text[hit.start : hit.end] == hit.text == "Cybermobbing"


def test_the_shipped_topics_are_nineteen_and_sound():
    topics = load_topics()
    assert len(topics) == 19
    assert check(topics) == []
    for one in topics:
        assert {e.language for e in one.match} == {"de", "fr", "it", "en"}, one.id
        assert one.near_misses, one.id


def test_no_near_miss_fires_a_strong_rule_of_its_topic():
    assert run_examples(load_topics()) == []


def test_a_change_of_phrases_shows_what_it_does():
    before, after = TopicRules([topic(strong=("mobbing",))]), TopicRules([topic(strong=("hetze",))])
    changed = list(difference(before, after, [("Mobbing und Hetze", "de"), ("Regen", "de")]))
    assert [(text, [h.text for h in lost], [h.text for h in won]) for text, lost, won in changed] == [
        ("Mobbing und Hetze", ["Mobbing"], ["Hetze"])
    ]


def test_a_broken_topic_file_names_its_line(tmp_path):
    path = tmp_path / "odd.yaml"
    path.write_text("id: odd\nlabel: {de: [")
    with pytest.raises(ConfigError, match=r"odd\.yaml") as caught:
        read_topic(path)
    assert caught.value.line is not None
    path.write_text("id: odd\n")
    with pytest.raises(ConfigError, match="label"):
        read_topic(path)
    path.write_text("id: even\n")
    with pytest.raises(ConfigError, match="name it odd"):
        read_topic(path)


def test_the_check_finds_doubles_and_gaps():
    odd = topic(strong=("a", "mobbing", "mobbing"))
    faults = " ".join(check([odd]))
    assert "twice" in faults and "too short" in faults and "no strong phrase in fr" in faults


def test_every_topic_file_has_its_heading_in_the_docs():
    page = (FOLDER.parents[1] / "docs" / "plugs" / "topics.md").read_text()
    for one in load_topics():
        assert f"### {one.id}" in page
