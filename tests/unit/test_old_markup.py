"""Pages in the markup of other decades are read too."""

from crawler.extract import extract

SENTENCES = [
    "Die Stadtwerke senken zum Jahreswechsel die Preise für Strom, weil die Entgelte für die Netze gesunken sind.",
    "Ein Haushalt spart im Schnitt hundert Euro im Jahr, sagte der Sprecher am Montag in Musterau vor der Presse.",
    "Im Süden steigen die Preise dagegen an einigen Orten leicht, wie eine Umfrage unter den Betrieben ergeben hat.",
    "Der Verband rät dazu, die Schreiben der Versorger genau zu lesen, denn manche erhöhen zugleich die Grundgebühr.",
]


def test_a_link_that_was_never_closed_does_not_swallow_the_text() -> None:
    paragraphs = "".join(f"<p>{sentence}\n" for sentence in SENTENCES)
    html = f"""<html><head><title>Strom wird billiger</title><body><div class=top><a href="/">Blatt<div class=nav><li>Politik</div>
    <div id=content><div class=article><h1>Strom wird billiger</h1><span class=datum>28. November 2026, 05:40 Uhr</span>
    {paragraphs}</div></div>"""
    page = extract(html.encode(), "https://www.blatt.example/strom")
    assert page.text.split("\n") == SENTENCES
    assert page.published == "2026-11-28T05:40:00"


def test_tables_that_frame_the_page_are_no_text() -> None:
    paragraphs = "".join(f"<P>{sentence}" for sentence in SENTENCES)
    html = f"""<HTML><HEAD><TITLE>Blatt: Strom wird billiger</TITLE></HEAD><BODY>
    <TABLE><TR><TD><A HREF="/">Das Blatt</A></TD></TR><TR><TD><A HREF="/1">Politik</A> <A HREF="/2">Sport</A></TD></TR></TABLE>
    <DIV CLASS="artikel"><H1>Strom wird billiger</H1>{paragraphs}</DIV></BODY></HTML>"""
    page = extract(html.encode("cp1252"), "https://www.blatt.example/strom")
    assert page.text.split("\n") == SENTENCES


def test_the_declared_encoding_counts_where_the_bytes_are_no_utf_8() -> None:
    html = f"<html><head><meta charset='iso-8859-1'><title>Zürich prüft</title></head><body><article><h1>Zürich prüft</h1><p>{' '.join(SENTENCES)}</p></article></body></html>"
    assert extract(html.encode("latin-1")).title == "Zürich prüft"
    assert extract(html.encode("utf-16-le")).title == "Zürich prüft"
    assert extract(html.encode("utf-16")).title == "Zürich prüft"
