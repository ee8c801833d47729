"""What the reading room makes of texts: folds, marks, changes between versions, names for what has no title."""

from datetime import UTC, datetime

import pytest

from domain.model import Annotation, Evidence, Item, ItemKind, Lens
from lagebild.room.reasons import spoken
from lagebild.room.shield import softened
from web.evidence import Folding, paragraphs, spans_of
from web.page import shortened
from web.wording_change import changes

NOW = datetime(2026, 11, 28, tzinfo=UTC)


def item(text: str, title: str = "Titel") -> Item:
    return Item(
        id="i",
        source_id="s",
        raw_id="1",
        kind=ItemKind.ARTICLE,
        url="",
        title=title,
        lead="",
        text=text,
        language="de",
        markets=("DE",),
        lens=Lens.MEDIA,
        published_at=NOW,
        fetched_at=NOW,
        content_hash="",
    )


def tag(label: str, start: int, end: int) -> Annotation:
    return Annotation(
        item_id="i", layer="topic", label=label, annotator="r/1", evidence=(Evidence(start, end, "", "r"),)
    )


def test_the_sentence_that_holds_a_shielded_evidence_is_folded_and_its_neighbours_stay() -> None:
    text = "Erster Satz. Der Suizid wird genannt. Letzter Satz."
    at = len("Titel\n") + text.index("Suizid")
    spans = spans_of([tag("suicide_self_harm", at, at + 6)])
    [stretches] = paragraphs(item(text), spans, Folding({"suicide_self_harm"}))
    assert [("".join(p.text for p in s.pieces).strip(), s.number, s.why) for s in stretches] == [
        ("Erster Satz.", 0, ()),
        ("Der Suizid wird genannt.", 1, ("suicide_self_harm",)),
        ("Letzter Satz.", 0, ()),
    ]


def test_folds_are_numbered_through_the_whole_text() -> None:
    found = paragraphs(item("Eins.\nZwei.\nDrei."), [], Folding(whole=True))
    assert [stretch.number for paragraph in found for stretch in paragraph] == [1, 2, 3]


def test_nothing_of_the_text_is_lost_whatever_is_folded_and_marked() -> None:
    text = "Ein Satz! Noch einer? »Und ein Zitat.« 3 Zahlen."
    spans = spans_of([tag("a", 8, 14), tag("b", 10, 20), tag("a", 30, 50)])
    [stretches] = paragraphs(item(text), spans, Folding({"a"}))
    assert "".join(piece.text for stretch in stretches for piece in stretch.pieces) == text


def test_versions_differ_word_by_word() -> None:
    runs = changes("Zwölf Apps fielen durch.", "Acht Apps fielen durch, sagt sie.")
    assert [(run.kind, run.text) for run in runs] == [
        ("removed", "Zwölf"),
        ("added", "Acht"),
        ("same", " Apps fielen "),
        ("removed", "durch."),
        ("added", "durch, sagt sie."),
    ]


def test_long_passages_without_a_change_are_left_out() -> None:
    same = " ".join(f"Wort{n}" for n in range(200))
    runs = changes(f"Alt {same}", f"Neu {same}")
    assert [run.kind for run in runs] == ["removed", "added", "same", "cut"]


def test_a_text_without_a_title_is_called_by_its_first_words() -> None:
    assert shortened("Kurz  und\ngut") == "Kurz und gut"
    assert len(shortened("Wort " * 100)) <= 112


@pytest.mark.parametrize(
    ("said", "german"),
    [
        ("a death is named: »starb«", "ein Todesfall wird genannt: »starb«"),
        ("shares Apps, Test; similarity 0.79 to x", "gemeinsam: Apps, Test; Ähnlichkeit 0,79 zu x"),
        ("10 of its 10 items belong to x, y", "10 der 10 Meldungen gehören zu x, y"),
        ("a death is named: »um 12.30 Uhr«", "ein Todesfall wird genannt: »um 12.30 Uhr«"),
        ("anna: mine", "anna: mine"),
        ("anna: Stufe 2.1 vom 27.11.", "anna: Stufe 2.1 vom 27.11."),
    ],
)
def test_a_rules_reason_is_said_in_german(said: str, german: str) -> None:
    assert spoken(said, "de") == german
    assert spoken(said, "en") == said


def test_method_and_place_are_left_out_on_self_harm_alone() -> None:
    assert "Brücke" not in softened("Er stand auf der Brücke.", "de", {"suicide_self_harm"})
    assert "Brücke" in softened("Er stand auf der Brücke.", "de", {"youth_safety"})
