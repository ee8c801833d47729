"""Every publisher's file reads the invented page in its fixture folder as the JSON beside it says."""

import json
from datetime import date
from pathlib import Path

import pytest

from crawler.extract import extract
from crawler.rules import PACKAGE, SiteRules, rules_for
from domain.ports import PageRules
from domain.registry import names_in, plug

PAGES = Path(__file__).parents[1] / "fixtures" / "pages"
SITES = names_in(PACKAGE)


def test_there_are_at_least_a_dozen_publishers() -> None:
    assert len(SITES) >= 12


@pytest.mark.parametrize("site", SITES)
def test_a_publishers_page_is_read_as_expected(site: str) -> None:
    expected = json.loads((PAGES / site / "expected.json").read_text("utf-8"))
    page = extract((PAGES / site / "page.html").read_bytes(), expected["url"])
    assert page.text.split("\n") == expected["text"]
    assert list(page.authors) == expected["authors"]
    for field in ("title", "kind", "published", "lead", "paywalled"):
        if field in expected:
            assert getattr(page, field) == expected[field], field


@pytest.mark.parametrize("site", SITES)
def test_the_rules_and_not_the_general_reading_found_the_text(site: str) -> None:
    expected = json.loads((PAGES / site / "expected.json").read_text("utf-8"))
    page = extract((PAGES / site / "page.html").read_bytes(), expected["url"])
    assert page.origin["text"] == "publisher rules"


@pytest.mark.parametrize("site", SITES)
def test_the_plug_keeps_its_protocol(site: str) -> None:
    rules: PageRules = plug(PACKAGE, site).AGES[0]
    expected = json.loads((PAGES / site / "expected.json").read_text("utf-8"))
    page = rules.read((PAGES / site / "page.html").read_bytes(), expected["url"])
    assert page.title == expected["title"]
    assert rules.valid_until is None, "the first age is the one in use"


@pytest.mark.parametrize("site", SITES)
def test_ages_run_backwards_in_time(site: str) -> None:
    ends = [rules.valid_until or date.max for rules in plug(PACKAGE, site).AGES]
    assert ends == sorted(ends, reverse=True)


def test_an_old_page_is_read_by_the_rules_of_its_age() -> None:
    html = """<html lang="de"><head><meta property="og:title" content="Ein alter Titel">
    <script type="application/ld+json">{"@type":"NewsArticle","headline":"Anders","datePublished":"2023-05-01T10:00:00+02:00"}</script>
    </head><body><article><span class="atc-MetaAuthor">Eva Muster</span><div class="atc-Text"><p class="atc-TextParagraph">%s</p></div>
    </article></body></html>"""
    sentence = (
        "Der Rat hat im Mai 2023 neue Regeln beschlossen, die seither gelten und nun geprüft werden. " * 5
    )
    page = extract((html % sentence).encode(), "https://www.faz.net/aktuell/alt-1.html")
    assert page.title == "Ein alter Titel"
    assert page.authors == ("Eva Muster",)
    assert page.text == sentence.strip()


def test_a_page_whose_markup_changed_is_read_in_general() -> None:
    sentence = "Der Rat hat neue Regeln beschlossen, die im Herbst gelten sollen, sagte der Bürgermeister am Montag. "
    body = "".join(f"<p>{number}. {sentence}</p>" for number in range(8))
    page = extract(
        f"<html><body><article><h1>Titel</h1>{body}</article></body></html>".encode(),
        "https://www.nzz.ch/neu",
    )
    assert page.origin["text"].startswith("trafilatura")
    assert page.text.count("Der Rat") == 8


def test_subdomains_belong_to_their_publisher() -> None:
    (rules,) = rules_for("https://sport.bild.de/x")
    assert isinstance(rules, SiteRules)
    assert rules_for("https://www.unbekannt.example/x") == ()
