"""Pages that are no articles though they answered 200: consent walls and error pages."""

import re

CONSENT_TITLE = re.compile(
    r"(?:zustimmung|einwilligung|einwilligen|cookie|privatsph[äa]re|datenschutzeinstellung|privacy|consent|consenso|"
    r"consentement|vie priv[ée]e|before you continue|bevor sie fortfahren|pur[- ]abo|mit werbung (?:lesen|weiterlesen)|werbefrei)",
    re.IGNORECASE,
)
CONSENT_WORDS = re.compile(
    r"cookies?\b|einwillig\w*|zustimm\w*|\bakzeptier\w*|ablehnen|\btrack\w*|drittanbieter\w*|endger[äa]t\w*|personenbezogen\w*|"
    r"datenschutz\w*|privatsph[äa]re\w*|\bpartner\w*|werbefrei\w*|\bpur[- ]?abo\w*|widerruf\w*|personalisiert\w*|personalised|personalized|"
    r"\bconsent\w*|accept all|reject all|legitimate interest|berechtigte[sn]? interesse|advertis\w*|vendors?\b|"
    r"consent(?:ement|ire|o)\b|accett\w*|accepter|refuser|rifiut\w*|publicit[ée]\w*|pubblicit[àa]|terminal|fournisseurs?|privacy",
    re.IGNORECASE,
)
CONSENT_HOST = re.compile(
    r"^https?://(?:consent|cmp|privacy|zustimmung|myprivacy|einwilligung)[.\-]|/(?:consent|zustimmung|cookie-?wall|privacywall)(?:[/?.]|$)",
    re.I,
)
ERROR_TITLE = re.compile(
    r"^\W*(?:(?:error|fehler|http)?\W*(?:4(?:0[0-9]|10|29|51)|50[0-4])\b|(?:diese |die (?:gew[üu]nschte |angeforderte )?)?(?:seite|artikel|inhalt)\b.{0,30}\b(?:nicht|existiert)\b|"
    r"page not found|not found|page introuvable|pagina non trovata|access denied|zugriff verweigert|forbidden|accès refusé|accesso negato|"
    r"just a moment|einen moment|attention required|checking your browser|are you a (?:robot|human)|bist du ein (?:roboter|mensch)|captcha|"
    r"(?:service|temporarily|site|seite|dienst).{0,20}(?:unavailable|nicht (?:verf[üu]gbar|erreichbar))|bad gateway|gateway time-?out|"
    r"internal server error|interner (?:server)?fehler|wartungsarbeiten|wegen wartung|under maintenance|en maintenance|in manutenzione|"
    r"ein fehler ist aufgetreten|something went wrong|hoppla|ups\b|oops|une erreur|errore\b|request rejected|security check|sicherheits(?:pr[üu]fung|check))",
    re.IGNORECASE,
)
ERROR_TAIL = re.compile(
    r"(?:\b404\b|nicht gefunden|not found|introuvable|non trovata|access denied)\W*(?:[|–-].*)?$",
    re.IGNORECASE,
)
ERROR_TEXT = re.compile(
    r"seite (?:wurde )?(?:leider )?nicht gefunden|page (?:you requested )?(?:was |could )?not (?:be )?found|enable javascript and cookies|verify you are (?:a )?human|"
    r"unusual traffic|ungew[öo]hnliche(?:n)? (?:aktivit|datenverkehr)|zugriff (?:wurde )?(?:verweigert|blockiert)|access to this page has been denied|ray id|"
    r"fehler ?code|error code|support id|nicht mehr verf[üu]gbar|existiert nicht(?: mehr)?|wartungsarbeiten|temporarily unavailable|server error|try again later|versuchen sie es sp[äa]ter",
    re.IGNORECASE,
)
WALL_WORDS_PER_100 = 4.0  # an article about cookies has about 2, a wall 7 and more
LABELLED_WALL_WORDS_PER_100 = 7.0  # some walls carry the labels of the article behind them
LABELLED_WALL_LENGTH = 2_500
FEW_WORDS = 15
WALL_LENGTH = 12_000
ERROR_LENGTH = 1_200


def is_consent_wall(title: str, text: str, url: str, has_article_labels: bool) -> bool:
    """Whether the page asks for consent instead of telling something.

    `has_article_labels`: the page names an article (JSON-LD or og:type) with a date. `text` is all that a
    reader sees of the page's blocks, not only what looks like an article.
    """
    if CONSENT_HOST.search(url):
        return True
    if len(text) > (LABELLED_WALL_LENGTH if has_article_labels else WALL_LENGTH):
        return False
    density = 100.0 * len(CONSENT_WORDS.findall(text)) / max(len(text.split()), FEW_WORDS)
    if has_article_labels:
        return density >= LABELLED_WALL_WORDS_PER_100
    needed = WALL_WORDS_PER_100 / 2 if CONSENT_TITLE.search(title) else WALL_WORDS_PER_100
    return density >= needed and bool(CONSENT_WORDS.search(text))


def is_error_page(title: str, text: str, has_article_labels: bool) -> bool:
    """Whether the page reports a fault, a block or nothing at all."""
    if has_article_labels:
        return False
    if not text.strip() and not title.strip():
        return True
    if len(text) > ERROR_LENGTH:
        return bool(ERROR_TITLE.match(title)) and len(text) < 3 * ERROR_LENGTH
    return bool(ERROR_TITLE.match(title) or ERROR_TAIL.search(title) or ERROR_TEXT.search(text))
