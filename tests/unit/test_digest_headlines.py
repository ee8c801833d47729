"""Which headline stands for a story."""

from dataclasses import replace

import pytest

from digest.brief import brief
from digest.formats.text import render
from digest.headlines import best_report, central, headline, tells, title_of
from digest.sections.bottom import bottom, plain, unknowns
from digest.sections.parts import incident_title
from digest.shield import nameless, quote
from digest.wording import Words
from domain.model import Lens, Level, Rights
from tests.fixtures.digest_days import loud_day, report, signal, story

DE, EN = Words("de", "DE"), Words("en", "DE")


@pytest.mark.parametrize(
    "title",
    [
        "»Kein Kind sollte allein in einem Live-Raum sitzen«",
        "Liveblog: Messenger seit dem Abend gestört",
        "Interview: Was Eltern wissen müssen",
        "Sind unsere Kinder im Netz noch sicher?",
        "Opinion: ban it",
        "En direct : la panne",
    ],
)
def test_a_form_or_a_quotation_does_not_tell_an_event(title: str) -> None:
    assert not tells(title)


@pytest.mark.parametrize(
    "title", ["Kommentare unter Videos gelöscht", "Analysten warnen", "„Orvane“: Festnahme"]
)
def test_an_event_does(title: str) -> None:
    assert tells(title)


def test_a_title_that_tells_stays() -> None:
    told = story("st", title="Login fällt aus", reports=(report("a", title="Ausfall beim Login"),))
    assert headline(told, DE).text == "Login fällt aus"


def test_a_quotation_gives_way_to_what_most_newsrooms_say() -> None:
    reports = (
        report("a", title="Eltern ratlos"),
        report("b", title="Acht von zwölf Apps fallen durch: Kinderkonten-Test"),
        report("c", title="Kinderkonten-Test: Acht Apps fallen durch"),
    )
    told = story("st", title="»Kein Kind sollte dort sitzen«", reports=reports)
    assert headline(told, DE).text == "Acht von zwölf Apps fallen durch: Kinderkonten-Test"
    assert central(reports) == reports[1]


def test_another_markets_headline_in_the_readers_language_comes_before_a_foreign_one() -> None:
    here, abroad = report("a", title="Arresto", language="it"), report("b", title="Festnahme in Piacenza")
    told = story("st", title="Arresto a Piacenza", language="it", reports=(here,), abroad=(here, abroad))
    assert headline(told, DE).text == "Festnahme in Piacenza"
    assert headline(told, EN).text == "Arresto a Piacenza"


def test_without_one_the_markets_own_words_come_before_a_third_language() -> None:
    here = report("a", title="Festnahme in Piacenza")
    told = story("st", title="Arresto a Piacenza", language="it", reports=(here,), abroad=(here,))
    assert headline(told, EN).text == "Festnahme in Piacenza"
    assert best_report(told, EN) == here


def test_a_foreign_headline_names_its_language() -> None:
    told = story("st", title="Arresto a Piacenza", language="it", severity=4, publishers=9)
    text = " ".join(render(brief(loud_day(incidents=(), signals=(), stories=(told,)), "de")).decode().split())
    assert "„Arresto a Piacenza“ (auf Italienisch), bei 9" in text
    assert "NEU, auf Italienisch)" in text


def test_a_post_without_a_title_is_told_by_its_first_words_without_names() -> None:
    post = report(
        "m", title="", lead="@anna@chat.example Die Lichterkette schmort nach 30 Minuten.", lens=Lens.USER
    )
    assert title_of(post, DE).text == "@… Die Lichterkette schmort nach 30 Minuten."
    assert headline(story("st", title="", reports=(post,)), DE).text.startswith("@… Die Lichterkette")


@pytest.mark.parametrize(
    "changes", [{"rights": Rights.DENY}, {"lead": ""}, {"topics": ("violent_graphic_content",)}]
)
def test_what_may_not_be_quoted_stands_for_nothing(changes: dict[str, object]) -> None:
    post = replace(report("m", title="", lead="Worte eines Menschen, die niemand zeigen darf."), **changes)  # type: ignore[arg-type]
    assert "Worte" not in title_of(post, DE).text
    assert title_of(post, DE).text


def test_handles_go_and_addresses_of_mail_stay() -> None:
    assert nameless("Frag @ben.b oder schreib an a@b.example") == "Frag @… oder schreib an a@b.example"


def test_a_quotation_begins_with_what_is_said_and_not_with_place_and_agency() -> None:
    told = report("a", title="x", lead="Lyon (AFP) – Ermittler haben in der Nacht einen Mann festgenommen.")
    assert str(quote(told, (), DE)[0].text).startswith("Ermittler haben")  # type: ignore[union-attr]


def test_the_bottom_line_says_what_is_not_known() -> None:
    alone = story("st", severity=4, publishers=1, lenses=("media",))
    day = loud_day(incidents=(), signals=(), stories=(alone,), lenses=(), sources=())
    said = ["".join(map(str, gap)) for gap in unknowns(day, DE)]
    assert said == [
        "ob es stimmt (erst ein Medienhaus, keine amtliche Quelle)",
        "wie Nutzer es sehen (zu wenige Stimmen gelesen)",
    ]


def test_an_incident_made_from_a_signal_is_named_in_the_readers_words() -> None:
    title = "youth_safety · DE · 2026-11-21"
    assert incident_title(title, DE) == "Kinder- und Jugendschutz (Deutschland, 21.\u00a0Nov.)"
    assert incident_title(title, EN) == "Youth safety (Germany, 21\u00a0Nov)"
    assert incident_title("Verfahren · DE · heute", DE) == "Verfahren · DE · heute"


def test_a_rules_reason_is_told_in_the_readers_words() -> None:
    muted = signal("youth_safety", Level.ELEVATED, muted="only 60% of the usual volume was read")
    day = loud_day(incidents=(), signals=(muted,), speak=lambda said, language: f"{language}: gedämpft")
    assert "stumm: de: gedämpft" in " ".join(render(brief(day, "de")).decode().split())


def test_a_neutral_headline_stands_without_its_topic_before_it() -> None:
    grief = story("st", topics=("suicide_self_harm",), severity=5, publishers=3, platforms=("tiktok",))
    said = plain(bottom(loud_day(incidents=(), signals=(), stories=(grief,)), DE))
    assert said.count("Suizid") == 1
