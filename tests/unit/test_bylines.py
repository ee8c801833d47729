"""Author lines to names."""

import pytest

from crawler.bylines import split_authors


@pytest.mark.parametrize(
    ("lines", "names"),
    [
        (("Eva Muster",), ("Eva Muster",)),
        (("Von Eva Muster und Jan Probe, dpa",), ("Eva Muster", "Jan Probe", "dpa")),
        (("Eva Muster (em)", "Jan Probe (jp.)"), ("Eva Muster", "Jan Probe")),
        (("By Jane Sample",), ("Jane Sample",)),
        (("Ein Kommentar von Eva Muster",), ("Eva Muster",)),
        (("Eva Muster, Redakteurin",), ("Eva Muster",)),
        (("Eva Muster – Chefin vom Dienst",), ("Eva Muster",)),
        (("eva.muster@blatt.example Eva Muster",), ("Eva Muster",)),
        (("Le Journal et AFP",), ("Le Journal et AFP",)),
        (("Dr. Eva Muster-Beispiel",), ("Dr. Eva Muster-Beispiel",)),
        (("EVA MUSTER", "Eva Muster"), ("EVA MUSTER",)),
        (("https://www.blatt.example/autor/1",), ()),
        (("null", "", " "), ()),
        (("12.03.2026, 10:15 Uhr",), ()),
    ],
)
def test_a_line_becomes_names(lines: tuple[str, ...], names: tuple[str, ...]) -> None:
    assert split_authors(lines) == names
