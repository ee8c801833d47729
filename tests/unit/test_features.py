"""A feature's word counts in its own world: an account at a bank, a filter for coffee and an op-ed are none."""

import pytest

from nlp.features import KINDS, feature_words
from nlp.topic_rules import LANGUAGES, load_cues


def features(text, language):
    return {name for name, _ in feature_words(language).find(text)}


@pytest.mark.parametrize(
    ("language", "text", "feature"),
    [
        ("de", "Instagram sperrt tausende Konten von Jugendlichen", "accounts"),
        ("de", "Hasskommentare unter Videos einer Politikerin", "comments"),
        ("de", "TikTok schaltet Kommentare unter Videos von Kindern ab", "comments"),
        ("de", "Livestream einer Prügelei auf TikTok", "live"),
        ("de", "WhatsApp führt neue Regeln für Gruppenchats ein", "messages"),
        ("de", "Schönheitsfilter für Minderjährige verboten", "filters_ai"),
        ("de", "Betrüger schalten Anzeigen auf Facebook", "ads"),
        ("de", "Bank warnt: Betrüger übernehmen Instagram-Konten ihrer Kunden", "accounts"),
        ("de", "Geld verlangt für ein gestohlenes Konto bei TikTok", "accounts"),
        ("de", "Für 500 Euro wird ein Facebook-Konto angeboten", "accounts"),
        ("fr", "Une banque met en garde : des comptes Instagram sont piratés", "accounts"),
        ("it", "La banca avverte: rubati i profili di Instagram dei clienti", "accounts"),
        ("en", "Bank says thieves take over accounts on Instagram", "accounts"),
        ("fr", "TikTok supprime des milliers de comptes", "accounts"),
        ("fr", "Une publicité trompeuse circule sur Instagram", "ads"),
        ("it", "Instagram blocca il profilo di una ragazza", "accounts"),
        ("it", "La diretta su TikTok finisce male", "live"),
        ("en", "Snapchat suspends accounts of minors", "accounts"),
        ("en", "YouTube changes its recommendations for teenagers", "feed_algorithm"),
        ("en", "Sellers on the online marketplace complain", "shop"),
    ],
)
def test_features_are_found_in_their_world(language, text, feature):
    assert feature in features(text, language)


@pytest.mark.parametrize(
    ("language", "text", "feature"),
    [
        ("de", "Phishing: Betrüger räumen Konto bei der Sparkasse leer, Video warnt", "accounts"),
        ("de", "Seniorin überweist 9.000 Euro vom Konto nach WhatsApp-Nachricht", "accounts"),
        ("de", "Video zeigt: Bank sperrt das Konto, Instagram schweigt", "accounts"),
        ("de", "Kommentar: Das Internet braucht Regeln", "comments"),
        ("de", "ChatGPT besteht Prüfung im Internet", "messages"),
        ("de", "Nutzer erstattet Anzeige gegen Facebook-Hetzer bei der Polizei", "ads"),
        ("de", "Reichweite des Elektroautos: Video zeigt Test", "follow_like"),
        ("de", "Weihnachten auf dem Marktplatz", "shop"),
        ("fr", "Compte rendu du conseil, à lire sur le web", "accounts"),
        ("fr", "Le gouvernement annonce des règles pour internet", "ads"),
        ("fr", "Le chat de la voisine devient viral", "messages"),
        ("fr", "En effet, l'application a changé", "filters_ai"),
        ("it", "Il ministro annuncia nuove regole per i social", "ads"),
        ("it", "Svuotato il conto corrente dopo un messaggio online", "accounts"),
        ("en", "High-profile case goes viral", "accounts"),
        ("en", "Scammers emptied her bank account, she posted", "accounts"),
        ("en", "Tips for a safer internet", "gifts_payments"),
        ("en", "The platform declined to comment", "comments"),
    ],
)
def test_words_of_other_worlds_are_no_feature(language, text, feature):
    assert feature not in features(text, language)


def test_every_feature_has_words_in_every_language_and_no_other_kind_of_list():
    for name, kinds in load_cues()["features"].items():
        assert set(kinds) <= set(KINDS), name
        for language in LANGUAGES:
            assert any(kinds.get(kind, {}).get(language) for kind in ("anywhere", "online")), (name, language)
