"""Names in texts: the watchlist over the pipeline, offsets, and what an item's reading holds."""

from datetime import UTC, datetime
from time import process_time

import pytest
import spacy

from domain.model import Item, ItemKind, Lens
from domain.ports import Annotator
from nlp.entities import EntityAnnotator, merged, tag_all, tag_entities
from nlp.italian import names_in
from nlp.rulers import Ruler
from nlp.watchlist import watchlist


@pytest.fixture(scope="module")
def german():
    """A pipeline that finds nothing by itself."""
    return spacy.blank("de", meta={"name": "blank", "version": "1"})


def found(pipeline, text):
    return [(entity.text, entity.label, entity.id) for entity in tag_entities(pipeline, text)]


def test_all_spellings_of_one_thing_have_one_id(german):
    text = "TikTok, Tiktok, TIKTOK und die TikTok Ltd. sind eins."
    assert {entity.id for entity in tag_entities(german, text)} == {"tiktok"}


def test_offsets_count_code_points_of_the_given_text(german):
    text = "😀 Größe: Die TikTok-Chefin und der Instagramkanal."
    for entity in tag_entities(german, text):
        assert text[entity.start : entity.end] == entity.text
    assert [entity.text for entity in tag_entities(german, text)] == ["TikTok", "Instagram"]


def test_a_law_and_an_authority_inside_compounds_are_found(german):
    assert found(german, "Der Bundesnetzagenturchef eröffnete das DSA-Verfahren.") == [
        ("Bundesnetzagentur", "REGULATOR", "de.bnetza"),
        ("DSA", "LAW", "eu.dsa"),
    ]


def test_a_short_name_needs_company(german):
    assert found(german, "Das X auf dem Plan markiert den Schatz.") == []
    assert found(german, "Auf der Plattform X kursiert ein Video.") == [("X", "PLATFORM", "x")]


def test_once_sure_a_name_is_sure_for_the_whole_text(german):
    text = "Der Konzern Meta zahlt.\nWochen danach: Meta schweigt weiter."
    assert [entity.id for entity in tag_entities(german, text)] == ["meta", "meta"]


def test_the_watchlist_wins_over_the_pipeline_but_not_over_a_person(german):
    text = "Meta zahlt Strafe, sagt Malcolm X von Google."
    doc = german.make_doc(text)
    doc.ents = [
        doc.char_span(0, 4, label="PER"),
        doc.char_span(24, 33, label="PER"),
        doc.char_span(38, 44, label="LOC"),
    ]
    ruler = Ruler(watchlist(), german)
    names = [
        (entity.text, entity.label, entity.by) for entity in merged(doc, ruler(doc), "blank/1", "watchlist/1")
    ]
    assert names == [
        ("Meta", "ORG", "watchlist/1"),
        ("Malcolm X", "PER", "blank/1"),
        ("Google", "ORG", "watchlist/1"),
    ]


def test_a_word_of_harm_is_neither_a_place_nor_a_person(german):
    text = "Cybermobbing in Klagenfurt: Der Kinderschutzbund und Frau Grooming-Expertin warnen vor Deepfakes."
    doc = german.make_doc(text)
    labels = {"Cybermobbing": "LOC", "Klagenfurt": "LOC", "Kinderschutzbund": "ORG", "Deepfakes": "PER"}
    doc.ents = [
        doc.char_span(text.find(name), text.find(name) + len(name), label=labels[name]) for name in labels
    ]
    kept = [entity.text for entity in merged(doc, [], "blank/1", "watchlist/1")]
    assert kept == ["Klagenfurt", "Kinderschutzbund"]


def test_many_texts_are_answered_in_order(german):
    texts = [f"{name} reagiert." for name in ("TikTok", "niemand", "Snapchat")] * 50
    answers = [[entity.id for entity in entities] for entities in tag_all(german, texts, batch_size=7)]
    assert answers == [["tiktok"], [], ["snapchat"]] * 50


def item(language: str, title: str, text: str) -> Item:
    now = datetime(2026, 3, 1, tzinfo=UTC)
    return Item(
        id=f"{language}:{title}", source_id="s", raw_id="r", kind=ItemKind.ARTICLE, url="https://example.org/",
        title=title, lead="", text=text, language=language, markets=("UK",), lens=Lens.MEDIA,
        published_at=now, fetched_at=now, content_hash="h",
    )  # fmt: skip


def test_an_items_reading_counts_offsets_in_title_and_text():
    annotator = EntityAnnotator()
    assert isinstance(annotator, Annotator)
    asked = item("en", "Ofcom fines a forum", "The Online Safety Act applies, said Sarah Miller in London.")
    (reading,) = annotator.read([asked])
    whole = f"{asked.title}\n{asked.text}"
    spans = {(one.text, one.label, one.target) for one in reading.annotations}
    assert {("Ofcom", "REGULATOR", "uk.ofcom"), ("Online Safety Act", "LAW", "uk.osa")} <= spans
    assert all(whole[one.start : one.end] == one.text for one in reading.annotations if not one.suppressed)
    assert all(one.layer == "entity" and one.annotator == annotator.name for one in reading.annotations)


def test_items_of_other_languages_get_an_empty_reading_in_their_place():
    dutch, english = item("nl", "TikTok", "verboden"), item("en", "TikTok", "banned")
    readings = EntityAnnotator().read([dutch, english, dutch])
    assert [len(reading.annotations) for reading in readings] == [0, 1, 0]


@pytest.mark.parametrize(
    "text", ["a" * 30_000, "Ab." * 10_000, "A-" * 15_000, "TikTok" * 5_000, "LIVE X " * 1_500]
)
def test_odd_long_texts_are_read_in_reasonable_time(german, text):
    began = process_time()
    tag_entities(german, text)
    assert process_time() - began < 20


def test_italian_rules_read_odd_long_texts_in_reasonable_time():
    began = process_time()
    for text in ("A" * 30_000, "Rai " * 7_000, "S.p.A. " * 4_000, "L'" * 15_000):
        list(names_in(text))
    assert process_time() - began < 20
