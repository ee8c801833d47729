"""What one page says, field by field."""

from time import process_time

import pytest

from crawler.extract import extract
from domain.model import Page, PageKind, Rights

SENTENCES = [
    "Der Stadtrat von Musterhausen hat am Montag neue Regeln für den Betrieb von Online-Marktplätzen beschlossen.",
    "Künftig müssen Händler ihre Anschrift hinterlegen, bevor sie ein Angebot einstellen dürfen, sagte die Sprecherin.",
    "Die Opposition kritisierte den Beschluss als überhastet und verlangte eine Anhörung der betroffenen Betriebe.",
    "Nach Angaben der Verwaltung sollen die Regeln zunächst für zwölf Monate gelten und danach überprüft werden.",
    "Ein Verband von Verbraucherschützern nannte den Schritt überfällig, denn Beschwerden häuften sich seit Jahren.",
]
LINKED = """{"@context":"https://schema.org","@type":"NewsArticle","headline":"Rat beschließt Regeln für Marktplätze",
"author":[{"@type":"Person","name":"Eva Muster"},{"@type":"Person","name":"Jan Probe (jp)"}],
"datePublished":"2026-05-18T10:30:00+02:00","dateModified":"2026-05-18T11:00:00+02:00","articleSection":"Politik",
"keywords":["Handel","Stadtrat"],"isAccessibleForFree":"False","commentCount":12,"description":"Neue Pflichten für Händler."}"""


def page_of(
    *, head: str = "", body: str = "", linked: str = LINKED, url: str = "https://www.blatt.example/a-1.html"
) -> Page:
    paragraphs = "".join(f"<p>{sentence}</p>" for sentence in SENTENCES)
    html = f"""<!DOCTYPE html><html lang="de-DE"><head><title>Rat beschließt | Das Blatt</title>
    <script type="application/ld+json">{linked}</script>{head}</head>
    <body><nav><a href="/">Start</a></nav><article><h1>Rat beschließt Regeln für Marktplätze</h1>{body or paragraphs}</article>
    <footer><p>Impressum und Datenschutz</p></footer></body></html>"""
    return extract(html.encode(), url)


def test_the_labels_of_the_article_are_read() -> None:
    page = page_of()
    assert page.kind is PageKind.ARTICLE
    assert page.title == "Rat beschließt Regeln für Marktplätze"
    assert page.authors == ("Eva Muster", "Jan Probe")
    assert (page.published, page.modified) == ("2026-05-18T10:30:00+02:00", "2026-05-18T11:00:00+02:00")
    assert (page.section, page.tags, page.language) == ("Politik", ("Handel", "Stadtrat"), "de")
    assert (page.paywalled, page.comments) == (True, 12)
    assert page.lead == "Neue Pflichten für Händler."


def test_the_text_is_the_paragraphs_joined_by_line_feeds() -> None:
    assert page_of().text.split("\n")[-5:] == SENTENCES


def test_each_field_tells_where_it_came_from() -> None:
    origin = page_of().origin
    assert origin["title"] == "json-ld"
    assert origin["text"].startswith("trafilatura")


@pytest.mark.parametrize(
    ("tag", "rights", "evidence"),
    [
        ('<meta name="robots" content="noindex, nofollow">', Rights.DENY, "meta robots: noindex"),
        ('<meta name="robots" content="index,follow,noai">', Rights.DENY, "meta robots: noai"),
        ('<meta name="lagebild" content="noai">', Rights.DENY, "meta lagebild: noai"),
        ('<meta name="tdm-reservation" content="1">', Rights.DENY, "meta tdm-reservation: 1"),
        ('<meta name="robots" content="nosnippet">', Rights.SNIPPET_ONLY, "meta robots: nosnippet"),
        ('<meta name="tdm-reservation" content="0">', Rights.ALLOW, "meta tdm-reservation: 0"),
        ('<meta name="robots" content="index, follow">', Rights.ALLOW, ""),
    ],
)
def test_the_pages_own_tags_say_what_may_be_kept(tag: str, rights: Rights, evidence: str) -> None:
    page = page_of(head=tag)
    assert (page.rights, page.rights_evidence) == (rights, evidence)


def test_a_consent_wall_is_no_article() -> None:
    wall = """<html lang="de"><head><title>Das Blatt - Zustimmung</title></head><body><h2>Mit Werbung weiterlesen</h2>
    <p>Wir und unsere 180 Partner verwenden Cookies und Tracking, um personalisierte Werbung zu zeigen. Mit Klick auf
    „Akzeptieren“ erteilen Sie Ihre Einwilligung, die Sie jederzeit widerrufen können.</p><button>Alle akzeptieren</button>
    <p>Oder lesen Sie werbefrei mit dem PUR-Abo.</p></body></html>"""
    page = extract(wall.encode(), "https://www.blatt.example/a-1.html")
    assert (page.kind, page.text) == (PageKind.CONSENT, "")


def test_an_error_page_that_answers_200_is_no_article() -> None:
    error = "<html><head><title>404 - Seite nicht gefunden</title></head><body><h1>Seite nicht gefunden</h1><p>Leider gibt es diese Seite nicht mehr.</p></body></html>"
    page = extract(error.encode(), "https://www.blatt.example/weg.html")
    assert (page.kind, page.text) == (PageKind.ERROR, "")


def test_nothing_at_all_is_an_error_page() -> None:
    assert extract(b"").kind is PageKind.ERROR


@pytest.mark.slow
def test_a_page_of_three_times_the_paragraphs_costs_about_three_times_as_much():
    def seconds(count: int) -> float:
        paragraphs = "<p>Ein Satz steht hier.</p>" * count
        page = f"<html><body><main><article><p class='author'>Von Mia Muster</p>{paragraphs}</article></main></body></html>"
        began = process_time()
        extract(page.encode(), "https://blatt.example/x")
        return process_time() - began

    assert seconds(45_000) < 5 * seconds(15_000)
