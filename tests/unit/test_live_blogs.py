"""Live blogs keep their entries."""

import json

from crawler.extract import extract
from domain.model import PageKind

ENTRY = "Um {hour} Uhr teilte die Polizei mit, dass die Straße am Rathaus wieder frei sei und niemand verletzt wurde."
INTRO = "In Musterau wird seit dem Morgen demonstriert, wir berichten laufend über die Lage auf den Plätzen der Stadt."


def page(shown: int, stated: int) -> str:
    updates = [
        {"@type": "BlogPosting", "headline": f"Meldung {n}", "articleBody": ENTRY.format(hour=n)}
        for n in range(stated)
    ]
    linked = {
        "@type": "LiveBlogPosting",
        "headline": "Protest im Liveticker",
        "datePublished": "2026-05-18T08:00:00+02:00",
        "liveBlogUpdate": updates,
    }
    entries = "".join(
        f"<section><h3>Meldung {n}</h3><p>{ENTRY.format(hour=n)}</p></section>" for n in range(shown)
    )
    return f"""<html lang="de"><head><script type="application/ld+json">{json.dumps(linked)}</script></head>
    <body><article><h1>Protest im Liveticker</h1><p>{INTRO}</p><p>{INTRO[::-1]}</p><p>{INTRO.upper()}</p>{entries}</article></body></html>"""


def test_entries_of_the_page_are_the_text() -> None:
    read = extract(page(8, 0).encode(), "https://www.blatt.example/live")
    assert read.kind is PageKind.LIVEBLOG
    assert read.text.count("teilte die Polizei mit") == 8


def test_entries_that_only_the_json_has_are_added() -> None:
    read = extract(page(0, 5).encode(), "https://www.blatt.example/live")
    assert read.text.count("teilte die Polizei mit") == 5
    assert "Meldung 3" in read.text


def test_entries_that_both_have_are_not_doubled() -> None:
    read = extract(page(8, 8).encode(), "https://www.blatt.example/live")
    assert read.text.count("teilte die Polizei mit") == 8
