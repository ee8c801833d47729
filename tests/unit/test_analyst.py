"""What an analyst said: the last word holds, nothing is lost."""

from digest.analyst import analyst_of


def row(kind: str, text: str, subject: str = "", language: str = "de", by: str = "Ute Kern", minute: int = 0):
    at = f"2026-11-22T06:{minute:02}:00+00:00"
    return {"kind": kind, "subject": subject, "language": language, "text": text, "by": by, "at": at}


def test_nothing_said_is_an_empty_layer() -> None:
    assert analyst_of([]).name == ""


def test_the_last_word_on_a_matter_holds() -> None:
    told = analyst_of([row("assessment", "Erst."), row("assessment", "Dann.", by="Max Holl", minute=9)])
    assert told.bottom_line["de"].text == "Dann."
    assert told.bottom_line["de"].by == "Max Holl"


def test_each_language_has_its_own_last_word() -> None:
    told = analyst_of([row("assessment", "Erst."), row("assessment", "First.", language="en", minute=1)])
    assert {language: said.text for language, said in told.bottom_line.items()} == {
        "de": "Erst.",
        "en": "First.",
    }


def test_what_was_taken_back_is_gone() -> None:
    assert analyst_of([row("why", "Weil.", "st-1"), row("why", "", "st-1", minute=1)]).why == {}


def test_notes_stand_beside_each_other() -> None:
    told = analyst_of([row("note", "Eins."), row("note", "Zwei.", minute=1)])
    assert [note.text for note in told.notes["de"]] == ["Eins.", "Zwei."]


def test_stories_stand_in_the_order_given_last() -> None:
    told = analyst_of(
        [row("order", "1", "a"), row("order", "2", "b"), row("order", "1", "b", minute=5), row("order", "2", "a", minute=5)]
    )  # fmt: skip
    assert told.first == ("b", "a")


def test_who_is_on_duty_signs_even_if_somebody_else_wrote_last() -> None:
    told = analyst_of([row("duty", "on duty", by="Max Holl"), row("note", "Eins.", minute=3)])
    assert told.name == "Max Holl"
