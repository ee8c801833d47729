"""Consent walls and error pages are told from articles about them."""

import pytest

from crawler.consent import is_consent_wall, is_error_page

WALLS = (
    "Wir und unsere 180 Partner verwenden Cookies, um personalisierte Werbung zu zeigen. Mit „Akzeptieren“ willigen Sie ein. Widerruf jederzeit.",
    "We and our partners store cookies and process personal data for personalised advertising. Accept all or reject all. Privacy policy.",
    "Nous et nos partenaires utilisons des cookies. Accepter ou refuser. Votre consentement peut être retiré. Publicité personnalisée.",
    "Noi e i nostri fornitori usiamo cookie. Accetta o rifiuta. Il consenso può essere revocato. Pubblicità.",
)
ABOUT_COOKIES = (
    "Das Gericht hat am Dienstag entschieden, dass ein Verlag die Einwilligung nicht mit einem Abo verknüpfen darf. "
    "Geklagt hatte ein Verein, der die Praxis seit drei Jahren beanstandet. Die Richterin sagte, es fehle an einer echten "
    "Wahl, und verwies auf das Urteil der höheren Instanz. Der Verlag prüft nun, ob er dagegen vorgeht, die Frist endet im "
    "Juni. Beobachter erwarten, dass andere Häuser ihre Seiten ändern, denn die Strafe kann hoch ausfallen. "
) * 3


@pytest.mark.parametrize("text", WALLS)
def test_a_wall_is_known_in_four_languages(text: str) -> None:
    assert is_consent_wall("Das Blatt", text, "https://www.blatt.example/a", has_article_labels=False)


def test_an_article_about_consent_is_an_article() -> None:
    assert not is_consent_wall(
        "Urteil zu Einwilligung und Abo",
        ABOUT_COOKIES,
        "https://www.blatt.example/a",
        has_article_labels=False,
    )


def test_a_wall_that_carries_the_labels_of_its_article_is_a_wall() -> None:
    assert is_consent_wall(
        "Rat beschließt Regeln", WALLS[0], "https://www.blatt.example/a", has_article_labels=True
    )
    assert not is_consent_wall(
        "Urteil", ABOUT_COOKIES[:1200], "https://www.blatt.example/a", has_article_labels=True
    )


def test_an_address_of_a_consent_service_is_enough() -> None:
    assert is_consent_wall("", "", "https://consent.suche.example/m?continue=x", has_article_labels=False)


@pytest.mark.parametrize(
    ("title", "text"),
    [
        ("404 - Seite nicht gefunden", "Zurück zur Startseite"),
        ("Fehler 503", "Bitte später erneut versuchen."),
        ("Just a moment...", "Enable JavaScript and cookies to continue"),
        ("Access Denied", "You don't have permission. Reference #18"),
        ("Das Blatt", "Diese Seite wurde leider nicht gefunden."),
        ("Page introuvable", "Retour à l'accueil"),
        ("Wartungsarbeiten", "Wir sind gleich wieder da."),
        ("", ""),
    ],
)
def test_an_error_page_is_known_by_its_words(title: str, text: str) -> None:
    assert is_error_page(title, text, has_article_labels=False)


@pytest.mark.parametrize(
    ("title", "text"),
    [
        (
            "404 Menschen demonstrieren gegen neue Regeln",
            "Die Polizei zählte am Samstag mehr Teilnehmer als erwartet. " * 60,
        ),
        (
            "Warum so viele Seiten nicht gefunden werden",
            "Die Studie untersuchte eine Million Links und fand tote Adressen. " * 60,
        ),
    ],
)
def test_an_article_with_such_a_title_is_an_article(title: str, text: str) -> None:
    assert not is_error_page(title, text, has_article_labels=False)
