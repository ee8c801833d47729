"""Lines that stand in an article and are not of it."""

import pytest

from crawler.boilerplate import Paragraph, is_boilerplate, kept


@pytest.mark.parametrize(
    "line",
    [
        "Lesen Sie auch: Wie man falsche Händler erkennt",
        "Mehr zum Thema: Regeln im Netz",
        "Das könnte Sie auch interessieren",
        "Read more: What changes in autumn",
        "À lire aussi : Ce qui change",
        "Leggi anche: Che cosa cambia",
        "Jetzt unseren Newsletter abonnieren und nichts verpassen!",
        "Melden Sie sich hier für unseren Newsletter an.",
        "Folgen Sie uns auf WhatsApp",
        "Sign up for our daily briefing",
        "Empfohlener externer Inhalt",
        "An dieser Stelle finden Sie einen externen Inhalt von Instagram",
        "Anzeige",
        "Teilen",
        "Foto: Erfundene Agentur",
        "Aktualisiert am 18.05.2026, 12:19 Uhr",
        "Von Eva Muster und Jan Probe",
        "3 Kommentare",
        "Fehler gefunden? Jetzt melden.",
    ],
)
def test_furniture_is_known_by_its_words(line: str) -> None:
    assert is_boilerplate(Paragraph("p", line))


@pytest.mark.parametrize(
    "line",
    [
        "Der Newsletter-Versand der Behörde wurde gestern eingestellt, weil Adressen in falsche Hände gelangt waren.",
        "Mehr Geld für Schulen forderte am Montag die Opposition im Landtag.",
        "Auch der Verband kritisierte den Beschluss.",
        "Zum Thema Jugendschutz äußerte sich die Ministerin nicht, sie verwies auf ein laufendes Verfahren.",
        "Von den zwölf Apps fielen neun durch.",
        "Kommentare unter dem Beitrag enthielten Drohungen, wie die Polizei mitteilte.",
        "„Folgen Sie niemandem, den Sie nicht kennen“, rät die Verbraucherzentrale.",
    ],
)
def test_sentences_with_the_same_words_stay(line: str) -> None:
    assert not is_boilerplate(Paragraph("p", line))


def test_a_paragraph_that_is_one_link_goes_and_one_that_holds_a_link_stays() -> None:
    assert is_boilerplate(Paragraph("p", "Wie man falsche Händler im Netz erkennt", linked=1.0))
    assert not is_boilerplate(
        Paragraph("p", "Das zeigt eine Studie der Hochschule, die am Montag erschien.", linked=0.3)
    )


def test_a_block_that_stands_twice_is_kept_once() -> None:
    block = Paragraph("p", "Der Rat hat am Montag neue Regeln beschlossen, die im Mai gelten.")
    assert kept([block, Paragraph("p", "Dazwischen."), block]) == (block, Paragraph("p", "Dazwischen."))


def test_what_follows_the_last_headline_of_the_page_goes() -> None:
    text = [
        Paragraph("p", f"Absatz {number} des Artikels, der eine Weile dauert und etwas sagt.")
        for number in range(6)
    ]
    tail = [Paragraph("head", "Weitere Artikel"), Paragraph("p", "Eine andere Sache.")]
    assert kept([*text, *tail]) == tuple(text)


def test_soft_hyphens_go_and_a_list_of_headings_stays() -> None:
    heads = [Paragraph("head", f"{number}. Grund") for number in range(1, 5)]
    assert kept([Paragraph("p", "Helikopter\u00adlande\u00adplatz"), *heads]) == (
        Paragraph("p", "Helikopterlandeplatz"),
        *heads,
    )
