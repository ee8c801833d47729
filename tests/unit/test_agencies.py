"""Agencies by byline, dateline and credit."""

import pytest

from crawler.agencies import agency_of


@pytest.mark.parametrize(
    ("authors", "text", "agency"),
    [
        (("dpa",), "", "dpa"),
        (("Eva Muster", "dpa"), "", "dpa"),
        (("dpa/lno",), "", "dpa"),
        (("dpa-infocom GmbH",), "", "dpa"),
        (("APA/dpa",), "", "APA"),
        (("SDA",), "", "Keystone-SDA"),
        (("Keystone-SDA",), "", "Keystone-SDA"),
        (("Le Journal avec AFP",), "", "AFP"),
        (("Associated Press",), "", "AP"),
        ((), "Berlin (dpa) - Der Bundestag hat beraten.", "dpa"),
        ((), "Wien (APA) – Die Regierung tagt.", "APA"),
        ((), "ROMA (ANSA) - Il governo si riunisce.", "ANSA"),
        ((), "Der Rat tagt.\nDas sagte er am Montag. (afp/sda)", "AFP"),
        ((), "Der Rat tagt.\nQuelle: dpa", "dpa"),
        ((), "Der Rat tagt.\n© dpa-infocom, dpa:260518-930-1/1", "dpa"),
        ((), "Der Bischof sprach.\n(KNA)", "KNA"),
        ((), "Der Bischof sprach.\nepd mih", "epd"),
        ((), "Das Spiel ging verloren. (SID)", "sid"),
        (("Eva Muster",), "Wie die Agentur AFP meldete, war der Ort leer. Danach ging es weiter.", ""),
        (("Sid Vicious",), "Ein Lied von früher.", ""),
        ((), "Er ist ein apathischer Mensch.", ""),
        ((), "", ""),
    ],
)
def test_the_agency_is_read_from_credits_and_not_from_sentences(
    authors: tuple[str, ...], text: str, agency: str
) -> None:
    assert agency_of(authors, text) == agency
