"""What readers are spared, and what always stays hidden."""

import pytest

from nlp.shield import HelpLine, add_slurs, cover_for, cut_slurs, help_note, shield, without_method


@pytest.mark.parametrize(
    ("topics", "cover"),
    [
        ((), "none"),
        (("fraud_scam_ads",), "none"),
        (("violent_graphic_content",), "default"),
        (("violent_graphic_content", "child_sexual_exploitation"), "always"),
    ],
)
def test_the_strictest_topic_decides(topics, cover):
    assert cover_for(topics) == cover


def test_material_on_child_exploitation_is_never_shown():
    shown = shield(
        "Titel", "Text", "de", {"child_sexual_exploitation"}, opted_out={"child_sexual_exploitation"}
    )
    assert (shown.cover, shown.title, shown.text) == ("always", "", "")


def test_a_reader_may_opt_out_of_a_default_cover():
    assert cover_for({"hate_discrimination"}, opted_out={"hate_discrimination"}) == "none"


def test_slurs_keep_their_first_letter_and_their_length():
    add_slurs(["Dummwort"])
    text = "Er rief dummwort und ging"
    assert cut_slurs(text) == "Er rief d******* und ging"
    assert len(cut_slurs(text)) == len(text)
    assert cut_slurs("ein gewöhnlicher Satz") == "ein gewöhnlicher Satz"


@pytest.mark.parametrize(
    ("language", "text", "gone"),
    [
        ("de", "Sie nahm Tabletten bei Musterstadt", ("Tabletten", "Musterstadt")),
        ("en", "Found near the bridge at Exampleton", ("bridge", "Exampleton")),
        ("fr", "Retrouvé près du pont à Villeneuve", ("pont", "Villeneuve")),
        ("it", "Trovato sui binari a Paesino", ("binari", "Paesino")),
    ],
)
def test_suicide_items_tell_neither_method_nor_place(language, text, gone):
    told = without_method(text, language)
    assert not any(word in told for word in gone)


def test_the_help_note_prints_only_verified_lines():
    lines = [HelpLine("DE", "Beispielhilfe", "0000"), HelpLine("AT", "Geprüft", "0001", True, "2026-01-01")]
    assert "Beispielhilfe" not in help_note({"suicide_self_harm"}, "de", "DE", lines)
    assert "Geprüft: 0001." in help_note({"suicide_self_harm"}, "de", "AT", lines)
    assert help_note({"suicide_self_harm"}, "de", "DE") != ""
    assert help_note({"fraud_scam_ads"}, "de", "DE") == ""
