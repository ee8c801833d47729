"""Author lines to names: one name each, without `Von`, abbreviations in brackets, addresses and job titles."""

import re

from crawler.plain import one_line

LEADING = re.compile(
    r"^(?:(?:ein\w*\s+)?(?:kommentar|analyse|gastbeitrag|essay|interview|reportage|bericht|glosse|kolumne|exklusiv)\s+)?"
    r"(?:von|by|par|di|da|text|autor(?:en|in)?|author|aufgezeichnet von|interview|written by|a cura di|de notre correspondante?)\s*:?\s+",
    re.IGNORECASE,
)
BRACKETED = re.compile(r"\s*[(\[][^()\[\]]{0,40}[)\]]")
ADDRESS = re.compile(r"\S+@\S+|https?://\S+|www\.\S+")
JOINTS = re.compile(r"\s*(?:;|\||\s•\s|\s·\s|,|/(?=[A-ZÄÖÜ])|(?<=\s)(?:und|and|&|e|sowie|mit)(?=\s))\s*")
SUFFIX = re.compile(r"\s+(?:–|-|\|)\s+.*$")
ROLE = re.compile(
    r"^(?:redaktion|reporter\w*|redakteur\w*|korrespondent\w*|chefredakteur\w*|journalist\w*|autor\w*|editor|senior|"
    r"correspondent|political|deputy|staff writer|news editor|updated|aktualisiert|stand|uhr|min|minuten|lesezeit|"
    r"jr\.?|sr\.?|phd|md|anonymous|admin|n/a|null|none|undefined|unknown)\b.*$",
    re.IGNORECASE,
)
MAX_NAME = 70
MAX_WORDS = 7


def split_authors(lines: tuple[str, ...]) -> tuple[str, ...]:
    """Names in the order given, each once. "A und B, dpa" are three; brackets and addresses go."""
    names = (name for line in lines for name in _names(line))
    unique: dict[str, str] = {}
    for name in names:
        unique.setdefault(name.casefold(), name)
    return tuple(unique.values())


def _names(line: str) -> list[str]:
    bare = ADDRESS.sub(" ", BRACKETED.sub(" ", one_line(line)))
    bare = LEADING.sub("", one_line(bare))
    parts = JOINTS.split(bare)
    cleaned = (LEADING.sub("", SUFFIX.sub("", part)).strip(" ,;:–-|•·") for part in parts)
    return [name for name in cleaned if _plausible(name)]


def _plausible(name: str) -> bool:
    return bool(
        1 < len(name) <= MAX_NAME
        and len(name.split()) <= MAX_WORDS
        and re.search(r"[^\W\d_]", name)
        and not ROLE.match(name)
        and not re.search(r"\d{3}|\d:\d|[<>{}=]", name)
    )
