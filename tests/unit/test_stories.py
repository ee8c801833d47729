"""Which items are one story, what a link says of itself, and what people decide."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest

from domain.model import Item, ItemKind, Lens, Membership, Story, StoryState
from nlp.stories import (
    Clusterer,
    by_program,
    label_stream,
    merge_stories,
    move_item,
    pin_story,
    place_items,
    split_story,
)
from nlp.story_clusterer import story_id_of
from nlp.story_features import (
    features_of,
    folded,
    joined,
    place_of,
    read_features,
    serves,
    sound,
    without_byline,
)
from nlp.story_groups import UNSCORED, Grouping
from nlp.story_links import UNLIKE, Weights, link, shared_names, stacked

AT = datetime(2026, 3, 10, 6, tzinfo=UTC)
PLAIN = Weights((-8.0, 6.0, 12.0, 0.5, -1.0, 0.0), (-8.0, 8.0, 0.0, 0.8, -1.0, 0.0), -2.0)


def feature(name, title, language="de", lead="", hours=0.0, vector=()):
    at = AT + timedelta(hours=hours)
    return read_features(name, title, lead, language, at, np.array(vector, np.float32))


FIRE = (
    "Großbrand in Hongkong: Zahl der Toten steigt auf 146",
    "Hongkong: Großbrand mit 146 Toten, Elf Festnahmen",
)
PENSION = ("Spahn warnt vor Ablehnung des Rentenpakets", "Rentenpaket: Spahn rechnet mit Ablehnung")


def stream():
    titles = (FIRE[0], PENSION[0], FIRE[1], PENSION[1], "Erste Krokusse blühen am Kaiserstuhl")
    return [feature(f"i{n}", title, hours=n) for n, title in enumerate(titles)]


def test_items_on_one_event_share_a_story_and_others_stand_alone():
    labels = dict(label_stream(stream(), PLAIN))
    assert labels["i0"] == labels["i2"] != labels["i1"] == labels["i3"]
    assert labels["i4"] not in (labels["i0"], labels["i1"])


def test_a_story_is_named_by_its_first_item_however_the_stream_is_cut():
    whole = list(label_stream(stream(), PLAIN))
    one_by_one = list(label_stream(stream(), PLAIN, settle=1))
    assert dict(whole) == dict(one_by_one)
    assert dict(whole)["i2"] == story_id_of("i0")


def test_a_story_of_weeks_keeps_its_label_beside_those_that_come_and_go():
    fires = [feature(f"fire{day}", FIRE[day % 2], hours=24 * day) for day in range(9, 24)]
    others = [
        feature(f"x{day}-{n}", f"Xan{day}{n}ius Yor{day}{n}ola", hours=24 * day + n)
        for day in range(24)
        for n in range(1, 9)
    ]
    in_time = sorted([*fires, *others], key=lambda one: one.published_at)
    labels = dict(label_stream(in_time, PLAIN, settle=9))
    assert {name for name, label in labels.items() if label == story_id_of("fire9")} == {
        one.item_id for one in fires
    }


def test_every_link_says_why():
    placements = Clusterer(PLAIN).place(stream()).placements
    assert placements[2].why.startswith("shares ")
    assert "Hongkong" in placements[2].why
    assert "to i0" in placements[2].why
    assert placements[4].why == "opens the story"


def test_a_story_joins_languages_by_meaning_and_names():
    german = feature("de", "Netanjahu beantragt Begnadigung", "de", vector=(1.0, 0.0))
    english = feature("en", "Netanyahu seeks pardon", "en", vector=(0.9, 0.436))
    other = feature("fr", "La grève du 2 décembre", "fr", vector=(0.0, 1.0))
    labels = dict(label_stream([german, english, other], PLAIN))
    assert labels["de"] == labels["en"] != labels["fr"]


def test_an_old_story_does_not_take_an_item_after_its_window():
    late = feature("late", FIRE[1], hours=24 * 9)
    labels = dict(label_stream([feature("i0", FIRE[0]), late], PLAIN, settle=1))
    assert labels["i0"] != labels["late"]


@pytest.mark.parametrize(
    ("one", "other"), [("zelensky", "selenskyj"), ("putin", "poutine"), ("netanyahu", "netanjahu")]
)
def test_a_name_sounds_the_same_in_every_spelling(one, other):
    assert sound(one) == sound(other)


@pytest.mark.parametrize(
    ("word", "country"), [("schweiz", "CH"), ("suisse", "CH"), ("russischen", "RU"), ("tisch", "")]
)
def test_a_place_has_one_key_in_all_languages(word, country):
    assert place_of(word) == country


def test_two_word_names_are_one_word():
    assert joined("Fire in Hong Kong") == "Fire in Hongkong"
    assert folded("Großbrand Łódź Élysée")[:9] == "grossbran"


def test_a_byline_is_no_part_of_the_headline():
    assert without_byline("Neue Regeln für Apps Von Ada Beispiel") == "Neue Regeln für Apps"
    assert without_byline("Neue Regeln für Apps vor 3 Stunden von Ada") == "Neue Regeln für Apps"


def test_two_bargains_are_one_story_only_when_they_are_one_text():
    first = feature("a", "Best Cyber Monday laptop deals", "en")
    assert serves("Best Cyber Monday laptop deals", "en")
    assert (
        link(first, feature("b", "Huge Cyber Monday discounts for televisions and phones", "en"), PLAIN).score
        == UNLIKE
    )
    assert link(first, feature("c", "Best Cyber Monday laptop deals", "en"), PLAIN).score > UNLIKE


def test_places_that_differ_speak_against_a_link():
    one, other = feature("a", "Unwetter in Italien"), feature("b", "Unwetter in Polen")
    same = feature("c", "Unwetter in Italien")
    assert link(one, other, PLAIN).score < link(one, same, PLAIN).score
    assert shared_names(one, same)


def test_a_vector_of_other_encoders_is_left_out():
    mixed = [feature("a", FIRE[0], vector=(1.0, 0.0)), feature("b", FIRE[1], vector=(1.0, 0.0, 0.0))]
    assert stacked(mixed).tolist() == [[0.0, 0.0, 0.0], [1.0, 0.0, 0.0]]
    assert len(set(dict(label_stream(mixed, PLAIN, settle=1)).values())) == 1


def test_groups_join_by_the_mean_and_unscored_pairs_count_as_unlike():
    chain = Grouping(-2.0, {n: [n] for n in range(3)}, {}, frozenset())
    chain.score([(0, 1, 5.0), (1, 2, 1.0)], [0, 1, 2])
    assert (1.0 + UNSCORED) / 2 < -2.0
    assert sorted(map(sorted, chain.run().values())) == [[0, 1], [2]]


def test_a_sealed_group_takes_new_items_but_joins_no_other_story():
    groups = Grouping(-2.0, {0: [0], 1: [1], 2: [2]}, {0: 0, 1: 1}, frozenset({0}))
    groups.score([(0, 1, 9.0), (0, 2, 5.0)], [0, 1, 2])
    assert groups.run() == {0: [0, 2], 1: [1]}


# --- against the archive --------------------------------------------------------------------------


def item(name, title, hours=0.0, tier=3):
    at = AT + timedelta(hours=hours)
    return Item(
        id=name, source_id="s", raw_id=name, kind=ItemKind.ARTICLE, url=f"https://a.example/{name}", title=title,
        lead="", text="", language="de", markets=("DE",), lens=Lens.MEDIA, published_at=at, fetched_at=at,
        content_hash=name, tier=tier,
    )  # fmt: skip


def place(items, stories=(), members=None, known=(), now=AT):
    features, remembered = [features_of(one) for one in items], [features_of(one) for one in known]
    return place_items(
        items,
        features,
        stories,
        members or {},
        now,
        known=remembered,
        vectors=stacked(remembered),
        kind="none",
    )


def by_story(memberships):
    found = {}
    for membership in memberships:
        found.setdefault(membership.story_id, []).append(membership)
    return found


def test_new_items_open_stories_and_later_ones_join_them():
    first = [item("a", FIRE[0]), item("p", PENSION[0])]
    stories, memberships = place(first)
    assert {s.title for s in stories} == {FIRE[0], PENSION[0]}
    assert all(by_program(m) for m in memberships)
    grown, joined_later = place([item("b", FIRE[1], hours=3)], stories, by_story(memberships), first, AT)
    assert [m.story_id for m in joined_later] == [story_id_of("a")]
    assert [s.id for s in grown] == [story_id_of("a")]


def test_a_story_keeps_its_id_however_many_older_ones_are_not_compared():
    older = [
        Story(id=f"s{n}", title=PENSION[0], language="de", opened_at=AT - timedelta(days=9), changed_at=AT)
        for n in range(9)
    ]
    story = Story(id="named by an item of last month", title="", language="de", opened_at=AT, changed_at=AT)
    members = {story.id: [Membership(story.id, "a", AT, by="stories/1")]}
    (grown,), (joined_later,) = place(
        [item("b", FIRE[1], hours=3)], [*older, story], members, [item("a", FIRE[0])], AT
    )
    assert (grown.id, joined_later.story_id) == (story.id, story.id)


def test_a_rerun_changes_nothing():
    first = [item("a", FIRE[0]), item("b", FIRE[1])]
    stories, memberships = place(first)
    assert place(first, stories, by_story(memberships), first) == ([], [])


def test_a_story_sleeps_and_wakes_up():
    first = [item("a", FIRE[0])]
    stories, memberships = place(first)
    (asleep,), _ = place([], stories, by_story(memberships), first, AT + timedelta(days=4))
    assert asleep.state is StoryState.SLEEPING
    again = item("b", FIRE[0] + " an", hours=24 * 5)
    (awake,), (membership,) = place([again], [asleep], by_story(memberships), first, AT + timedelta(days=5))
    assert (awake.id, awake.state, membership.story_id) == (asleep.id, StoryState.LIVE, asleep.id)


def test_what_a_person_moved_stays_where_it_is():
    first = [item("a", FIRE[0]), item("b", FIRE[1]), item("p", PENSION[0])]
    stories, memberships = place(first)
    pension = next(s for s in stories if s.title == PENSION[0])
    changed, (moved,) = move_item("b", pension, by="ada", now=AT)
    members = by_story([m for m in memberships if m.item_id != "b"] + [moved])
    kept = {s.id: s for s in stories} | {s.id: s for s in changed}
    assert place(first, list(kept.values()), members, first) == ([], [])


def test_what_a_person_split_is_not_joined_again():
    first = [item("a", FIRE[0]), item("b", FIRE[1])]
    (story,), memberships = place(first)
    (old, new), moved = split_story(story, [first[1]], by="ada", now=AT)
    assert old.pinned
    assert new.pinned
    members = by_story([m for m in memberships if m.item_id != "b"] + moved)
    third = item("c", FIRE[1] + " heute", hours=2)
    _, later = place([third], [old, new], members, first)
    assert len(later) == 1


def test_a_merge_by_hand_moves_the_members_and_leaves_a_trace():
    first = [item("a", FIRE[0]), item("p", PENSION[0])]
    stories, memberships = place(first)
    one, two = stories
    theirs = [m for m in memberships if m.story_id == two.id]
    (kept, gone), moved = merge_stories(one, two, theirs, by="ada", now=AT)
    assert (gone.merged_into, gone.state) == (kept.id, StoryState.CLOSED)
    assert [m.by for m in moved] == ["ada"]
    assert not by_program(moved[0])


def test_two_known_stories_become_one_when_a_bridge_is_clear():
    one = Story(id="s1", title=FIRE[0], language="de", opened_at=AT, changed_at=AT)
    two = Story(id="s2", title=FIRE[0], language="de", opened_at=AT + timedelta(hours=1), changed_at=AT)
    items = [item("a", FIRE[0]), item("b", FIRE[0], hours=1)]
    members = {
        "s1": [Membership("s1", "a", AT, by="stories/1")],
        "s2": [Membership("s2", "b", AT, by="stories/1")],
    }
    bridge = item("c", FIRE[0], hours=2)
    stories, memberships = place([bridge], [one, two], members, items)
    assert {m.item_id: m.story_id for m in memberships} == {"b": "s1", "c": "s1"}
    assert next(s for s in stories if s.id == "s2").merged_into == "s1"
    pinned = place([bridge], [one, pin_story(two)], members, items)
    assert {m.item_id for m in pinned[1]} == {"c"}


def test_the_title_is_that_of_the_leading_medium():
    small, lead = item("a", FIRE[1], tier=3), replace(item("b", FIRE[0], hours=1), tier=1)
    (story,), _ = place([small, lead])
    assert (story.title, story.id) == (FIRE[0], story_id_of("a"))
